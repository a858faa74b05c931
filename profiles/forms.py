"""The profile form of the admin: JSON editors whose content is checked against the stages' schemas."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django_svelte_jsoneditor.widgets import SvelteJSONEditorWidget

from mpr.errors import MprError
from mpr.pipeline.graph import parse_graph
from profiles.edit import check_profile
from profiles.families import registry
from profiles.models import Profile

_ORDER = ("stages", "edges", "routing", "shard_s", "from", "to", "transform", "when", "count", "per", "op", "value")
START = {"stages": ["extract_frames", "filter_scenes"], "edges": [], "routing": [], "shard_s": 10}


def in_order(pipeline: Any) -> Any:
    """The pipeline with its keys as people write them; the database keeps them by their length."""
    if isinstance(pipeline, dict):
        known = [key for key in _ORDER if key in pipeline]
        return {key: in_order(pipeline[key]) for key in [*known, *(key for key in pipeline if key not in known)]}
    return [in_order(part) for part in pipeline] if isinstance(pipeline, list) else pipeline


class IndentedJSONField(forms.JSONField):
    """JSON with a line for each value, as a person edits it."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(in_order(value), indent=2, ensure_ascii=False)


class JsonEditor(SvelteJSONEditorWidget):
    """The package's editor, started by a script of ours that loses nothing typed just before saving."""

    template_name = "profiles/json_editor.html"

    @property
    def media(self) -> forms.Media:
        script: Any = forms.Script("js/json_editor.js", type="module")
        return forms.Media(css={"all": ["django_svelte_jsoneditor/css/svelte_jsoneditor.css"]}, js=[script])


class ProfileForm(forms.ModelForm):
    """Each mistake is told at the field it stands in, in one sentence."""

    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Profile
        fields = ["workspace", "name", "description", "pipeline", "configs"]
        field_classes = {"pipeline": IndentedJSONField, "configs": IndentedJSONField}
        widgets = {
            "pipeline": JsonEditor(props={"indentation": 2}),
            "configs": JsonEditor(props={"indentation": 2, "mode": "text"}),
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
