"""What was seen, for lists of footage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import template
from django.db.models import F, Sum

from detection.models import Airing, ReviewState

register = template.Library()

_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class SeenBrand:
    """A brand and the length of its airings in a job."""

    name: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The brands that were seen longest, and how many more there are."""

    first: tuple[SeenBrand, ...] = ()
    more: int = 0


@register.simple_tag
def brands_seen(cards: Iterable[Any]) -> dict[UUID, Seen]:
    """By the job that a card calls `reported`; what people rejected is left out. One query for all cards."""
    jobs = [card.reported.pk for card in cards if card.reported is not None]
    rows = (
        Airing.objects.filter(job__in=jobs)
        .exclude(review_state=ReviewState.REJECTED)
        .order_by()
        .values("job", "brand_name")
        .annotate(seconds=Sum(F("end_s") - F("start_s")))
    )
    found: dict[UUID, list[SeenBrand]] = {}
    for row in rows:
        found.setdefault(row["job"], []).append(SeenBrand(name=row["brand_name"], seconds=row["seconds"]))
    return {
        job: Seen(
            first=tuple(sorted(brands, key=lambda brand: (-brand.seconds, brand.name))[:_SHOWN]),
            more=max(0, len(brands) - _SHOWN),
        )
        for job, brands in found.items()
    }


@register.filter
def of_job(seen: dict[UUID, Seen], job: UUID) -> Seen:
    return seen.get(job) or Seen()
