"""The picture that proves a sighting: its frame, with the outline drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np

from detection.records import Evidence, Point
from detection.report.pictures import frame_jpeg
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of
from mpr.pipeline.frames import Frame, Image

_ASPECT = 16 / 9
_CROP_WIDTH_PX, _FRAME_WIDTH_PX = 480, 1920
_QUALITY = 85


class View(StrEnum):
    """What surrounds the outline, or the whole frame."""

    CROP = "crop"
    FRAME = "frame"


def parse_evidence(stored: dict[str, Any]) -> Evidence:
    """The evidence of an airing row. Raises NotFound when it holds none that can be shown."""
    try:
        return msgspec.convert(stored, Evidence)
    except msgspec.ValidationError as error:
        raise NotFound("This airing has no evidence frame.") from error


def evidence_jpeg(job: Job, frame: Frame, polygon: Sequence[Point], view: View) -> bytes:
    """JPEG of a cached frame with the normalised polygon outlined. Raises NotFound when the frame cache is gone."""
    image = frames_of(job).read(frame)
    if view is View.FRAME or not polygon:
        return frame_jpeg(image, polygon, width_px=_FRAME_WIDTH_PX, quality=_QUALITY)
    part, inside = around(image, polygon)
    return frame_jpeg(part, inside, width_px=_CROP_WIDTH_PX, quality=_QUALITY)


def around(image: Image, polygon: Sequence[Point]) -> tuple[Image, list[Point]]:
    """A 16:9 window of the frame with room around the polygon, and the polygon normalised to that window."""
    height, width = image.shape[:2]
    corners = np.asarray(polygon, np.float64) * (width, height)
    low, high = corners.min(axis=0), corners.max(axis=0)
    wanted = max((high[0] - low[0]) * 1.6, (high[1] - low[1]) * 2.2 * _ASPECT, width * 0.2)
    across = int(min(width, wanted, height * _ASPECT))
    down = int(min(height, across / _ASPECT))
    left, top = ((low + high) / 2 - (across / 2, down / 2)).clip(0, (width - across, height - down)).astype(int)
    inside = (corners - (left, top)) / (across, down)
    return image[top : top + down, left : left + across], [(float(x), float(y)) for x, y in inside]
