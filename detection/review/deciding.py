"""Deciding about findings, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from detection.models import Airing
from detection.review.findings import mirror, mirror_near, report_key, reported_jobs, standings_of, thing_of
from detection.review.models import Decision, Verdict
from detection.review.rows import Finding, find_rows, key_for, key_of, kind_of
from detection.review.subjects import AIRING, QUESTION, Standing, Thing, governed, same_subject
from mpr.assets.models import Timeline
from mpr.errors import BadInput, NotFound, Refused
from mpr.web.format import clock
from mpr.workspaces.access import require
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_AT_ONCE = 5000
# Up to so many findings what is near each is looked up; of more, all of the timeline.
_FEW = 20
_MOST_NOTES = 3
_NEAR_S = 2.0
_NAME_LENGTH = Decision._meta.get_field("given_brand").max_length or 120
_OF_ONE = (Verdict.ENDS, Verdict.MERGE, Verdict.SPLIT)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is decided. `brand` belongs to rename, and to accept of a question as what it is; `start_s` and `end_s` to
    ends; `at_s` to split."""

    verdict: str
    brand: str = ""
    start_s: float | None = None
    end_s: float | None = None
    at_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was decided at once: the findings by key with their states now, and what to tell the person."""

    batch: UUID
    keys: tuple[str, ...]
    states: dict[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What was taken back, the findings by key with their states now."""

    batch: UUID
    words: str
    keys: tuple[str, ...]
    states: dict[str, str]
    job: UUID | None = None
    more: bool = False


@dataclass
class _Work:
    """What holds on the timelines that are decided on."""

    holding: dict[Any, list[Standing]] = field(default_factory=dict)
    found_in: dict[UUID, str] = field(default_factory=dict)


@transaction.atomic
def decide(
    user: User, keys: Sequence[str], choice: Choice, *, batch: UUID | None = None, all_alike: bool = False
) -> Decided:
    """Keep what a person says of findings; what they said before stays in the history.

    With `all_alike` of one finding, what looks like it in its job and was not reviewed is decided the same way. The
    same `batch` again changes nothing. Raises BadInput, NotFound and NotAllowed with a sentence.
    """
    batch = batch or uuid4()
    rows = find_rows(user, keys, Role.ANALYST)
    if not rows:
        raise BadInput("Say what the decision is about.")
    # One at a time on a timeline, so that the last to come is the last in the history.
    timelines = {row.job.timeline_id for row in rows}
    list(Timeline.objects.select_for_update().filter(pk__in=timelines).order_by("pk"))
    if Decision.objects.filter(batch=batch).exists():
        return _again(user, batch, rows)
    if all_alike:
        rows = _alike(rows)
    if len(rows) > MOST_AT_ONCE:
        raise BadInput(f"At most {MOST_AT_ONCE} findings can be decided at once; choose fewer.")
    work = _holding(rows)
    made, overruled = [], []
    for row in rows:
        thing = thing_of(row, kind_of(row), work.found_in[row.job_id])
        standing = _standing(thing, work.holding[row.job.timeline_id])
        made.append(_decision(user, row, thing, standing, choice, batch))
        if standing is not None:
            overruled.append(standing.number)
    Decision.objects.bulk_create(made, batch_size=1000)
    _mirror(rows)
    return Decided(
        batch=batch, keys=tuple(key_of(row) for row in rows), states=_states(rows), notes=_notes(user, overruled)
    )


@transaction.atomic
def undo(user: User, *, timeline: Timeline | None = None) -> Undone:
    """Take back what the person decided last, all of it that was decided at once.

    Raises NotFound when there is nothing left to take back, on that timeline where one is given.
    """
    mine = Decision.objects.live().visible_to(user).filter(made_by=user)
    if timeline is not None:
        mine = mine.filter(timeline=timeline)
    last = mine.order_by("-pk").first()
    if last is None:
        raise NotFound("There is nothing left to undo; what others decided they undo themselves.")
    list(Timeline.objects.select_for_update().filter(pk=last.timeline_id))
    decisions = list(
        Decision.objects.live().filter(batch=last.batch).select_related("job", "timeline__source_asset__workspace")
    )
    if not decisions:
        raise Refused("That was undone a moment ago in another window.")
    for on in {one.timeline_id: one.timeline for one in decisions}.values():
        require(user, on.workspace, Role.ANALYST)
    Decision.objects.filter(pk__in=[one.pk for one in decisions]).update(undone_at=timezone.now(), undone_by=user)
    for timeline_id in {one.timeline_id for one in decisions}:
        _mirror_spans(timeline_id, [(one.start_s, one.end_s) for one in decisions if one.timeline_id == timeline_id])
    states = _states_of(decisions)
    return Undone(
        batch=last.batch, words=words_of(last, len(decisions)), keys=tuple(states), states=states, job=last.job_id,
        more=mine.exists(),
    )  # fmt: skip


