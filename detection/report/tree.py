"""report.json, schema mpr.report/1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from detection.records import BrandReport, Event, OpenCandidate, Report
from detection.report.audit import Audited
from detection.report.contract import Check
from detection.report.facts import JobFacts
from detection.report.heat import COLUMNS, ROWS
from detection.report.value import ESTIMATE
from mpr.pipeline.frames import Frame

SCHEMA = "mpr.report/1"


def report_json(
    report: Report,
    facts: JobFacts,
    frame_name: Callable[[Frame], str | None],
    *,
    check: Check | None = None,
    audited: Audited | None = None,
) -> dict[str, Any]:
    """The report as plain JSON values: times in seconds of the timeline, polygons in shares of the frame.

    `frame_name` gives the relative file name or the URL under which an event's evidence frame is found, or None
    when its picture is no longer kept. `check` is that of the contract, `audited` the result of an audit.
    """
    return {
        "schema": SCHEMA,
        "video": {
            "filename": facts.video.filename,
            "sha256": facts.video.sha256,
            "duration_s": facts.video.duration_s,
            "fps": facts.video.fps,
            "width": facts.video.width,
            "height": facts.video.height,
        },
        "job": {
            "id": facts.job_id,
            "profile": facts.profile,
            "config_hash": facts.config_hash,
            "analysed_s": report.analysed_s,
            "started_at": facts.started_at.isoformat() if facts.started_at else None,
            "finished_at": facts.finished_at.isoformat() if facts.finished_at else None,
        },
        "preset": msgspec.to_builtins(report.preset),
        "settings": report.settings,
        "estimates": _estimates(report),
        "cost": {
            "spend_usd_per_video_hour": report.spend_usd_per_video_hour,
            "rungs": msgspec.to_builtins(report.rungs),
        },
        "contract": msgspec.to_builtins(check),
        "audit": msgspec.to_builtins(audited),
        "boundary_error_s": msgspec.to_builtins(report.boundary_error_s),
        "brands": [_brand(brand, frame_name) for brand in report.brands],
        "unresolved": [_candidate(candidate) for candidate in report.unresolved],
        "replays": msgspec.to_builtins(report.replays),
        "heat_map_cells": {"columns": COLUMNS, "rows": ROWS},
        "shots": [{"start_s": shot.start_s, "end_s": shot.end_s} for shot in report.shots],
    }


def _estimates(report: Report) -> dict[str, Any]:
    """What impressions and values are, so that no reader takes them for measurements."""
    return {
        "label": ESTIMATE,
        "fields": ["impressions", "gross_value", "net_value"],
        "currency": report.settings.get("currency", ""),
    }


def encode_json(tree: dict[str, Any]) -> bytes:
    """Indented UTF-8 JSON, the same bytes for the same tree."""
    return msgspec.json.format(msgspec.json.encode(tree), indent=1) + b"\n"


def _brand(brand: BrandReport, frame_name: Callable[[Frame], str | None]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(brand)
    return plain | {"events": [_event(event, frame_name) for event in brand.events]}


def _event(event: Event, frame_name: Callable[[Frame], str | None]) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(event)
    plain["evidence"]["frame"] = frame_name(event.evidence.frame)
    return plain


def _candidate(candidate: OpenCandidate) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(candidate)
    del plain["frame"]
    return plain
