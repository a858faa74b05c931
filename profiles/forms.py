"""The profile form of the admin: JSON editors whose content is checked against the stages' schemas."""

from __future__ import annotations

from typing import Any

from django import forms
from django_svelte_jsoneditor.widgets import SvelteJSONEditorWidget

from mpr.errors import MprError
from mpr.pipeline.graph import parse_graph
from profiles.edit import check_profile
from profiles.families import registry
from profiles.models import Profile

START = {"stages": ["extract_frames", "filter_scenes"], "edges": [], "routing": [], "shard_s": 10}


class JsonEditor(SvelteJSONEditorWidget):
    """The package's editor, started by a script of ours that loses nothing typed just before saving."""

    template_name = "profiles/json_editor.html"

    @property
    def media(self) -> forms.Media:
        script = forms.Script("js/json_editor.js", type="module")
        return forms.Media(css={"all": ["django_svelte_jsoneditor/css/svelte_jsoneditor.css"]}, js=[script])


class ProfileForm(forms.ModelForm):
    """Each mistake is told at the field it stands in, in one sentence."""

    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Profile
        fields = ["workspace", "name", "description", "pipeline", "configs"]
        widgets = {
            "pipeline": JsonEditor(props={"indentation": 2}),
            "configs": JsonEditor(props={"indentation": 2}),
            "description": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["seen_version"] = self.instance.version

    def clean_pipeline(self) -> Any:
        pipeline = self.cleaned_data["pipeline"]
        if not isinstance(pipeline, dict):
            raise forms.ValidationError("The pipeline must be an object with “stages”; see the reference beside.")
        try:
            parse_graph(pipeline, registry())
        except MprError as error:
            raise forms.ValidationError(error.message) from error
        return pipeline

    def clean_configs(self) -> Any:
        configs = self.cleaned_data["configs"]
        if "pipeline" in self.cleaned_data:
            try:
                check_profile(self.cleaned_data["pipeline"], configs)
            except MprError as error:
                raise forms.ValidationError(error.message) from error
        return configs
