"""Where brands were seen, over all jobs that a person sees.

Of a timeline's completed jobs only the newest with a report counts: replays look at the same footage again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Aggregate, Count, F, FloatField, Max, Q, QuerySet, Sum

from brands.models import Brand
from detection.models import Airing, ReviewState
from mpr.jobs.models import Job, JobStatus

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_SECONDS = Sum(F("end_s") - F("start_s"), output_field=FloatField())


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How often and how long a brand was seen, and the newest job that saw it."""

    seconds: float = 0.0
    times: int = 0
    jobs: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """What people said of a brand's airings."""

    accepted: int = 0
    rejected: int = 0
    open: int = 0


def newest_jobs(user: User | AnonymousUser) -> QuerySet[Job]:
    """The newest completed job of each timeline."""
    done = Job.objects.visible_to(user).filter(status=JobStatus.COMPLETED, cleared_at=None)
    return Job.objects.filter(pk__in=done.order_by("timeline_id", "-created_at").distinct("timeline_id").values("pk"))


def counted(user: User | AnonymousUser) -> QuerySet[Airing]:
    """The airings that count; what a person rejected does not."""
    return Airing.objects.filter(job__in=newest_jobs(user)).exclude(review_state=ReviewState.REJECTED).order_by()


def seen_of(user: User | AnonymousUser, brands: Iterable[Brand]) -> Mapping[UUID, Seen]:
    """What is known of each of these brands; those never seen are left out."""
    rows = counted(user).filter(brand__in=[brand.pk for brand in brands]).values("brand")
    told = rows.annotate(
        seconds=_SECONDS, times=Count("pk"), jobs=Count("job", distinct=True), last_at=Max("job__created_at")
    )
    return {
        row["brand"]: Seen(seconds=row["seconds"], times=row["times"], jobs=row["jobs"], last_at=row["last_at"])
        for row in told
        if row["brand"] is not None
    }


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Brands in the order of what is known of them, then the others by name: a sequence for a paginator, which asks
    for the brands that it shows alone."""

    brands: QuerySet[Brand]
    first: Sequence[UUID]

    def count(self) -> int:
        return self.brands.count()

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, shown: slice) -> list[Brand]:
        start, stop = shown.start or 0, shown.stop
        known = self.brands.in_bulk(self.first[start:stop])
        wanted = stop - start - len(known)
        rest = self.brands.exclude(pk__in=self.first).order_by("canonical_name", "pk")
        offset = max(0, start - len(self.first))
        return [known[pk] for pk in self.first[start:stop] if pk in known] + list(rest[offset : offset + wanted])


def by_seconds(user: User | AnonymousUser, brands: QuerySet[Brand]) -> Ranked:
    """The longest seen first."""
    return _ranked(user, brands, _SECONDS)


def by_last(user: User | AnonymousUser, brands: QuerySet[Brand]) -> Ranked:
    """The last seen first."""
    return _ranked(user, brands, Max("job__created_at"))


def _ranked(user: User | AnonymousUser, brands: QuerySet[Brand], by: Aggregate) -> Ranked:
    rows = counted(user).filter(brand__in=brands.order_by().values("pk")).values("brand").annotate(by=by)
    return Ranked(
        brands=brands, first=list(rows.order_by("-by", "brand__canonical_name").values_list("brand", flat=True))
    )


def jobs_of(user: User | AnonymousUser, brand: Brand) -> QuerySet[Any]:
    """A row for each job that saw the brand, newest first, with `seconds` and `times`; also those whose footage was
    looked at again since."""
    rows = Airing.objects.filter(brand=brand, job__in=Job.objects.visible_to(user)).order_by()
    grouped = rows.exclude(review_state=ReviewState.REJECTED).values("job", "brand_name", "job__created_at")
    return grouped.annotate(seconds=_SECONDS, times=Count("pk")).order_by("-job__created_at", "job")


def decisions_of(user: User | AnonymousUser, brand: Brand) -> Decisions:
    rows = Airing.objects.filter(brand=brand, job__in=newest_jobs(user)).order_by()
    return Decisions(
        **rows.aggregate(
            accepted=Count("pk", filter=Q(review_state=ReviewState.ACCEPTED)),
            rejected=Count("pk", filter=Q(review_state=ReviewState.REJECTED)),
            open=Count("pk", filter=Q(review_state=ReviewState.UNREVIEWED)),
        )
    )
