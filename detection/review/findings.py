"""A job's findings and a timeline's decisions as plain values, and the rows that mirror what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from detection.records import OpenCandidate
from detection.report.load import load_report
from detection.review.alike import look_of_text
from detection.review.models import Decision, OpenQuestion, ReviewState
from detection.review.subjects import AIRING, QUESTION, Judged, Said, Standing, Thing, bounds, governed, standings
from mpr.assets.models import Timeline
from mpr.errors import MprError
from mpr.jobs.models import Job, StageOutput

_REPORT = "compile_report"
_TOLERANCE_S = 1.0
_TEXT_LENGTH = Decision._meta.get_field("text").max_length or 500
_NAME_LENGTH = OpenQuestion._meta.get_field("brand_name").max_length or 120
_LEAST_S = 0.001

Key = tuple[str, int]


def things_of(job: Job, *, near: Q | None = None) -> dict[Key, Thing]:
    """The findings of a job by kind and row, or those that `near` chooses."""
    found_in = report_key(job)
    where = near or Q()
    things: dict[Key, Thing] = {}
    for kind, rows in ((AIRING, job.airings), (QUESTION, job.open_questions)):
        columns = rows.filter(where).values_list(
            "pk", "brand_name", "start_s", "end_s", "evidence__text", "evidence__t_s", "evidence__polygon"
        )
        for pk, brand, start_s, end_s, text, t_s, polygon in columns:
            things[kind, pk] = Thing(
                kind=kind, brand=brand, text=(text or "")[:_TEXT_LENGTH], start_s=start_s, end_s=end_s,
                t_s=start_s if t_s is None else t_s, box=bounds(polygon or ()), found_in=found_in,
            )  # fmt: skip
    return things


def thing_of(row: Any, kind: str, found_in: str) -> Thing:
    """The finding that a row of an airing or an open question is."""
    evidence = row.evidence
    return Thing(
        kind=kind, brand=row.brand_name, text=evidence.get("text", "")[:_TEXT_LENGTH], start_s=row.start_s,
        end_s=row.end_s, t_s=evidence.get("t_s", row.start_s), box=bounds(evidence.get("polygon", ())),
        found_in=found_in,
    )  # fmt: skip


def report_key(job: Job) -> str:
    """What names the report that a job holds: another one after a replay in place, the same where it was reused."""
    return job.outputs.filter(stage_name=_REPORT).values_list("cache_key", flat=True).first() or str(job.pk)


def standings_of(timeline: Timeline | Any, *, near: Q | None = None) -> list[Standing]:
    """What holds on a timeline, given by itself or its key, or of the decisions that `near` chooses."""
    rows = Decision.objects.live().filter(near or Q(), timeline=timeline)
    return standings(said_of(row) for row in rows)


def said_of(row: Decision) -> Said:
    """A decision as a plain value."""
    box = tuple(row.box) if len(row.box) == 4 else None
    return Said(
        number=row.pk,
        subject=row.subject,
        about=Thing(
            kind=row.kind, brand=row.brand_name, text=row.text, start_s=row.start_s, end_s=row.end_s, t_s=row.t_s,
            box=box, found_in=row.found_in,
        ),
        verdict=row.verdict,
        brand=row.given_brand,
        start_s=row.given_start_s,
        end_s=row.given_end_s,
        at_s=row.given_at_s,
    )  # fmt: skip


def judged(job: Job) -> dict[Key, Judged]:
    """What people decided of a job's findings, whatever job of the timeline they decided on."""
    holding = standings_of(job.timeline_id)
    return governed(things_of(job), holding) if holding else {}


def reported_jobs(timeline_id: Any) -> QuerySet[Job]:
    """The jobs of a timeline that have a report, by their keys alone."""
    return Job.objects.filter(timeline=timeline_id, outputs__stage_name=_REPORT).only("pk", "timeline")


def mirror(job: Job) -> None:
    """Let the states of a job's findings be what decisions make of them."""
    _write_states(job, judged(job), Q())


def mirror_near(timeline_id: Any, spans: Iterable[tuple[float, float]]) -> None:
    """The same for the findings of all jobs on a timeline that lie in or near these seconds."""
    near = Q()
    for start_s, end_s in spans:
        near |= Q(start_s__lt=end_s + _TOLERANCE_S, end_s__gt=start_s - _TOLERANCE_S)
    if not near:
        return
    for job in reported_jobs(timeline_id):
        things = things_of(job, near=near)
        if not things:
            continue
        low_s, high_s = min(one.start_s for one in things.values()), max(one.end_s for one in things.values())
        about = Q(start_s__lt=high_s + _TOLERANCE_S, end_s__gt=low_s - _TOLERANCE_S)
        _write_states(job, governed(things, standings_of(timeline_id, near=about)), near)


def write_questions(job: Job, unresolved: Iterable[OpenCandidate]) -> None:
    """Replace the job's open questions by these, which are the report's. Call it inside a transaction."""
    OpenQuestion.objects.filter(job=job).delete()
    OpenQuestion.objects.bulk_create(list(_questions(job, unresolved)), batch_size=2000)


def ensure_questions(job: Job) -> None:
    """Jobs that were reported on before open questions were rows get them now."""
    stored = job.outputs.filter(stage_name=_REPORT).first()
    if not _lacks_questions(job, stored):
        return
    try:
        report = load_report(job)
    except MprError:
        # Its report is gone; there is nothing to ask.
        return
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=job.pk)
        if _lacks_questions(job, stored):
            write_questions(job, report.unresolved)
            mirror(job)


def _lacks_questions(job: Job, stored: StageOutput | None) -> bool:
    asked = stored is not None and stored.output.get("counts", {}).get("unresolved", 0)
    return bool(asked) and not job.open_questions.exists()


def _questions(job: Job, unresolved: Iterable[OpenCandidate]) -> Iterator[OpenQuestion]:
    for number, one in enumerate(unresolved):
        start_s, end_s = one.start_s, one.end_s
        if end_s <= start_s:
            start_s, end_s = max(0.0, one.t_s - one.seconds / 2), one.t_s + max(one.seconds / 2, _LEAST_S)
        brand = (one.nearest_brand or "")[:_NAME_LENGTH]
        evidence = {"t_s": one.t_s, "polygon": one.polygon, "text": one.text, "frame": one.frame}
        yield OpenQuestion(
            job=job, number=number, brand_name=brand, start_s=start_s, end_s=end_s, seconds=one.seconds,
            reason=one.reason, evidence=msgspec.to_builtins(evidence), look=look_of_text(brand, one.text),
        )  # fmt: skip


def _write_states(job: Job, judged_: dict[Key, Judged], near: Q) -> None:
    for kind, rows in ((AIRING, job.airings.all()), (QUESTION, job.open_questions.all())):
        states = {pk: one.state for (of, pk), one in judged_.items() if of == kind}
        _write(rows.filter(near), states)


def _write(rows: QuerySet[Any], states: dict[int, str]) -> None:
    now: dict[int, str] = dict(rows.values_list("pk", "review_state"))
    changes: dict[str, list[int]] = {}
    for pk, state in now.items():
        wanted = states.get(pk, ReviewState.UNREVIEWED.value)
        if wanted != state:
            changes.setdefault(wanted, []).append(pk)
    model: type[Model] = rows.model
    for state, keys in changes.items():
        model._default_manager.filter(pk__in=keys).update(review_state=state)
