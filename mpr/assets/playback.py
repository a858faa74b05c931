"""What a browser plays of an asset or a timeline, in clips that lie one behind the other in time.

A file that browsers can play is played itself. Of any other, copies are made by workers (mpr.assets.proxies). The
chunks of a timeline are stretches of its source, so they are played from that: one file, one cache.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from django.urls import reverse

from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.assets.prepared import Rendition, RenditionKind, WorkState
from mpr.assets.timelines import facts_of
from mpr.errors import NotFound

# Codecs that all current browsers play, by the container they play them in.
_MP4 = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "mov", "mp4"})
_WEBM = frozenset({"matroska,webm", "webm"})
_PICTURE = {"mp4": frozenset({"h264"}), "webm": frozenset({"vp8", "vp9", "av1"})}
_SOUND = {"mp4": frozenset({"", "aac", "mp3"}), "webm": frozenset({"", "opus", "vorbis"})}
_PIXELS = frozenset({"yuv420p", "yuvj420p", "nv12"})
# Players differ in what they make of a file that begins later than at 0.
_LATEST_START_S = 0.25
_MOST_WIDTH_PX = 4096
_WORDS = {
    "preparing": "Browsers cannot play this file as it is ({codec}), so a copy is being made that they can.",
    "missing": "Browsers cannot play this file as it is ({codec}). A copy that they can play has not been made yet.",
}


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A stretch of a file, played during [start_s, start_s + duration_s) of the asset or timeline. `media_start_s` is
    where it begins on the clock of the file at `address`; `fps` is how many frames it has a second."""

    address: str
    start_s: float
    duration_s: float
    media_start_s: float = 0.0
    fps: float = 25.0


@dataclass(frozen=True, kw_only=True)
class Playback:
    """What there is to play. `clips` may leave out what is still being prepared; `sentence` says why there is none, or
    not all. `share` is how much of it is prepared, 0 to 1."""

    asset: MediaAsset
    state: Literal["ready", "preparing", "missing", "failed", "none"]
    clips: tuple[Clip, ...] = ()
    duration_s: float = 0.0
    sentence: str = ""
    share: float = 1.0
    timeline: Timeline | None = None

    @property
    def address(self) -> str:
        """Where to ask again, and by POST to have a copy made."""
        of = f"?timeline={self.timeline.pk}" if self.timeline else ""
        return reverse("asset-player", args=[self.asset.pk]) + of

    @property
    def clips_json(self) -> str:
        """For the attribute data-clips of the player."""
        return json.dumps([asdict(clip) for clip in self.clips])


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """Seconds [start_s, end_s) of the asset lie in the file at `address`, from `media_start_s` of its clock on."""

    address: str
    start_s: float
    end_s: float
    media_start_s: float


def clips(timeline: Timeline) -> tuple[Clip, ...]:
    """What can be played of a timeline, in its own time; empty while browsers cannot play it."""
    return playback_of(timeline).clips


def clips_of_asset(asset: MediaAsset) -> tuple[Clip, ...]:
    """What can be played of an asset, in its own time; empty while browsers cannot play it."""
    return playback_of_asset(asset).clips


def playback_of(timeline: Timeline) -> Playback:
    """What can be played of a timeline. Raises NotFound when it is made of files that are not its asset's."""
    asset = timeline.source_asset
    starts = dict(asset.chunks.filter(key__in=timeline.chunk_paths).values_list("key", "start_s"))
    stretches = []
    for chunk in facts_of(timeline).chunks:
        source_s = 0.0 if chunk.key == asset.file_path else starts.get(chunk.key)
        if source_s is None:
            raise NotFound(f"A chunk of this timeline ({chunk.key}) is no longer known; make the timeline anew.")
        stretches.append((chunk.start_s, source_s, chunk.duration_s))
    return replace(_playback(asset, stretches, timeline.duration_s), timeline=timeline)


def playback_of_asset(asset: MediaAsset) -> Playback:
    """What can be played of an asset."""
    duration_s = asset.duration_s or 0.0
    return _playback(asset, [(0.0, 0.0, duration_s)], duration_s)


