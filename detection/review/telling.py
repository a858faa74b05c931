"""Findings, decisions and the queue as JSON: the same for the page and for API clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse

from detection.models import Airing, AiringMethod
from detection.review.findings import report_key, standings_of, thing_of
from detection.review.models import Decision
from detection.review.queue import Entry, entries_of
from detection.review.rows import Finding, kind_of
from detection.review.shots import neighbours_of, shot_of
from detection.review.subjects import AIRING, governed

_MOST_ALIKE = 24
_MOST_HISTORY = 20
_NEAR_S = 2.0


def entry_json(entry: Entry) -> dict[str, Any]:
    """A finding as the queue lists it."""
    row = entry.row
    picture, frame = picture_of(row), row.evidence.get("frame", {})
    airing = row if isinstance(row, Airing) else None
    return {
        "key": entry.key,
        "kind": entry.kind,
        "job": str(row.job_id),
        "timeline": str(row.job.timeline_id),
        "footage": row.job.timeline.source_asset.filename,
        "brand": row.brand_name,
        "text": row.evidence.get("text", ""),
        "reason": "" if airing else row.reason,  # type: ignore[union-attr]
        "method": airing.method if airing else "ocr",
        "method_words": airing.get_method_display() if airing else AiringMethod.OCR.label,
        "placement": airing.placement if airing else "",
        "confidence": airing.confidence if airing else None,
        "start_s": row.start_s,
        "end_s": row.end_s,
        "t_s": row.evidence.get("t_s", row.start_s),
        "seconds": entry.seconds,
        "doubt": entry.doubt,
        "sure": entry.sure,
        "state": row.review_state,
        "look": row.look,
        "alike": entry.alike,
        "polygon": row.evidence.get("polygon", []),
        "frame_px": [frame.get("width_px", 1280), frame.get("height_px", 720)],
        "picture": picture,
        "frame": f"{picture}?view=frame",
    }


def detail_json(row: Finding) -> dict[str, Any]:
    """A finding with what surrounds it: its shot and who is in it, what looks alike, what was decided."""
    shot = shot_of(row)
    about = {"start_s__lt": row.end_s + _NEAR_S, "end_s__gt": row.start_s - _NEAR_S}
    thing = thing_of(row, kind_of(row), report_key(row.job))
    said = governed({"it": thing}, standings_of(row.job.timeline_id, near=Q(**about))).get("it")
    told = entry_json(entries_of([row])[0])
    standing = said.standing if said else None
    return {
        **told,
        "fps": row.job.timeline.fps,
        "duration_s": row.job.timeline.duration_s,
        "shot": list(shot),
        "neighbours": neighbours_of(row, shot),
        "now": {
            "brand": standing.brand if standing else row.brand_name,
            "start_s": standing.ends[0] if standing and standing.ends else row.start_s,
            "end_s": standing.ends[1] if standing and standing.ends else row.end_s,
            "joined": list(standing.joined) if standing and standing.joined else None,
            "parted": list(standing.parted) if standing else [],
        },
        "alikes": [entry_json(one) for one in entries_of(_alikes(row))],
        "history": decisions_json(_history(row, standing.subject if standing else None)),
    }


def decision_json(decision: Decision) -> dict[str, Any]:
    """A decision with who made it and when, and whether it was undone."""
    return {
        "id": decision.pk,
        "batch": str(decision.batch),
        "subject": str(decision.subject),
        "timeline": str(decision.timeline_id),
        "job": str(decision.job_id) if decision.job_id else None,
        "kind": decision.kind,
        "brand": decision.brand_name,
        "text": decision.text,
        "start_s": decision.start_s,
        "end_s": decision.end_s,
        "t_s": decision.t_s,
        "verdict": decision.verdict,
        "verdict_words": decision.get_verdict_display(),
        "given_brand": decision.given_brand,
        "given_start_s": decision.given_start_s,
        "given_end_s": decision.given_end_s,
        "given_at_s": decision.given_at_s,
        "made_at": decision.made_at.isoformat(),
        "made_by": decision.made_by.get_username() if decision.made_by else None,
        "undone_at": decision.undone_at.isoformat() if decision.undone_at else None,
        "undone_by": decision.undone_by.get_username() if decision.undone_by else None,
    }


def decisions_json(decisions: Iterable[Decision]) -> list[dict[str, Any]]:
    return [decision_json(decision) for decision in decisions]


def picture_of(row: Finding) -> str:
    """The address of what proves a finding; with ?view=frame the whole frame."""
    name = "airing-evidence" if kind_of(row) == AIRING else "question-evidence"
    return reverse(name, args=[row.pk])


def _alikes(row: Finding) -> list[Any]:
    if not row.look:
        return []
    same = type(row).objects.filter(job=row.job, look=row.look, review_state="unreviewed").exclude(pk=row.pk)
    found: list[Any] = list(same.order_by("start_s")[:_MOST_ALIKE])
    for other in found:
        other.job = row.job
    return found


def _history(row: Finding, subject: Any) -> Iterable[Decision]:
    if subject is None:
        exactly = Q(job=row.job, kind=kind_of(row), start_s=row.start_s, end_s=row.end_s, brand_name=row.brand_name)
    else:
        exactly = Q(subject=subject)
    return Decision.objects.filter(exactly).select_related("made_by", "undone_by").order_by("-pk")[:_MOST_HISTORY]
