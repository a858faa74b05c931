"""Looking for brands anew in a job that is done: names, aliases and exemplars that came since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from brands.models import Exemplar
from brands.session import session_brands
from mpr.jobs.models import Job, Priority, StageState
from mpr.jobs.replay import replay

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_FIRST, _REGIONS, _LOGOS = "match_brands", "embed_regions", "match_logos"


@dataclass(frozen=True, kw_only=True)
class Rematch:
    """The job that looks anew, and what a person should know of it, as a sentence or nothing."""

    job: Job
    note: str = ""


def rematch(
    job: Job,
    *,
    brands: Sequence[str] = (),
    label: str = "",
    created_by: User | None = None,
    priority: Priority = Priority.INTERACTIVE,
) -> Rematch:
    """A replay in which only match_brands, match_logos and what follows from them are run, on stored readings and
    stored regions. `brands` are names that are looked for from now on, beside those of the job; where it looks for all
    of its workspace's, they are among them.

    The first exemplar that ever comes to a job takes embed_regions too, once, from the cached frames. Raises BadInput
    for a name that is not known, and Refused as `replay` does.
    """
    named = job.plan["configs"].get(_FIRST, {}).get("brands", ())
    known = {name.casefold() for name in named}
    added = [brand for brand in session_brands(job.workspace, brands) if brand.canonical_name.casefold() not in known]
    # A job that names no brand looks for all of its workspace's, these among them. Names that were there stay in their
    # order: equal settings are not computed again.
    new = [brand.canonical_name for brand in added] if named and brands else []
    overrides = {_FIRST: {"brands": [*named, *new]}} if new else {}
    sought = session_brands(job.workspace, [*named, *new])
    logos_wanted = Exemplar.objects.filter(brand__in=sought).exists()
    regions = job.newest_runs().get(_REGIONS)
    first_exemplar = logos_wanted and regions is not None and regions.state == StageState.SKIPPED
    child = replay(
        job,
        from_stage=_FIRST,
        also_from=[_REGIONS] if first_exemplar else [],
        overrides=overrides,
        label=label,
        created_by=created_by,
        priority=priority,
    )
    no_logos = logos_wanted and _LOGOS not in job.plan["pipeline"]["stages"]
    return Rematch(job=child, note=_note(first_exemplar, no_logos))


def _note(first_exemplar: bool, no_logos: bool) -> str:
    if no_logos:
        return (
            f"This job's profile has no {_LOGOS}, so logos are not looked for; analyse the footage with one that has."
        )
    if first_exemplar:
        return (
            f"This job had no exemplar before: {_REGIONS} runs once on the cached frames, later exemplars need it not."
        )
    return ""
