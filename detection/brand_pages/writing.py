"""What the forms on a brand's page ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from brands import change
from brands.models import Brand, BrandChange
from brands.pictures import MOST_BYTES
from mpr.errors import BadInput, MprError

_MOST_FILES = 50


@dataclass(frozen=True, kw_only=True)
class Done:
    """What was done, in words, and the change that an Undo button undoes."""

    said: str = ""
    undo: int | None = None


def act(brand: Brand, request: HttpRequest) -> Done:
    """Do what the form says. Raises MprError with a sentence."""
    what, text = request.POST.get("act", ""), request.POST.get("text", "")
    if what == "add-alias":
        return _done(change.add_alias(brand, text, request.user), "“{}” is an alias now.")
    if what == "remove-alias":
        return _done(change.remove_alias(brand, text, request.user), "“{}” is no alias any more.")
    if what == "delete-exemplar":
        return _done(change.delete_exemplar(brand, _number(text), request.user), "{} is deleted.")
    if what == "undo":
        return Done(said=change.undo(brand, _number(text), request.user))
    if what == "add-exemplars":
        return _add_exemplars(brand, request)
    raise BadInput("Nothing on this page asks for that; reload it.")


def _add_exemplars(brand: Brand, request: HttpRequest) -> Done:
    files = request.FILES.getlist("files")
    if not files:
        raise BadInput("Choose a picture of the logo: SVG, PNG or JPEG.")
    if len(files) > _MOST_FILES:
        raise BadInput(f"These are {len(files)} pictures; give at most {_MOST_FILES} at a time.")
    added, refused = [], []
    for file in files:
        try:
            made = _add_exemplar(brand, file, request)
        except MprError as error:
            refused.append(error.message)
        else:
            added += [made] if made else []
    if refused and not added:
        raise BadInput(" ".join(refused))
    words = "is an exemplar now" if len(added) == 1 else "are exemplars now"
    said = f"{', '.join(one.text for one in added)} {words}." if added else "These pictures are there already."
    return Done(said=" ".join([said, *refused]), undo=added[0].pk if len(added) == 1 else None)


def _add_exemplar(brand: Brand, file: UploadedFile[Any], request: HttpRequest) -> BrandChange | None:
    name = file.name or "a picture"
    if (file.size or 0) > MOST_BYTES:
        raise BadInput(f"“{name}” is larger than {MOST_BYTES // 1_000_000} MB; a logo needs far less.")
    return change.give_exemplar(brand, file.read(), called=f"“{name}”", note=name, by=request.user)


def _done(made: BrandChange, words: str) -> Done:
    return Done(said=words.format(made.text), undo=made.pk)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadInput("Nothing on this page asks for that; reload it.")
    return int(text)
