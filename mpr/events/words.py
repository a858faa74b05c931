"""What an event says to a person: a sentence, and how much it matters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import models
from django.db.models import Q

from mpr.events.models import JobEvent
from mpr.web.format import stage_title


class Level(models.TextChoices):
    """How much an event matters, from little to much."""

    DETAIL = "detail", "Detail"
    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    ERROR = "error", "Error"


_JOB_ID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_BY_TYPE = {
    Level.DETAIL: ("shard.done", "checkpoint"),
    Level.WARNING: ("shard.retry", "shard.lost"),
    Level.ERROR: ("job.failed", "stage.failed"),
}
_BY_LOGGED = {"debug": Level.DETAIL, "warning": Level.WARNING, "error": Level.ERROR}


def level_of(event: JobEvent) -> Level:
    if event.type == "log":
        return _BY_LOGGED.get(str(event.payload.get("level", "")).lower(), Level.INFO)
    return next((level for level, types in _BY_TYPE.items() if event.type in types), Level.INFO)


def at_least(level: Level) -> Q:
    """The events that matter at least so much."""
    if level == Level.DETAIL:
        return Q()
    if level == Level.INFO:
        return ~_is_of(Level.DETAIL)
    return _is_of(Level.ERROR) if level == Level.ERROR else _is_of(Level.ERROR) | _is_of(Level.WARNING)


def _is_of(level: Level) -> Q:
    logged = [name for name, kind in _BY_LOGGED.items() if kind == level]
    return Q(type__in=_BY_TYPE[level]) | Q(type="log", payload__level__in=logged)


def sentence(event: JobEvent) -> str:
    """The event in words; one of a kind that is not known here is shown as it is."""
    say = _WORDS.get(event.type)
    if say is None:
        return f"{event.type} {event.payload or ''}".strip()
    return say(event.payload)


def _created(told: Mapping[str, Any]) -> str:
    if "parent" in told:
        return f"Made to run an earlier job again from {stage_title(told.get('from_stage', ''))} on."
    return f"Made from profile {told.get('profile', '')} v{told.get('version', '')}."


def _planned(told: Mapping[str, Any]) -> str:
    shards = told.get("shards", 0)
    again = f", attempt {told['attempt']}" if told.get("attempt", 1) > 1 else ""
    return f"Planned: {shards} shard{'s' * (shards != 1)}{again}."


def _retry(told: Mapping[str, Any]) -> str:
    shard, attempt = told.get("shard"), told.get("attempt")
    return f"Shard {shard} is tried again in {told.get('wait_s')} s, after attempt {attempt}: {told.get('reason', '')}"


def _lost(told: Mapping[str, Any]) -> str:
    worker = told.get("worker") or "A worker"
    return f"{worker} was lost with shard {told.get('shard', '')}; another worker takes it."


def _reused(told: Mapping[str, Any]) -> str:
    """A job is named by the beginning of its id, as on the command line."""
    return f"Reused. {_JOB_ID.sub(lambda found: found.group()[:8], told.get('reason', ''))}".strip()


def _replayed(told: Mapping[str, Any]) -> str:
    stale = ", ".join(map(stage_title, told.get("stale") or ()))
    return (
        f"{stage_title(told.get('stage', ''))} is run again.{f' To be brought up to date: {stale}.' if stale else ''}"
    )


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "job.created": _created,
    "job.running": lambda told: "The job runs.",
    "job.paused": lambda told: "The job is paused.",
    "job.completed": lambda told: "The job is completed.",
    "job.failed": lambda told: f"The job failed. {told.get('reason', '')}".strip(),
    "job.cancelled": lambda told: "The job was stopped.",
    "job.cleared": lambda told: "Its outputs were cleared.",
    "job.pause_after": lambda told: f"To pause after {stage_title(told.get('stage', ''))}.",
    "job.replay_stage": _replayed,
    "stage.pending": _planned,
    "stage.running": lambda told: "Started.",
    "stage.done": lambda told: "Done.",
    "stage.reused": _reused,
    "stage.skipped": lambda told: f"Skipped. {told.get('reason', '')}".strip(),
    "stage.failed": lambda told: f"Failed. {told.get('reason', '')}".strip(),
    "stage.cancelled": lambda told: "Stopped.",
    "shard.done": lambda told: f"Shard {told.get('shard')} is done: {told.get('done')} of {told.get('of')}.",
    "shard.retry": _retry,
    "shard.lost": _lost,
    "checkpoint": lambda told: "Checkpoint kept.",
    "log": lambda told: str(told.get("message", "")),
}
TYPES = tuple(_WORDS)
