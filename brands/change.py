"""Changing a brand by hand. Each change is noted with who made it and can be undone for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from brands.exemplars import MOST_OF_A_BRAND, add_exemplar, is_needed
from brands.lists import checked_row
from brands.models import Brand, BrandChange, ChangeKind, Exemplar
from mpr.errors import BadInput, NotFound, Refused
from mpr.storage.buckets import media_in

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

UNDO_FOR = timedelta(days=1)
MOST_ALIASES = 200
_TIDIED_AT_ONCE = 200


def undoable_since() -> datetime:
    """A change made after this moment can be undone."""
    return timezone.now() - UNDO_FOR


@transaction.atomic
def add_alias(brand: Brand, text: str, by: User | AnonymousUser) -> BrandChange:
    """Raises BadInput for what can be no name or is one of the brand's already, Refused when it has too many."""
    held = _hold(brand)
    row = checked_row(held.canonical_name, [text], where="The alias")
    known = {alias.lower() for alias in held.aliases}
    if not text.strip():
        raise BadInput("Write the other spelling that the brand goes by.")
    if not row.aliases or row.aliases[0].lower() in known:
        raise BadInput(f"{held} goes by “{' '.join(text.split())}” already.")
    if len(held.aliases) >= MOST_ALIASES:
        raise Refused(f"{held} has {MOST_ALIASES} aliases; remove some that say the same first.")
    held.aliases = [*held.aliases, row.aliases[0]]
    held.save(update_fields=["aliases"])
    return _note(held, ChangeKind.ALIAS_ADDED, row.aliases[0], by)


@transaction.atomic
def remove_alias(brand: Brand, text: str, by: User | AnonymousUser) -> BrandChange:
    """Raises NotFound when the brand does not go by it."""
    held = _hold(brand)
    if text not in held.aliases:
        raise NotFound(f"{held} does not go by “{text}” any more; reload the page.")
    place = held.aliases.index(text)
    held.aliases = [alias for alias in held.aliases if alias != text]
    held.save(update_fields=["aliases"])
    return _note(held, ChangeKind.ALIAS_REMOVED, text, by, place=place)


def give_exemplar(brand: Brand, data: bytes, *, called: str, note: str, by: User | AnonymousUser) -> BrandChange | None:
    """As `brands.exemplars.add_exemplar`; None when the picture is there already."""
    exemplar, is_new = add_exemplar(brand, data, called=called, note=note)
    if not is_new:
        return None
    return _note(brand, ChangeKind.EXEMPLAR_ADDED, _called(exemplar), by, sha256=exemplar.sha256)


@transaction.atomic
def delete_exemplar(brand: Brand, exemplar_id: int, by: User | AnonymousUser) -> BrandChange:
    """Take an exemplar out; its file stays while this can be undone. Raises NotFound when it is not there."""
    held = _hold(brand)
    exemplar = held.exemplars.filter(pk=exemplar_id).first()
    if exemplar is None:
        raise NotFound("This exemplar has been deleted already; reload the page.")
    note = _note(
        held, ChangeKind.EXEMPLAR_DELETED, _called(exemplar), by,
        sha256=exemplar.sha256, picture=str(exemplar.picture.name),
    )  # fmt: skip
    exemplar.delete()
    return note


@transaction.atomic
def undo(brand: Brand, change_id: int, by: User | AnonymousUser) -> str:
    """Make a change as if it had not been; says what was done. Raises NotFound, Refused when its time is over or
    something else has taken its place."""
    held = _hold(brand)
    change = held.changes.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NotFound("There is no such change to undo; reload the page.")
    if change.undone_at is not None:
        raise Refused("This is undone already.")
    if change.at <= undoable_since():
        raise Refused(f"This was done more than {UNDO_FOR.days * 24} hours ago and can be undone no more.")
    said = _UNDO[ChangeKind(change.kind)](held, change)
    change.undone_at = timezone.now()
    change.save(update_fields=["undone_at"])
    return said


def tidy_up() -> int:
    """Remove the files of exemplars whose deletion can be undone no more; returns how many changes were looked at."""
    over = BrandChange.objects.exclude(picture="").filter(at__lte=undoable_since())
    looked_at = list(over.order_by("at").values_list("pk", flat=True)[:_TIDIED_AT_ONCE])
    for pk in looked_at:
        with transaction.atomic():
            change = over.select_for_update(skip_locked=True).filter(pk=pk).first()
            if change is None:
                continue
            key, change.picture = change.picture, ""
            change.save(update_fields=["picture"])
            if not is_needed(key):
                transaction.on_commit(lambda key=key: media_in.delete(key), robust=True)  # type: ignore[misc]
    return len(looked_at)


def _hold(brand: Brand) -> Brand:
    held = Brand.objects.select_for_update().filter(pk=brand.pk).first()
    if held is None:
        raise NotFound(f"The brand {brand} has been deleted; add it again.")
    return held


def _note(brand: Brand, kind: ChangeKind, text: str, by: User | AnonymousUser, **more: object) -> BrandChange:
    who = by.pk if by.is_authenticated else None
    return BrandChange.objects.create(brand=brand, kind=kind, text=text[:200], by_id=who, **more)


def _called(exemplar: Exemplar) -> str:
    return exemplar.note or "a picture"


def _take_alias_out(brand: Brand, change: BrandChange) -> str:
    brand.aliases = [alias for alias in brand.aliases if alias != change.text]
    brand.save(update_fields=["aliases"])
    return f"“{change.text}” is no alias any more."


def _put_alias_back(brand: Brand, change: BrandChange) -> str:
    if change.text.lower() in {alias.lower() for alias in brand.aliases}:
        raise Refused(f"{brand} goes by “{change.text}” again already.")
    brand.aliases = [*brand.aliases[: change.place], change.text, *brand.aliases[change.place :]]
    brand.save(update_fields=["aliases"])
    return f"“{change.text}” is an alias again."


def _take_exemplar_out(brand: Brand, change: BrandChange) -> str:
    exemplar = brand.exemplars.filter(sha256=change.sha256).first()
    if exemplar is None:
        raise Refused("This exemplar has been deleted already.")
    exemplar.delete()
    return f"{change.text} is no exemplar any more."


def _put_exemplar_back(brand: Brand, change: BrandChange) -> str:
    if brand.exemplars.filter(sha256=change.sha256).exists():
        raise Refused("This picture has been added again already.")
    if brand.exemplars.count() >= MOST_OF_A_BRAND:
        raise Refused(f"{brand} has {MOST_OF_A_BRAND} exemplars; delete some that show the same design first.")
    exemplar = Exemplar(brand=brand, sha256=change.sha256, note=change.text)
    exemplar.picture.name = change.picture
    exemplar.save(force_insert=True)
    return f"{change.text} is an exemplar again."


_UNDO = {
    ChangeKind.ALIAS_ADDED: _take_alias_out,
    ChangeKind.ALIAS_REMOVED: _put_alias_back,
    ChangeKind.EXEMPLAR_ADDED: _take_exemplar_out,
    ChangeKind.EXEMPLAR_DELETED: _put_exemplar_back,
}
