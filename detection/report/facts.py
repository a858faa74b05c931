"""What a report file says of its video and its job, beside the report itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """The footage; `duration_s` is that of the analysed timeline."""

    filename: str
    sha256: str
    duration_s: float
    fps: float
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class StageFact:
    """How a stage of the job ended; `reason` says why it was skipped."""

    name: str
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """The job; `config_hash` is the digest of its whole plan, `configs` the plan's configs by stage."""

    job_id: str
    profile: str
    config_hash: str
    started_at: datetime | None
    finished_at: datetime | None
    video: VideoFacts
    stages: tuple[StageFact, ...] = ()
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
