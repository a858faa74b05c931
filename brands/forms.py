"""The brand form of the admin: aliases one per line, and no spelling that means two brands."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms

from brands.models import Brand, Exemplar

_ALIAS_LENGTH = 120
_MAX_PICTURE_BYTES = 10_000_000
_PICTURE_FORMATS = ("PNG", "JPEG")


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


class ExemplarForm(forms.ModelForm):
    """A logo picture, PNG or JPEG whatever its name says."""

    class Meta:
        model = Exemplar
        fields = ["picture", "note"]
        widgets = {"picture": forms.FileInput(attrs={"accept": "image/png,image/jpeg"})}

    def clean_picture(self) -> Any:
        picture = self.cleaned_data["picture"]
        kind = getattr(getattr(picture, "image", None), "format", None)
        if kind is None:
            return picture
        if kind not in _PICTURE_FORMATS:
            raise forms.ValidationError(f"This picture is {kind}; save it as PNG or JPEG.")
        if picture.size > _MAX_PICTURE_BYTES:
            raise forms.ValidationError("This picture is larger than 10 MB; a logo needs far less, make it smaller.")
        picture.name = PurePath(picture.name).stem + {"PNG": ".png", "JPEG": ".jpg"}[kind]
        return picture
