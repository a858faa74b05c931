"""What waits for a decision, the most valuable or the most uncertain first, a window at a time.

An airing is doubtful by what its confidence lacks of 1; an open question half, and a tenth where no brand is near.
Its value is doubt × seconds. What is less than 90 % sure, and every question, waits; what is surer comes behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.db.models import Case, Count, Exists, F, FloatField, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from detection.models import Airing
from detection.report.settings import Config
from detection.review.models import OpenQuestion, ReviewState
from detection.review.rows import Finding, key_for, light
from detection.review.subjects import AIRING, QUESTION
from mpr.errors import BadInput
from mpr.jobs.models import Job

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

Show = Literal["open", "doubtful", "questions", "done"]
Order = Literal["value", "doubt", "time"]
SHOWS: dict[Show, str] = {
    "open": "everything not reviewed", "doubtful": "only what is doubtful", "questions": "open questions",
    "done": "reviewed",
}  # fmt: skip
ORDERS: dict[Order, str] = {"value": "doubt × seconds", "doubt": "doubt", "time": "time"}

# Below it an airing counts for the upper bound of exposure alone; see docs/metrics.md.
SURE_FROM = Config().high_confidence
_QUESTION_DOUBT, _STRANGE_DOUBT = 0.5, 0.1
_REPORT = "compile_report"
_TABLES: tuple[tuple[str, Any], ...] = ((AIRING, Airing), (QUESTION, OpenQuestion))


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is looked at: one job's findings, or those of the newest reported job of every timeline a person sees."""

    user: User | AnonymousUser
    job: Job | None = None
    show: Show = "open"
    order: Order = "value"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A finding in the queue. `alike` counts those of its job that look like it and wait, itself among them."""

    row: Finding
    kind: str
    doubt: float
    seconds: float
    score: float
    sure: bool
    alike: int

    @property
    def key(self) -> str:
        return key_for(self.kind, self.row.pk)


@dataclass(frozen=True, kw_only=True)
class Window:
    """Some of the queue, and where the next begins; empty at its end."""

    entries: tuple[Entry, ...]
    after: str


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many wait, how many surer ones were not reviewed either, and how many were."""

    waiting: int
    sure: int
    done: int


def waiting(user: User | AnonymousUser) -> int:
    """How many findings wait for a person, over all that they see; one query."""
    jobs = _newest_jobs(user)
    airings = Airing.objects.filter(_waits(AIRING), job__in=jobs).order_by().values("pk")
    questions = OpenQuestion.objects.filter(_waits(QUESTION), job__in=jobs).order_by().values("pk")
    return airings.union(questions, all=True).count()


def counts(scope: Scope) -> Counts:
    """Of the scope's jobs, whatever is shown of them; one query for each kind."""
    found = {"waiting": 0, "sure": 0, "done": 0}
    for kind, model in _TABLES:
        fresh = Q(review_state=ReviewState.UNREVIEWED)
        told = _of_jobs(model.objects.all(), scope).aggregate(
            waiting=Count("pk", filter=_waits(kind)),
            sure=Count("pk", filter=fresh & ~_waits(kind)),
            done=Count("pk", filter=~fresh),
        )
        found = {name: found[name] + told[name] for name in found}
    return Counts(**found)


def window(scope: Scope, *, limit: int, after: str = "") -> Window:
    """The first `limit` of the queue, or those behind where an earlier one ended. Raises BadInput for a bad place."""
    place = _parsed(after) if after else None
    rows: list[tuple[tuple[float, float, int, int], str, Any]] = []
    for number, (kind, model) in enumerate(_TABLES):
        for row in _ranked(_chosen(model.objects.all(), kind, scope), kind, scope, place, number)[: limit + 1]:
            rows.append(((row.is_sure, -row.score, number, row.pk), kind, row))
    rows.sort(key=lambda one: one[0])
    shown = rows[:limit]
    alike = _alike_counts([row for _, _, row in shown])
    entries = tuple(_entry(kind, row, alike) for _, kind, row in shown)
    more = len(rows) > limit
    return Window(entries=entries, after=_told(shown[-1][0]) if more else "")


def entries_of(rows: Sequence[Finding]) -> list[Entry]:
    """Findings as entries, whatever their state."""
    alike = _alike_counts(rows)
    found = []
    for row in rows:
        kind = AIRING if isinstance(row, Airing) else QUESTION
        doubt = 1 - row.confidence if isinstance(row, Airing) else _QUESTION_DOUBT if row.brand_name else _STRANGE_DOUBT
        seconds = row.end_s - row.start_s if isinstance(row, Airing) else row.seconds
        ranked: Any = row
        ranked.doubt, ranked.length_s, ranked.score = doubt, seconds, doubt * seconds
        ranked.is_sure = int(isinstance(row, Airing) and row.confidence >= SURE_FROM)
        found.append(_entry(kind, ranked, alike))
    return found


