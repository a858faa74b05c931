"""Airing rows: a report's events in the database, for pages, review and the history of a brand; and its questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from django.db import connection, transaction

from brands.models import Brand
from detection.models import Airing, ReviewState
from detection.records import Event, Report
from detection.review.alike import look_of_text
from detection.review.findings import mirror, write_questions
from detection.review.looks import ask_for_looks
from mpr.jobs.models import Job

_COLUMNS = (
    "job_id",
    "brand_id",
    "brand_name",
    "start_s",
    "end_s",
    "placement",
    "geometry",
    "evidence",
    "confidence",
    "method",
    "review_state",
    "look",
)


def write_airings(job: Job, report: Report) -> None:
    """Replace the job's airings by the report's events, and its open questions by the report's. What people decided on
    the timeline holds for the new rows, too. Call it inside a transaction.

    A brand is looked up by name, whatever the case, among the workspace's own and then those that ship; a name that is
    neither keeps its airings without a brand.
    """
    Airing.objects.filter(job=job).delete()
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, _COLUMNS))
    statement = f"COPY {quote(Airing._meta.db_table)} ({columns}) FROM STDIN"
    brands = _brands(job)
    # A broadcast has thousands: COPY takes a tenth of the time of inserting them.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _rows(job, report, brands):
            copy.write_row(row)
    write_questions(job, report.unresolved)
    mirror(job)
    transaction.on_commit(lambda: ask_for_looks(job), robust=True)


def _rows(job: Job, report: Report, brands: Mapping[str, Brand]) -> Iterator[tuple[Any, ...]]:
    """The values of _COLUMNS for every event."""
    length = Airing._meta.get_field("brand_name").max_length
    for brand in report.brands:
        known = brands.get(brand.brand.casefold())
        brand_id = known.pk if known else None
        for event in brand.events:
            yield (
                job.pk,
                brand_id,
                brand.brand[:length],
                event.start_s,
                event.end_s,
                event.placement,
                _json(_geometry(event)),
                _json(event.evidence),
                event.confidence,
                event.method,
                ReviewState.UNREVIEWED.value,
                look_of_text(brand.brand, event.evidence.text),
            )


def _brands(job: Job) -> dict[str, Brand]:
    known = Brand.objects.in_workspace(job.workspace)
    shipped_first = sorted(known, key=lambda brand: brand.workspace_id is not None)
    return {brand.canonical_name.casefold(): brand for brand in shipped_first}


def _geometry(event: Event) -> dict[str, Any]:
    return {
        "mean_area_share": event.mean_area_share,
        "max_area_share": event.max_area_share,
        "position": event.position,
        "clarity": event.clarity,
        "sightings": event.sightings,
        "methods": event.methods,
        "start_error_s": event.start_error_s,
        "end_error_s": event.end_error_s,
        "path": event.path,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
