"""Feeding decisions back, when a person asks for it: what was read as an alias, what is seen as an exemplar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from brands.lists import checked_row, upsert_brands
from brands.models import Brand
from detection.cropping import add_crop
from detection.evidence import parse_evidence
from detection.review.findings import report_key, standings_of, thing_of
from detection.review.rows import Finding, find_rows, kind_of
from detection.review.subjects import ACCEPTED, RENAMED, governed, letters
from mpr.errors import BadInput
from mpr.workspaces.models import Role, Workspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import User

MOST_AT_ONCE = 50
_NEAR_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Taught:
    """What was added, in sentences; nothing new where all of it was there."""

    sentences: tuple[str, ...]
    brands: tuple[str, ...]


@transaction.atomic
def teach(user: User, keys: Sequence[str], *, alias: bool = False, exemplar: bool = False) -> Taught:
    """Give the brands that findings were decided to be what was read there as aliases, what is seen there as exemplars,
    or both. A brand that is not kept yet is added to the workspace's.

    Raises BadInput for what was not decided to be a brand, NotAllowed without the role curator, NotFound for a frame
    that is no longer kept.
    """
    if not (alias or exemplar):
        raise BadInput("Say what to keep: the alias, the exemplar, or both.")
    if not 0 < len(keys) <= MOST_AT_ONCE:
        raise BadInput(f"Between 1 and {MOST_AT_ONCE} findings can be taught at once.")
    sentences: list[str] = []
    names: dict[str, None] = {}
    for row in find_rows(user, keys, Role.CURATOR):
        name = decided_brand(row)
        brand, is_new = _own(row.job.workspace, name)
        names[brand.canonical_name] = None
        if is_new:
            sentences.append(f"{brand} is looked for from now on.")
        if alias:
            sentences += _add_alias(brand, row)
        if exemplar:
            sentences += _add_exemplar(brand, row)
    return Taught(sentences=tuple(sentences) or ("All of that was known.",), brands=tuple(names))


def decided_brand(row: Finding) -> str:
    """Which brand people say a finding is. Raises BadInput when they do not."""
    near = Q(start_s__lt=row.end_s + _NEAR_S, end_s__gt=row.start_s - _NEAR_S)
    thing = thing_of(row, kind_of(row), report_key(row.job))
    said = governed({"it": thing}, standings_of(row.job.timeline_id, near=near)).get("it")
    if said is None or said.state not in (ACCEPTED, RENAMED):
        raise BadInput("Only what was accepted, or said to be another brand, can be taught; decide first.")
    return said.standing.brand


def _own(workspace: Workspace, name: str) -> tuple[Brand, bool]:
    """The workspace's brand of that name; one that only ships is copied, one that nobody knows is made."""
    known = Brand.objects.in_workspace(workspace).filter(canonical_name__iexact=name)
    own = known.filter(workspace=workspace).first()
    if own is not None:
        return own, False
    shipped = known.first()
    row = checked_row(name, shipped.aliases if shipped else (), where="The brand")
    (made,) = upsert_brands([row], workspace=workspace)
    return made, shipped is None


def _add_alias(brand: Brand, row: Finding) -> list[str]:
    text = " ".join(str(row.evidence.get("text", "")).split())
    if not letters(text):
        return [f"Nothing was read at this moment that could be an alias of {brand}."]
    known = {letters(one) for one in (brand.canonical_name, *brand.aliases)}
    if letters(text) in known:
        return []
    (changed,) = upsert_brands([checked_row(brand.canonical_name, [text], where="The alias")], workspace=_of(brand))
    brand.aliases = changed.aliases
    return [f"“{text}” is an alias of {brand} from now on."]


def _add_exemplar(brand: Brand, row: Finding) -> list[str]:
    evidence = parse_evidence(row.evidence)
    if len(evidence.polygon) < 3:
        raise BadInput(f"No outline is known of what shows {brand} here; add a picture on the page of the brand.")
    polygon = [(min(1.0, max(0.0, x)), min(1.0, max(0.0, y))) for x, y in evidence.polygon]
    _, is_new = add_crop(brand, row.job, time_s=evidence.frame.pts_s, polygon=polygon)
    return [f"The crop is an exemplar of {brand} from now on."] if is_new else []


def _of(brand: Brand) -> Workspace:
    assert brand.workspace is not None, "only a workspace's own brands are taught"
    return brand.workspace
