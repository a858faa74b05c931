"""A job's log for reading: filtered, from the newest back, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from mpr.events.models import JobEvent
from mpr.events.words import Level, at_least, level_of, sentence

PAGE_ROWS = 60


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What to show: events of a stage (all when empty), that matter at least so much, that hold a text."""

    stage: str = ""
    level: Level = Level.INFO
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One event in words."""

    seq: int
    at: datetime
    stage: str
    level: Level
    words: str


@dataclass(frozen=True, kw_only=True)
class LogPage:
    """Lines from the newest back. `older` is the number to ask behind for the next page, None when there is none."""

    lines: tuple[Line, ...]
    older: int | None


def newest(job_id: UUID, wanted: Filter, *, before: int | None = None) -> LogPage:
    """The newest page of what the filter lets pass, or the newest one below `before`."""
    rows = _rows(job_id, wanted)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq")[: PAGE_ROWS + 1])
    lines = tuple(map(_line, found[:PAGE_ROWS]))
    return LogPage(lines=lines, older=lines[-1].seq if len(found) > PAGE_ROWS else None)


def since(job_id: UUID, wanted: Filter, after: int) -> LogPage | None:
    """What came behind `after`, newest first; None when that is more than a page."""
    found = list(_rows(job_id, wanted).filter(seq__gt=after).order_by("-seq")[: PAGE_ROWS + 1])
    return None if len(found) > PAGE_ROWS else LogPage(lines=tuple(map(_line, found)), older=None)


def _rows(job_id: UUID, wanted: Filter) -> QuerySet[Any]:
    rows = JobEvent.objects.filter(at_least(wanted.level), job=job_id)
    if wanted.stage:
        rows = rows.filter(payload__stage=wanted.stage)
    if wanted.text:
        # Stages are stored by their name: “run OCR” means run_ocr.
        holds = Q(told__icontains=wanted.text) | Q(type__icontains=wanted.text)
        holds |= Q(told__icontains=wanted.text.strip().replace(" ", "_"))
        rows = rows.annotate(told=Cast("payload", TextField())).filter(holds)
    return rows


def _line(event: JobEvent) -> Line:
    return Line(
        seq=event.seq,
        at=event.at,
        stage=str(event.payload.get("stage", "")),
        level=level_of(event),
        words=sentence(event),
    )