def words_of(decision: Decision, count: int = 1) -> str:
    """Accepted Hyundai at 0:12:04, or of several: … and 22 more."""
    what = decision.brand_name or f"“{decision.text}”"
    to = f" as {decision.given_brand}" if decision.given_brand and decision.given_brand != decision.brand_name else ""
    more = f" and {count - 1} more" if count > 1 else ""
    return f"{decision.get_verdict_display()}: {what}{to} at {clock(decision.start_s)}{more}"


def _holding(rows: Sequence[Finding]) -> _Work:
    work = _Work()
    for job in {row.job_id: row.job for row in rows}.values():
        work.found_in[job.pk] = report_key(job)
    for timeline_id in {row.job.timeline_id for row in rows}:
        near = Q()
        mine = [row for row in rows if row.job.timeline_id == timeline_id]
        if len(mine) <= _FEW:
            for row in mine:
                near |= Q(start_s__lt=row.end_s + _NEAR_S, end_s__gt=row.start_s - _NEAR_S)
        work.holding[timeline_id] = standings_of(timeline_id, near=near)
    return work


def _standing(thing: Thing, holding: Sequence[Standing]) -> Standing | None:
    found = governed({"it": thing}, holding).get("it")
    return found.standing if found else None


def _decision(
    user: User, row: Finding, thing: Thing, standing: Standing | None, choice: Choice, batch: UUID
) -> Decision:
    decision = Decision(
        timeline_id=row.job.timeline_id, job=row.job, batch=batch, found_in=thing.found_in, kind=thing.kind,
        brand_name=thing.brand, start_s=thing.start_s, end_s=thing.end_s, t_s=thing.t_s, box=list(thing.box or ()),
        text=thing.text, verdict=choice.verdict, made_by=user,
    )  # fmt: skip
    if standing is not None and same_subject(thing, standing):
        decision.subject = standing.subject
    _fill(decision, row, standing, choice)
    return decision


def _fill(decision: Decision, row: Finding, standing: Standing | None, choice: Choice) -> None:
    """What the verdict needs. Raises BadInput where that is not given or cannot be."""
    brand = " ".join(choice.brand.split())
    if len(brand) > _NAME_LENGTH:
        raise BadInput(f"A brand's name has at most {_NAME_LENGTH} letters.")
    if choice.verdict not in Verdict.values:
        raise BadInput(f"“{choice.verdict}” is no decision; say one of {', '.join(Verdict.values)}.")
    if choice.verdict == Verdict.RENAME:
        if not brand:
            raise BadInput("Say which brand it is.")
        decision.given_brand = brand
    elif choice.verdict == Verdict.ACCEPT:
        decision.given_brand = brand or decision.brand_name
        if not decision.given_brand:
            raise BadInput(f"Nothing says which brand “{decision.text}” is; choose one.")
    elif choice.verdict == Verdict.ENDS:
        _fill_ends(decision, row, choice)
    elif choice.verdict == Verdict.SPLIT:
        start_s, end_s = standing.ends if standing and standing.ends else (row.start_s, row.end_s)
        if choice.at_s is None or not start_s < choice.at_s < end_s:
            raise BadInput(f"Split it between {clock(start_s, with_ms=True)} and {clock(end_s, with_ms=True)}.")
        decision.given_at_s = choice.at_s
    elif choice.verdict == Verdict.MERGE:
        before = _before(row, standing)
        decision.given_start_s, decision.given_end_s = before


