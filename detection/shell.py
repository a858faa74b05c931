"""Brands in the rail; brands and where they were seen in the search over everything."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from brands.models import Brand
from detection.models import Airing
from mpr.jobs.models import Job
from mpr.web.search import Hit, matching
from mpr.web.shell import Kind, Place

BRANDS = Place(label="Brands", url_name="brands", icon="tag", covers=("brand", "brand-import"))

# Whose airings are looked for: as many of the nearest brands.
_BRANDS_LOOKED_AT = 5


def _brands(user: Any, text: str, count: int) -> list[Hit]:
    found = matching(Brand.objects.visible_to(user).select_related("workspace"), text, "canonical_name", "aliases")
    return [
        Hit(title=brand.canonical_name, address=reverse("brand", args=[brand.pk]), detail=_about(brand))
        for brand in found[:count]
    ]


def _about(brand: Brand) -> str:
    aliases = ", ".join(brand.aliases[:3]) + (" …" if len(brand.aliases) > 3 else "")
    return " · ".join(filter(None, [aliases and f"also {aliases}", str(brand.workspace or "ships with MPR")]))


def _airings(user: Any, text: str, count: int) -> list[Hit]:
    """The newest jobs that saw the nearest brands, kept ones and others."""
    named = matching(Brand.objects.visible_to(user), text, "canonical_name", "aliases")
    kept = list(named.values_list("pk", flat=True)[:_BRANDS_LOOKED_AT])
    seen = Airing.objects.visible_to(user).order_by()
    others = matching(seen.filter(brand=None), text, "brand_name").order_by()
    places = [*_newest(seen.filter(brand__in=kept), count), *_newest(others, count)]
    places.sort(key=lambda place: (-place["job__created_at"].timestamp(), place["brand_name"]))
    return _told(places[:count])


def _newest(airings: QuerySet[Airing], count: int) -> list[dict[str, Any]]:
    rows: Any = airings.values("job", "brand_name", "job__created_at").distinct()
    return list(rows.order_by("-job__created_at", "brand_name")[:count])


def _told(places: list[dict[str, Any]]) -> list[Hit]:
    if not places:
        return []
    wanted = Q()
    for place in places:
        wanted |= Q(job=place["job"], brand_name=place["brand_name"])
    rows = Airing.objects.filter(wanted).order_by().values("job", "brand_name").annotate(times=Count("pk"))
    times = {(row["job"], row["brand_name"]): row["times"] for row in rows}
    jobs = (
        Job.objects.select_related("timeline__source_asset").defer("plan").in_bulk({place["job"] for place in places})
    )
    return [_hit(jobs[place["job"]], place["brand_name"], times[place["job"], place["brand_name"]]) for place in places]


def _hit(job: Job, name: str, times: int) -> Hit:
    address = f"{reverse('report-airings', args=[job.pk])}?{urlencode({'brand': name})}"
    said = f"{times:,} {'time' if times == 1 else 'times'} in {job.timeline.source_asset.filename}"
    return Hit(title=name, address=address, detail=f"{said} · {job.created_at:%Y-%m-%d}")


KNOWN_BRANDS = Kind(name="brands", label="Brands", icon="tag", find=_brands)
AIRED = Kind(name="airings", label="Airings", icon="report", find=_airings)
