"""Airing rows: a report's events in the database, for pages, review and the history of a brand."""

from __future__ import annotations

from typing import Any

import msgspec

from brands.models import Brand
from detection.models import Airing
from detection.records import Event, Report
from mpr.jobs.models import Job


def write_airings(job: Job, report: Report) -> None:
    """Replace the job's airings by the report's events. Call it inside a transaction.

    A brand is looked up by name, whatever the case, among the workspace's own and then those that ship; a name that is
    neither keeps its airings without a brand.
    """
    brands = _brands(job)
    Airing.objects.filter(job=job).delete()
    Airing.objects.bulk_create(
        [
            _airing(job, brand.brand, brands.get(brand.brand.casefold()), event)
            for brand in report.brands
            for event in brand.events
        ],
        batch_size=1000,
    )


def _brands(job: Job) -> dict[str, Brand]:
    known = Brand.objects.in_workspace(job.workspace)
    shipped_first = sorted(known, key=lambda brand: brand.workspace_id is not None)
    return {brand.canonical_name.casefold(): brand for brand in shipped_first}


def _airing(job: Job, name: str, brand: Brand | None, event: Event) -> Airing:
    evidence: dict[str, Any] = msgspec.to_builtins(event.evidence)
    return Airing(
        # By their keys: assigning thousands of rows their objects takes as long as writing them.
        job_id=job.pk,
        brand_id=brand.pk if brand else None,
        brand_name=name[: Airing._meta.get_field("brand_name").max_length],
        start_s=event.start_s,
        end_s=event.end_s,
        placement=event.placement,
        geometry={
            "mean_area_share": event.mean_area_share,
            "max_area_share": event.max_area_share,
            "position": event.position,
            "clarity": event.clarity,
            "sightings": event.sightings,
            "path": [list(point) for point in event.path],
        },
        evidence=evidence,
        confidence=event.confidence,
        method=event.method,
    )
