"""Audits: a sample of a report's seconds, a person's answers, and what follows from them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction
from django.utils import timezone

from detection.evidence import View, evidence_jpeg
from detection.models import Audit, AuditItem, AuditVerdict
from detection.recompute import THE_JOBS, Choice, Reported
from detection.records import Evidence, Report
from detection.report import geometry
from detection.report.audit import Answer, Audited, Stratum, estimate
from detection.report.sampling import Item, draw
from detection.report.seen import Seen
from detection.report.settings import CLAIMS
from mpr.errors import BadInput, NotFound
from mpr.jobs.models import Job

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LEAST_SIZE, MOST_SIZE = 10, 5000
_NAME_LENGTH = AuditItem._meta.get_field("brand_name").max_length or 120


def start_audit(
    job: Job, *, size: int, seed: int | None = None, choice: Choice = THE_JOBS, user: User | None = None
) -> Audit:
    """Draw a sample of `size` seconds of a job's report. Raises NotFound while there is no report, BadInput for a size
    that cannot be."""
    if not LEAST_SIZE <= size <= MOST_SIZE:
        raise BadInput(f"An audit takes {LEAST_SIZE} to {MOST_SIZE} seconds to look at, not {size}.")
    seed = secrets.randbelow(2**31) if seed is None else seed
    reported = Reported(job, choice)
    seen = reported.compiled.seen
    sample = draw(seen, size=size, seed=seed)
    with transaction.atomic():
        audit = Audit.objects.create(
            job=job,
            seed=seed,
            settings=reported.compiled.report.settings,
            strata=msgspec.to_builtins(sample.strata),
            claimed_s=sample.claimed_s,
            created_by=user,
        )
        AuditItem.objects.bulk_create(
            AuditItem(
                audit=audit,
                number=number,
                kind=item.kind,
                stratum=item.stratum,
                t_s=item.t_s,
                brand_name=(item.brand or "")[:_NAME_LENGTH],
                claims=item.claims,
                evidence=msgspec.to_builtins(_evidence(seen, item)),
            )
            for number, item in enumerate(sample.items, 1)
        )
    return audit


def answer(
    audit: Audit, number: int, verdict: str, *, missed: Sequence[str] = (), user: User | None = None
) -> AuditItem:
    """Keep what a person said of an item; saying it again replaces it, an empty verdict takes it back.

    `missed` are the brands that are there and that the report does not have: they belong to the answer “yes” to an
    item of kind “any”, and to no other. Raises NotFound for an item that is not there, BadInput for an answer that
    cannot be.
    """
    if verdict not in AuditVerdict.values:
        raise BadInput(f"“{verdict}” is no answer; say yes, no or unclear.")
    with transaction.atomic():
        item = AuditItem.objects.select_for_update().filter(audit=audit, number=number).first()
        if item is None:
            raise NotFound(f"This audit has no item {number}.")
        names = [name.strip() for name in missed if name.strip()]
        _check(item, verdict, names)
        item.verdict, item.missed = verdict, names
        item.answered_at, item.answered_by = (timezone.now(), user) if verdict else (None, None)
        item.save(update_fields=["verdict", "missed", "answered_at", "answered_by"])
    return item


def result(audit: Audit) -> Audited:
    """Precision and recall from the answers given so far."""
    items = list(audit.items.all())
    answers = [
        Answer(
            stratum=item.stratum, brand=item.brand_name or None, verdict=_verdict(item), missed=list(item.missed)
        )
        for item in items
        if item.verdict
    ]  # fmt: skip
    return estimate(audit.claimed_s, msgspec.convert(audit.strata, list[Stratum]), answers, asked=len(items))


def audited(job: Job, report: Report) -> Audited | None:
    """The result of the job's newest audit that has answers and was drawn from a report that claims the same: one
    whose settings let the same sightings count."""
    claims = {name: report.settings.get(name) for name in CLAIMS}
    for audit in job.audits.filter(items__verdict__gt="").distinct():
        if {name: audit.settings.get(name) for name in CLAIMS} == claims:
            return result(audit)
    return None


def item_jpeg(audit: Audit, item: AuditItem, view: View = View.FRAME) -> bytes:
    """The frame to look at, with what is claimed outlined. Raises NotFound when it is no longer kept."""
    evidence = msgspec.convert(item.evidence, Evidence)
    return evidence_jpeg(audit.job, evidence.frame, evidence.polygon, view)


def _check(item: AuditItem, verdict: str, missed: Sequence[str]) -> None:
    """Raises BadInput where an answer does not fit its question."""
    names_some = item.kind == "any" and verdict == AuditVerdict.YES
    if missed and not names_some:
        raise BadInput("Only “yes” to “is a brand there that the report does not have?” names brands.")
    if names_some and not missed:
        raise BadInput("Say which brands are there that the report does not have.")
    there = {name.casefold() for name in item.claims}
    if known := [name for name in missed if name.casefold() in there]:
        raise BadInput(f"The report has {known[0]} in this second; name only what it does not have.")
    if len({name.casefold() for name in missed}) < len(missed):
        raise BadInput("Name each brand once.")


def _verdict(item: AuditItem) -> Any:
    return item.verdict


def _evidence(seen: Seen, item: Item) -> Evidence:
    """The sighting that shows what is claimed, else the frame nearest to the middle of the second."""
    if item.row is None:
        place = int(abs(seen.kept.pts_s - (item.t_s + 0.5)).argmin())
        frame = seen.kept.frames[place].frame
        return Evidence(t_s=frame.pts_s, polygon=[], text="", frame=frame)
    found = seen.sightings
    frame = seen.kept.frames[int(found.frame[item.row])].frame
    _, corners = next(geometry.in_frame(found.outline[item.row : item.row + 1]))
    text = seen.texts[int(found.record[item.row])]
    return Evidence(t_s=frame.pts_s, polygon=geometry.corner_list(corners[0]), text=text, frame=frame)
