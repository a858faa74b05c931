"""Which footage the library shows, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Exists, F, Min, OuterRef, Prefetch, Q, QuerySet
from django.http import QueryDict

from mpr.assets.intake.models import Intake, IntakeState
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.jobs.models import Job, JobStatus

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

PER_PAGE = 24
_LONGEST_SEARCH = 200
_MOST_TAGS = 60
_RUNS = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED)


class State(models.TextChoices):
    """What of the footage is shown."""

    ALL = "", "Everything"
    NEW = "new", "Not analysed"
    RUNNING = "running", "Being analysed"
    ANALYSED = "analysed", "Analysed"
    ERROR = "error", "With errors"
    DELETED = "deleted", "Deleted"


class Order(models.TextChoices):
    NEWEST = "", "Newest first"
    OLDEST = "oldest", "Oldest first"
    NAME = "name", "By name"
    LONGEST = "longest", "Longest first"
    LARGEST = "largest", "Largest first"


_ORDERS: dict[str, tuple[Any, ...]] = {
    Order.NEWEST: ("-created_at", "pk"),
    Order.OLDEST: ("created_at", "pk"),
    Order.NAME: ("filename", "pk"),
    Order.LONGEST: (F("duration_s").desc(nulls_last=True), "pk"),
    Order.LARGEST: ("-file_size", "pk"),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a person asks for with the address of the page. What makes no sense is as if it were not said."""

    text: str = ""
    state: State = State.ALL
    tag: str = ""
    order: Order = Order.NEWEST

    @property
    def is_narrow(self) -> bool:
        return bool(self.text or self.state or self.tag)


def parse_wanted(given: QueryDict) -> Wanted:
    state, order = given.get("state", ""), given.get("sort", "")
    return Wanted(
        text=" ".join(given.get("q", "").replace("\x00", "").split())[:_LONGEST_SEARCH],
        state=State(state) if state in State.values else State.ALL,
        tag=given.get("tag", "").replace("\x00", "").strip(),
        order=Order(order) if order in Order.values else Order.NEWEST,
    )


def page_of(user: User | AnonymousUser, wanted: Wanted, number: str | None) -> Page:
    """A page of the footage that a person may see, each with its jobs, in a number of queries that does not grow."""
    rows = _filtered(_seen(user, wanted), wanted)
    return Paginator(shown(rows.order_by(*_ORDERS[wanted.order])), PER_PAGE).get_page(number)


def shown(rows: QuerySet[MediaAsset]) -> QuerySet[MediaAsset]:
    """The rows with what a card of the library needs. Keyframes, which may be many, stay in the database."""
    jobs = Job.objects.order_by("-created_at", "pk").prefetch_related("stage_runs")
    timelines = Timeline.objects.order_by("created_at").prefetch_related(Prefetch("jobs", queryset=jobs))
    failed = Intake.objects.filter(asset=OuterRef("pk"), state=IntakeState.FAILED)
    return (
        rows.defer("properties")
        .select_related("workspace", "created_by", "deleted_by")
        .annotate(
            rotation_deg=F("properties__rotation_deg"),
            interlaced=F("properties__interlaced"),
            variable_frame_rate=F("properties__variable_frame_rate"),
            notes=F("properties__notes"),
            can_retry=Exists(failed),
        )
        .prefetch_related(Prefetch("timelines", queryset=timelines))
    )


def tags_of(user: User | AnonymousUser) -> list[str]:
    """The tags in use, by name."""
    rows = MediaAsset.objects.visible_to(user).exclude(tags=[]).values_list("tags", flat=True)
    return sorted({tag for tags in rows for tag in tags}, key=str.casefold)[:_MOST_TAGS]


def first_deleted(user: User | AnonymousUser) -> Any:
    """Whether anything can be restored: when the first of it was deleted, or None."""
    return MediaAsset.objects.deleted_for(user).aggregate(first=Min("deleted_at"))["first"]


def _seen(user: User | AnonymousUser, wanted: Wanted) -> QuerySet[MediaAsset]:
    if wanted.state == State.DELETED:
        return MediaAsset.objects.deleted_for(user)
    # What a worker is at is told of above the list.
    under_way = Intake.objects.filter(asset=OuterRef("pk"), state__in=[IntakeState.PENDING, IntakeState.RUNNING])
    return MediaAsset.objects.visible_to(user).exclude(~Q(status=AssetStatus.READY) & Exists(under_way))


def _filtered(rows: QuerySet[MediaAsset], wanted: Wanted) -> QuerySet[MediaAsset]:
    for word in wanted.text.split():
        rows = rows.filter(
            Q(filename__icontains=word) | Q(comments__icontains=word) | Q(tags__icontains=word) | _by_sha256(word)
        )
    if wanted.tag:
        rows = rows.filter(tags__contains=[wanted.tag])
    jobs = Job.objects.filter(timeline__source_asset=OuterRef("pk"))
    match wanted.state:
        case State.NEW:
            return rows.filter(~Exists(jobs), status=AssetStatus.READY)
        case State.RUNNING:
            return rows.filter(Exists(jobs.filter(status__in=_RUNS)))
        case State.ANALYSED:
            return rows.filter(Exists(jobs.filter(status=JobStatus.COMPLETED)))
        case State.ERROR:
            return rows.filter(status=AssetStatus.ERROR)
    return rows


def _by_sha256(word: str) -> Q:
    """Programs name footage by what is in it."""
    is_digest = len(word) >= 12 and all(letter in "0123456789abcdef" for letter in word.lower())
    return Q(sha256__startswith=word.lower()) if is_digest else Q(pk__in=[])
