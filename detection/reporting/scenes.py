"""The stored frame nearest to a moment: what there is to look at where no video plays."""

from __future__ import annotations

from math import isfinite
from typing import Any

import cv2

from detection.reporting.shown import stored_measured, stored_report
from mpr.errors import BadInput, NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of
from mpr.pipeline.frames import Frame, decode_jpeg, encode_jpeg

_QUALITY = 80


def nearest_frame(job: Job, t_s: float) -> Frame:
    """Of all stored frames, or where nothing measured is stored any more of those that prove an airing. Raises NotFound
    when there is none."""
    if not isfinite(t_s):
        raise BadInput("Give t_s in seconds.")
    try:
        kept = stored_measured(job).kept
    except NotFound:
        frames = [event.evidence.frame for brand in stored_report(job).brands for event in brand.events]
    else:
        frames = [kept.frames[int(abs(kept.pts_s - t_s).argmin())].frame] if len(kept.frames) else []
    if not frames:
        raise NotFound("This job keeps no frame.")
    return min(frames, key=lambda frame: abs(frame.pts_s - t_s))


def frame_picture(job: Job, frame: Frame, *, width_px: int | None = None) -> bytes:
    """JPEG of it, no wider than `width_px`. Raises NotFound when the frame cache is gone."""
    data = frames_of(job).jpeg(frame)
    if width_px is None or width_px >= frame.width_px:
        return data
    height_px = max(1, round(frame.height_px * width_px / frame.width_px))
    small: Any = cv2.resize(decode_jpeg(data), (width_px, height_px), interpolation=cv2.INTER_AREA)
    return encode_jpeg(small, quality=_QUALITY)