def plays_itself(asset: MediaAsset) -> bool:
    """Whether browsers play the file as it is."""
    found = asset.properties
    container = found.get("container") or _container_by_name(asset.file_path)
    kind = "mp4" if container in _MP4 else "webm" if container in _WEBM and _is_webm(asset) else None
    return (
        kind is not None
        and asset.video_codec in _PICTURE[kind]
        and asset.audio_codec in _SOUND[kind]
        and (kind == "webm" or found.get("pixel_format", "yuv420p") in _PIXELS)
        and 0 <= found.get("start_time_s", 0.0) <= _LATEST_START_S
        and max(asset.width or 0, asset.height or 0) <= _MOST_WIDTH_PX
    )


def content_type(key: str) -> str:
    """What a video is served as. QuickTime files that we serve as they are hold nothing that MP4 could not."""
    return "video/webm" if key.endswith(".webm") else "video/mp4"


def _container_by_name(key: str) -> str:
    return {"mp4": "mp4", "m4v": "mp4", "mov": "mov", "webm": "webm"}.get(key.rpartition(".")[2], "")


def _is_webm(asset: MediaAsset) -> bool:
    return asset.file_path.endswith(".webm")


def _playback(asset: MediaAsset, stretches: Sequence[tuple[float, float, float]], duration_s: float) -> Playback:
    if asset.status != AssetStatus.READY:
        return Playback(asset=asset, state="none", sentence=asset.error_message or "The file is still being read.")
    if plays_itself(asset):
        address = reverse("asset-video", args=[asset.pk])
        start_s = asset.properties.get("start_time_s", 0.0)
        pieces = [_Piece(address=address, start_s=0.0, end_s=asset.duration_s or 0.0, media_start_s=start_s)]
        return Playback(
            asset=asset, state="ready", clips=_laid_out(pieces, stretches, asset.fps or 25.0), duration_s=duration_s
        )
    rows = list(asset.renditions.filter(kind=RenditionKind.PROXY).order_by("number"))
    pieces = [_piece(row) for row in rows if row.state == WorkState.DONE]
    state, sentence = _told(asset, rows)
    return Playback(
        asset=asset, state=state, clips=_laid_out(pieces, stretches, asset.fps or 25.0), duration_s=duration_s,
        sentence=sentence, share=sum(row.progress for row in rows) / len(rows) if rows else 0.0,
    )  # fmt: skip


def _piece(row: Rendition) -> _Piece:
    address = reverse("asset-proxy", args=[row.asset_id, row.number])
    return _Piece(address=address, start_s=row.start_s, end_s=row.end_s, media_start_s=0.0)


def _told(
    asset: MediaAsset, rows: Sequence[Rendition]
) -> tuple[Literal["ready", "preparing", "missing", "failed"], str]:
    failed = next((row for row in rows if row.state == WorkState.FAILED), None)
    if failed is not None:
        return "failed", failed.error_message
    codec = asset.video_codec or "unknown codec"
    if not rows:
        return "missing", _WORDS["missing"].format(codec=codec)
    if all(row.state == WorkState.DONE for row in rows):
        return "ready", ""
    return "preparing", _WORDS["preparing"].format(codec=codec)


def _laid_out(
    pieces: Sequence[_Piece], stretches: Sequence[tuple[float, float, float]], fps: float
) -> tuple[Clip, ...]:
    """Clips for stretches (from, in the source from, for how long), each of the pieces that it lies in."""
    found = []
    for start_s, source_s, length_s in stretches:
        for piece in pieces:
            begin_s, end_s = max(source_s, piece.start_s), min(source_s + length_s, piece.end_s)
            if end_s - begin_s > 1e-6:
                found.append(
                    Clip(
                        address=piece.address,
                        start_s=round(start_s + begin_s - source_s, 6),
                        duration_s=round(end_s - begin_s, 6),
                        media_start_s=round(piece.media_start_s + begin_s - piece.start_s, 6),
                        fps=fps,
                    )
                )
    return tuple(found)
