"""Frames of the drawn sample broadcast, cached as the product caches them, in shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from detection.records import KeptFrame, Scenes, Shot
from detection.sample import draw_broadcast
from mpr.pipeline.blobs import Folder
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, encode_jpeg

FPS = 2.0
_QUALITY = 90


@dataclass(frozen=True, kw_only=True)
class Footage:
    """The kept frames of each shard. Every context reads and decodes for itself, as another worker would."""

    spans: list[Span]
    scenes: list[Scenes]
    blobs: Folder

    @property
    def frames(self) -> int:
        return sum(len(scenes.frames) for scenes in self.scenes)

    def context(self, shard: int) -> Context:
        return Context(span=self.spans[shard], blobs=self.blobs, media=self.blobs, prefix=f"shard{shard}")


def draw(folder: Path, *, duration_s: float, shards: int) -> Footage:
    """720p, so many frames a second, cut into shards of one length."""
    sample = draw_broadcast(folder / "sample", duration_s=duration_s)
    blobs = Folder(folder / "blobs")
    length_s = duration_s / shards
    spans = [Span(number=n, start_s=n * length_s, end_s=(n + 1) * length_s) for n in range(shards)]
    scenes = []
    for span in spans:
        scenes.append(_cached(sample.video, span, blobs))
    return Footage(spans=spans, scenes=scenes, blobs=blobs)


def _cached(video: Path, span: Span, blobs: Folder) -> Scenes:
    pack, data, kept = f"frames/{span.number:05d}", b"", []
    for time_s, picture in _sampled(video, span):
        jpeg = encode_jpeg(picture, quality=_QUALITY)
        height, width = picture.shape[:2]
        frame = Frame(
            seq=round(time_s * 1000), pts_s=time_s, width_px=width, height_px=height, pack=pack, offset=len(data),
            size=len(jpeg),
        )  # fmt: skip
        kept.append(KeptFrame(frame=frame, shot=0, start_s=time_s, end_s=time_s + 1 / FPS))
        data += jpeg
    blobs.write(pack, data)
    return Scenes(shots=[Shot(number=0, start_s=span.start_s, end_s=span.end_s)], frames=kept, dropped=0)


def _sampled(video: Path, span: Span) -> Iterator[tuple[float, Any]]:
    """The pictures of a span, `FPS` a second."""
    next_s = span.start_s
    with av.open(str(video)) as file:
        for picture in file.decode(video=0):
            time_s = float(picture.time or 0.0)
            if time_s >= span.end_s:
                return
            if time_s >= next_s - 1e-6:
                yield next_s, picture.to_ndarray(format="bgr24")
                next_s += 1 / FPS
