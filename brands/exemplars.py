"""Exemplars: adding one, and removing its file when it goes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import transaction

from brands.models import Brand, BrandChange, Exemplar, exemplar_key
from brands.pictures import Picture, read_picture
from mpr.errors import NotFound, Refused
from mpr.storage.buckets import media_in

MOST_OF_A_BRAND = 100
_NOTE_LETTERS = 200


def add_exemplar(brand: Brand, data: bytes, *, called: str, note: str = "") -> tuple[Exemplar, bool]:
    """Give a brand the picture in the bytes of an SVG, PNG or JPEG file; says whether it is new. The same file again
    adds nothing.

    Raises BadInput for what is no such picture, Refused when the brand has too many, NotFound when it is gone.
    """
    return put_picture(brand, read_picture(data, called=called), digest_of(data), note=note)


@transaction.atomic
def put_picture(brand: Brand, picture: Picture, sha256: str, *, note: str = "") -> tuple[Exemplar, bool]:
    """As `add_exemplar`, for a picture that was read before from a file of this digest."""
    if not Brand.objects.select_for_update().filter(pk=brand.pk).exists():
        raise NotFound(f"The brand {brand} has been deleted; add it again.")
    known = brand.exemplars.filter(sha256=sha256).first()
    if known is not None:
        return known, False
    if brand.exemplars.count() >= MOST_OF_A_BRAND:
        raise Refused(f"{brand} has {MOST_OF_A_BRAND} exemplars; delete some that show the same design first.")
    exemplar = Exemplar(brand=brand, sha256=sha256, note=note[:_NOTE_LETTERS])
    exemplar.picture.name = exemplar_key(exemplar, "")
    media_in.write(exemplar.picture.name, picture.png)
    exemplar.save(force_insert=True)
    return exemplar, True


def digest_of(data: bytes) -> str:
    """By which a file is known again."""
    return hashlib.sha256(data).hexdigest()


def is_needed(key: str) -> bool:
    """Whether an exemplar has the picture at that key, or the undoing of a deletion would bring it back."""
    if Exemplar.objects.filter(picture=key).exists():
        return True
    return BrandChange.objects.filter(picture=key, undone_at=None).exists()


def forget_picture(sender: Any, instance: Exemplar | BrandChange, **given: Any) -> None:
    """Once the deletion of an exemplar is certain, its file goes too, unless that can be undone. Receives post_delete,
    also of a change that would bring a picture back: it alone tells of rows that go with their brand or workspace."""
    key, brand_id = str(instance.picture), instance.brand_id
    if not key:
        return
    transaction.on_commit(lambda: _remove(key, brand_id), robust=True)


@transaction.atomic
def _remove(key: str, brand_id: Any) -> None:
    # Whoever adds an exemplar holds its brand meanwhile, so the same picture cannot come back unseen.
    list(Brand.objects.select_for_update().filter(pk=brand_id))
    if not is_needed(key):
        media_in.delete(key)
