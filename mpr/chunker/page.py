"""What the page of an asset says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from mpr.assets.models import MediaAsset, Timeline
from mpr.assets.playback import Playback, playback_of_asset
from mpr.assets.prepared import MediaChunk, WorkState
from mpr.jobs.models import Job
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_JOBS_SHOWN = 5
_CONTAINERS = {
    "mov,mp4,m4a,3gp,3g2,mj2": "MP4 or QuickTime",
    "matroska,webm": "Matroska or WebM",
    "mpegts": "MPEG transport stream",
    "mpeg": "MPEG program stream",
    "avi": "AVI",
    "mxf": "MXF",
    "flv": "Flash Video",
    "asf": "Windows Media",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A stretch of the asset that a timeline plays."""

    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class TimelineLine:
    """A timeline, what of the asset it plays in which order, and its newest jobs."""

    timeline: Timeline
    is_whole: bool
    parts: tuple[Part, ...]
    jobs: tuple[Job, ...]
    more_jobs: int


@dataclass(frozen=True, kw_only=True)
class ChunkLine:
    """A chunk, and how many timelines play it."""

    chunk: MediaChunk
    timelines: int


@dataclass(frozen=True, kw_only=True)
class ChunkTable:
    lines: tuple[ChunkLine, ...]
    deleted: tuple[MediaChunk, ...]
    open: int
    share: float

    @property
    def done(self) -> int:
        return sum(line.chunk.state == WorkState.DONE for line in self.lines)


def context_of(asset: MediaAsset, user: User | AnonymousUser) -> dict[str, Any]:
    """All that the page shows."""
    playback: Playback = playback_of_asset(asset)
    return {
        "asset": asset,
        "playback": playback,
        "properties": asset.properties,
        "container": _CONTAINERS.get(asset.properties.get("container", ""), asset.properties.get("container", "")),
        "timelines": timelines_of(asset),
        "table": chunk_table(asset),
        "may_edit": asset.workspace.allows(user, Role.ANALYST),
    }


def timelines_of(asset: MediaAsset) -> list[TimelineLine]:
    """The whole asset first, then the newest."""
    chunks = {chunk.key: chunk for chunk in asset.chunks.all()}
    rows: QuerySet[Timeline] = asset.timelines.prefetch_related("jobs").order_by("-created_at")
    lines = []
    for timeline in rows:
        jobs = sorted(timeline.jobs.all(), key=lambda job: job.created_at, reverse=True)
        whole = timeline.chunk_paths == [asset.file_path]
        known = [chunks[key] for key in timeline.chunk_paths if key in chunks]
        lines.append(
            TimelineLine(
                timeline=timeline,
                is_whole=whole,
                parts=tuple(Part(start_s=chunk.start_s, end_s=chunk.end_s) for chunk in known),
                jobs=tuple(jobs[:_JOBS_SHOWN]),
                more_jobs=max(0, len(jobs) - _JOBS_SHOWN),
            )
        )
    return sorted(lines, key=lambda line: not line.is_whole)


def chunk_table(asset: MediaAsset) -> ChunkTable:
    """The chunks of an asset, in the order of time, and those that were deleted and can still be had back."""
    used: dict[str, int] = {}
    for paths in asset.timelines.values_list("chunk_paths", flat=True):
        for key in paths:
            used[key] = used.get(key, 0) + 1
    rows = list(asset.chunks.all())
    kept = [row for row in rows if row.deleted_at is None]
    under_way = [row for row in kept if row.is_open]
    return ChunkTable(
        lines=tuple(ChunkLine(chunk=row, timelines=used.get(row.key, 0)) for row in kept),
        deleted=tuple(row for row in rows if row.deleted_at is not None),
        open=len(under_way),
        share=sum(row.progress for row in under_way) / len(under_way) if under_way else 1.0,
    )
