"""The brand form of the admin: aliases one per line, no spelling that means two brands, and pictures of the logo."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.forms.models import BaseInlineFormSet

from brands.exemplars import MOST_OF_A_BRAND, digest_of
from brands.models import Brand, Exemplar
from brands.pictures import MOST_BYTES, read_picture
from mpr.errors import BadInput

_ALIAS_LENGTH = 120


class LinesField(forms.CharField):
    """A list of texts, one per line; blank lines and repetitions (whatever their case) are dropped."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        lines = [" ".join(line.split()) for line in (value or "").splitlines()]
        return list({line.casefold(): line for line in reversed(lines) if line}.values())[::-1]

    def validate(self, value: Any) -> None:
        super().validate(value)
        for line in value:
            if len(line) > _ALIAS_LENGTH:
                raise forms.ValidationError(f"“{line[:40]}…” is longer than {_ALIAS_LENGTH} characters; shorten it.")

    def run_validators(self, value: Any) -> None:
        """The lines are checked one by one in `validate`."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class BrandForm(forms.ModelForm):
    aliases = LinesField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 40, "spellcheck": "false"}),
        help_text="Other spellings, one per line. Case does not matter.",
    )

    class Meta:
        model = Brand
        fields = ["workspace", "canonical_name", "aliases", "source", "notes"]
        widgets = {"notes": forms.Textarea(attrs={"rows": 3})}

    def clean_canonical_name(self) -> str:
        return " ".join(self.cleaned_data["canonical_name"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        name, aliases = cleaned.get("canonical_name", ""), cleaned.get("aliases") or []
        cleaned["aliases"] = [alias for alias in aliases if alias.casefold() != name.casefold()]
        others = Brand.objects.filter(workspace=cleaned.get("workspace")).exclude(pk=self.instance.pk)
        owner_of = {
            spelling.casefold(): other_name
            for other_name, other_aliases in others.values_list("canonical_name", "aliases")
            for spelling in (other_name, *other_aliases)
        }
        for field, spellings in (("canonical_name", [name]), ("aliases", cleaned["aliases"])):
            for spelling in spellings:
                if owner := owner_of.get(spelling.casefold()):
                    self.add_error(field, f"“{spelling}” already means {owner}; one spelling means one brand.")
        return cleaned


class PictureField(forms.FileField):
    """A file to upload; where it is disabled the one that is there stays, unread."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        return initial if self.disabled else super().clean(data, initial)


class ExemplarForm(forms.ModelForm):
    """A logo picture, SVG, PNG or JPEG whatever its name says. One that is there can only be given another note."""

    picture = PictureField(
        widget=forms.FileInput(attrs={"accept": "image/svg+xml,image/png,image/jpeg"}), help_text="SVG, PNG or JPEG."
    )

    class Meta:
        model = Exemplar
        fields = ["picture", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._called = ""
        if self.instance.pk:
            self.fields["picture"].disabled = True
            self.fields["picture"].widget = forms.HiddenInput()

    def clean_picture(self) -> Any:
        given = self.cleaned_data["picture"]
        if self.instance.pk:
            return given
        try:
            if given.size > MOST_BYTES:
                raise BadInput(f"This file is larger than {MOST_BYTES // 1_000_000} MB; a logo needs far less.")
            data = given.read()
            picture = read_picture(data, called=f"“{given.name}”")
        except BadInput as error:
            raise forms.ValidationError(error.message) from error
        self.instance.sha256, self._called = digest_of(data), given.name
        return ContentFile(picture.png, name="exemplar.png")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("note") and not self.instance.pk:
            cleaned["note"] = self._called[:200]
        return cleaned


class ExemplarFormSet(BaseInlineFormSet):
    """A brand's exemplars; the same picture twice is told before the database tells it."""

    def clean(self) -> None:
        super().clean()
        staying = [form for form in self.forms if form.instance.sha256 and form not in self.deleted_forms]
        known: set[str] = set()
        for form in staying:
            if form.instance.sha256 in known and not form.instance.pk:
                form.add_error("picture", "This picture is there already.")
            known.add(form.instance.sha256)
        if len(staying) > MOST_OF_A_BRAND:
            raise forms.ValidationError(f"A brand has at most {MOST_OF_A_BRAND} exemplars; delete some.")
