"""The membership form: people are named, not picked from a list of everybody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from mpr.workspaces.models import Membership


class MembershipForm(forms.ModelForm):
    username = forms.CharField(max_length=150, help_text="Of somebody who can sign in here.")

    class Meta:
        model = Membership
        fields = ["username", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["username"].disabled = True
            self.initial["username"] = self.instance.user.get_username()

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        user = get_user_model().objects.filter(**{get_user_model().USERNAME_FIELD: name}).first()
        if user is None:
            raise forms.ValidationError(f"Nobody here is called “{name}”; check the spelling, or add the person first.")
        if not self.instance.pk and Membership.objects.filter(workspace=self.instance.workspace_id, user=user).exists():
            raise forms.ValidationError(f"{name} is a member already; change the role there.")
        self.instance.user = user
        return name


class MembershipFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        names = [form.cleaned_data.get("username") for form in self.forms if form.cleaned_data]
        if doubled := {name for name in names if name and names.count(name) > 1}:
            raise forms.ValidationError(f"{', '.join(sorted(doubled))} is named twice; one role per person.")
