"""Brands in the rail; brands and where they were seen in the search over everything."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
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
    brands = list(named.values_list("pk", flat=True)[:_BRANDS_LOOKED_AT])
    others = matching(Airing.objects.filter(brand=None), text, "brand_name").order_by()
    rows = Airing.objects.filter(Q(brand__in=brands) | Q(pk__in=others), job__in=Job.objects.visible_to(user))
    grouped = rows.order_by().values("job", "brand_name", "job__created_at").annotate(times=Count("pk"))
    found = list(grouped.order_by("-job__created_at", "brand_name")[:count])
    jobs = Job.objects.select_related("timeline__source_asset").defer("plan").in_bulk([row["job"] for row in found])
    return [
        Hit(
            title=row["brand_name"],
            address=f"{reverse('report-airings', args=[row['job']])}?{urlencode({'brand': row['brand_name']})}",
            detail=f"{row['times']:,} {'time' if row['times'] == 1 else 'times'} in "
            f"{jobs[row['job']].timeline.source_asset.filename} · {jobs[row['job']].created_at:%Y-%m-%d}",
        )
        for row in found
    ]


KNOWN_BRANDS = Kind(name="brands", label="Brands", icon="tag", find=_brands)
AIRED = Kind(name="airings", label="Airings", icon="report", find=_airings)