def _newest_jobs(user: User | AnonymousUser) -> QuerySet[Any]:
    """The newest job with a report of every timeline that the person sees."""
    reported = Job.objects.filter(outputs__stage_name=_REPORT)
    newer = reported.filter(timeline=OuterRef("timeline"), created_at__gt=OuterRef("created_at"))
    return reported.visible_to(user).filter(~Exists(newer)).order_by().values("pk")


def _of_jobs(rows: QuerySet[Any], scope: Scope) -> QuerySet[Any]:
    return rows.filter(job=scope.job) if scope.job is not None else rows.filter(job__in=_newest_jobs(scope.user))


def _waits(kind: str) -> Q:
    fresh = Q(review_state=ReviewState.UNREVIEWED)
    return fresh & Q(confidence__lt=SURE_FROM) if kind == AIRING else fresh


def _chosen(rows: QuerySet[Any], kind: str, scope: Scope) -> QuerySet[Any]:
    fresh = Q(review_state=ReviewState.UNREVIEWED)
    rows = light(_of_jobs(rows, scope))
    if scope.show == "done":
        return rows.exclude(fresh)
    if scope.show == "questions" and kind == AIRING:
        return rows.none()
    return rows.filter(_waits(kind) if scope.show == "doubtful" else fresh)


def _ranked(
    rows: QuerySet[Any], kind: str, scope: Scope, place: tuple[int, float, int, int] | None, number: int
) -> QuerySet[Any]:
    """The rows with their doubt, seconds and score, in order, behind a place."""
    rows = rows.annotate(doubt=_doubt(kind), length_s=F("end_s") - F("start_s") if kind == AIRING else F("seconds"))
    score: Combinable = {
        "value": F("doubt") * F("length_s"), "doubt": F("doubt") * Value(1.0), "time": F("start_s") * Value(-1.0),
    }[scope.order]  # fmt: skip
    sure: Any = Value(0, IntegerField())
    if kind == AIRING and scope.order != "time" and scope.show != "done":
        sure = Case(When(confidence__gte=SURE_FROM, then=1), default=0, output_field=IntegerField())
    rows = rows.annotate(score=score, is_sure=sure).order_by("is_sure", "-score", "pk")
    if place is None:
        return rows
    at_sure, minus, table, pk = place
    level = Q(is_sure=at_sure)
    behind = Q(is_sure__gt=at_sure) | level & Q(score__lt=-minus)
    if number == table:
        behind |= level & Q(score=-minus, pk__gt=pk)
    elif number > table:
        behind |= level & Q(score=-minus)
    return rows.filter(behind)


def _doubt(kind: str) -> Any:
    if kind == AIRING:
        return Value(1.0, FloatField()) - F("confidence")
    return Case(When(brand_name="", then=_STRANGE_DOUBT), default=_QUESTION_DOUBT, output_field=FloatField())


def _entry(kind: str, row: Any, alike: dict[tuple[str, Any, str], int]) -> Entry:
    return Entry(
        row=row, kind=kind, doubt=row.doubt, seconds=row.length_s, score=row.score, sure=bool(row.is_sure),
        alike=alike.get((kind, row.job_id, row.look), 1),
    )  # fmt: skip


def _alike_counts(rows: Iterable[Any]) -> dict[tuple[str, Any, str], int]:
    """By kind, job and look how many wait."""
    found: dict[tuple[str, Any, str], int] = {}
    for kind, model in _TABLES:
        wanted = {(row.job_id, row.look) for row in rows if isinstance(row, model) and row.look}
        if not wanted:
            continue
        told = model.objects.filter(
            job__in={job for job, _ in wanted}, look__in={look for _, look in wanted},
            review_state=ReviewState.UNREVIEWED,
        )  # fmt: skip
        for job_id, look, count in told.values_list("job", "look").annotate(count=Count("pk")).order_by():
            found[kind, job_id, look] = max(1, count)
    return found


def _told(place: tuple[float, float, int, int]) -> str:
    return "~".join(repr(part) for part in place)


def _parsed(after: str) -> tuple[int, float, int, int]:
    try:
        sure, minus, table, pk = after.split("~")
        return int(sure), float(minus), int(table), int(pk)
    except ValueError as error:
        raise BadInput("There is no such place in the queue; begin at its beginning.") from error