def _fill_ends(decision: Decision, row: Finding, choice: Choice) -> None:
    length_s = row.job.timeline.duration_s or float("inf")
    if choice.start_s is None or choice.end_s is None or not 0 <= choice.start_s < choice.end_s <= length_s + 0.001:
        raise BadInput("Give the start and the end in seconds of the timeline, the start first.")
    if choice.start_s >= row.end_s or choice.end_s <= row.start_s:
        raise BadInput("The new start and end leave nothing of what was seen; reject it instead.")
    decision.given_start_s, decision.given_end_s = choice.start_s, choice.end_s


def _before(row: Finding, standing: Standing | None) -> tuple[float, float]:
    """Start and end of the airing before this one. Raises BadInput when there is none."""
    if kind_of(row) != AIRING:
        raise BadInput("An open question cannot be merged; say which brand it is first.")
    name = standing.brand if standing and standing.state != "rejected" else row.brand_name
    earlier = row.job.airings.filter(brand_name=name, start_s__lt=row.start_s).exclude(review_state="rejected")
    before = earlier.order_by("-start_s").first()
    if before is None:
        raise BadInput(f"There is no airing of {name} before this one to merge it with.")
    return before.start_s, before.end_s


def _alike(rows: Sequence[Finding]) -> list[Finding]:
    """The finding with all that look like it in its job and wait."""
    if len(rows) != 1:
        raise BadInput("“All alike” is of one finding.")
    (row,) = rows
    if not row.look:
        return [row]
    same = type(row).objects.filter(job=row.job, look=row.look, review_state="unreviewed").exclude(pk=row.pk)
    more: list[Finding] = list(same.order_by("start_s")[:MOST_AT_ONCE])
    for other in more:
        other.job = row.job
    return [row, *more]


def _mirror(rows: Sequence[Finding]) -> None:
    for timeline_id in {row.job.timeline_id for row in rows}:
        _mirror_spans(timeline_id, [(row.start_s, row.end_s) for row in rows if row.job.timeline_id == timeline_id])


def _mirror_spans(timeline_id: Any, spans: Sequence[tuple[float, float]]) -> None:
    if len(spans) <= _FEW:
        mirror_near(timeline_id, spans)
        return
    for job in reported_jobs(timeline_id):
        mirror(job)


def _states(rows: Iterable[Finding]) -> dict[str, str]:
    """The states of these findings as they are now."""
    rows = list(rows)
    states: dict[str, str] = {}
    for model in {type(row) for row in rows}:
        now = model.objects.filter(pk__in=[row.pk for row in rows if isinstance(row, model)])
        kind = AIRING if model is Airing else QUESTION
        states |= {key_for(kind, pk): state for pk, state in now.values_list("pk", "review_state")}
    return states


def _states_of(decisions: Sequence[Decision]) -> dict[str, str]:
    """The states of the findings that decisions were made on, as far as those are still there."""
    states: dict[str, str] = {}
    for job in {one.job_id: one.job for one in decisions if one.job is not None}.values():
        spans = {(one.kind, one.start_s, one.end_s, one.brand_name) for one in decisions if one.job_id == job.pk}
        starts = [span[1] for span in spans]
        for kind, rows in ((AIRING, job.airings), (QUESTION, job.open_questions)):
            some = rows.filter(start_s__in=starts).values_list("pk", "start_s", "end_s", "brand_name", "review_state")
            states |= {
                key_for(kind, pk): state for pk, start, end, brand, state in some if (kind, start, end, brand) in spans
            }
    return states


def _again(user: User, batch: UUID, rows: Sequence[Finding]) -> Decided:
    """The answer to a decision that came before. Raises Refused for somebody else's."""
    if Decision.objects.filter(batch=batch).exclude(made_by=user).exists():
        raise Refused("Somebody else decided something under this key; take another one.")
    states = _states(rows)
    return Decided(batch=batch, keys=tuple(states), states=states)


def _notes(user: User, numbers: Sequence[int]) -> tuple[str, ...]:
    """What to tell of others' decisions that do not hold any more."""
    others = Decision.objects.filter(pk__in=numbers).exclude(made_by=user).select_related("made_by")[:_FEW]
    notes = []
    for one in others:
        who = one.made_by.get_username() if one.made_by else "Somebody"
        notes.append(f"{who} had said: {words_of(one)}. Yours holds now; both are kept.")
    return tuple(notes[:_MOST_NOTES])
