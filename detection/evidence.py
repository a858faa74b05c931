"""The picture that proves a sighting: its frame, with the outline drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import cv2
import msgspec
import numpy as np

from detection.records import Evidence, Point
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of
from mpr.pipeline.frames import Frame, Image, encode_jpeg

_CROP_ASPECT = 16 / 9
_CROP_WIDTH_PX = 480
_QUALITY = 85
# Amber on a dark rim is seen on grass, skin and white boards alike.
_LINE_BGR, _RIM_BGR = (50, 190, 255), (20, 20, 20)


class View(StrEnum):
    """The surroundings of the outline, or the whole frame."""

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
    return encode_jpeg(draw(frames_of(job).read(frame), polygon, view), quality=_QUALITY)


def draw(image: Image, polygon: Sequence[Point], view: View) -> Image:
    """The frame or the part around the polygon (normalised to 0..1), with the polygon outlined."""
    height, width = image.shape[:2]
    corners = np.asarray(polygon, np.float64).reshape(-1, 2) * (width, height)
    if view is View.CROP and len(corners):
        left, top, right, bottom = _window(corners, width, height)
        image = image[top:bottom, left:right]
        corners = corners - (left, top)
        scale = _CROP_WIDTH_PX / (right - left)
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)
        corners = corners * scale
    picture = np.array(image)
    if len(corners) > 1:
        points = [np.round(corners).astype(np.int32)]
        thick = max(2, round(picture.shape[1] / 400))
        cv2.polylines(picture, points, True, _RIM_BGR, thick + 2, cv2.LINE_AA)
        cv2.polylines(picture, points, True, _LINE_BGR, thick, cv2.LINE_AA)
    return picture


def _window(corners: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    """A 16:9 window around the corners with room on all sides, moved into the frame: left, top, right, bottom."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    wanted = max((high[0] - low[0]) * 1.6, (high[1] - low[1]) * 2.2 * _CROP_ASPECT, width * 0.2)
    across = min(float(width), wanted, height * _CROP_ASPECT)
    down = min(float(height), across / _CROP_ASPECT)
    centre = (low + high) / 2
    left = min(max(0.0, centre[0] - across / 2), width - across)
    top = min(max(0.0, centre[1] - down / 2), height - down)
    return int(left), int(top), int(left + across), int(top + down)
