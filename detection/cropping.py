"""“Add this crop”: an exemplar cut out of a frame of a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from brands.exemplars import add_exemplar
from brands.models import Brand, Exemplar
from detection.quads import quad_of, sides
from detection.records import KeptFrame, Point, Scenes
from detection.zoom import rectified
from mpr.errors import BadInput, NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of, read_output
from mpr.pipeline.frames import Image

_MOST_POINTS = 100
_LEAST_PX = 8.0


def add_crop(
    brand: Brand, job: Job, *, time_s: float, polygon: Sequence[Point], note: str = ""
) -> tuple[Exemplar, bool]:
    """Give a brand what a polygon holds of the job's frame at a moment; says whether it is new.

    `polygon` is in shares of the frame's width and height. Four points, clockwise from the top left as the logo reads,
    are set upright; of any other polygon the surroundings become transparent. Raises BadInput for a polygon that cuts
    out nothing, NotFound for a moment without a frame or a frame that is no longer cached.
    """
    corners = _checked(polygon)
    kept = frame_at(read_output(job, "filter_scenes")[0], time_s)
    image = frames_of(job).read(kept.frame)
    picture = cut_out(image, corners * (kept.frame.width_px, kept.frame.height_px))
    footage = job.timeline.source_asset.filename
    return add_exemplar(
        brand,
        bytes(cv2.imencode(".png", picture)[1]),
        called="The crop",
        note=note or f"cut from {footage} at {kept.frame.pts_s:.2f} s",
    )


def frame_at(scenes: Scenes, time_s: float) -> KeptFrame:
    """The kept frame that stands for a moment. Raises NotFound with the nearest one."""
    if not scenes.frames:
        raise NotFound("This job kept no frame; its footage shows none.")
    for kept in scenes.frames:
        if kept.start_s <= time_s < kept.end_s:
            return kept
    nearest = min(scenes.frames, key=lambda kept: abs(kept.frame.pts_s - time_s))
    raise NotFound(f"This job has no frame at {time_s:.3f} s; the nearest is at {nearest.frame.pts_s:.3f} s.")


def cut_out(image: Image, corners: Any) -> Image:
    """What a polygon (n, 2), in pixels, holds of a BGR picture: of four corners the upright picture, of others BGRA.
    Raises BadInput when that is too small."""
    if len(corners) == 4:
        quad = quad_of(corners)
        width, height = sides(quad)
        _check_size(width, height)
        return rectified(image, quad, width_px=round(width), height_px=round(height))[0]
    left, top = np.floor(corners.min(axis=0)).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int)
    _check_size(right - left, bottom - top)
    cover = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(cover, [np.round(corners - (left, top)).astype(np.int32)], 255)
    return np.dstack([image[top:bottom, left:right], cover])


def _checked(polygon: Sequence[Point]) -> Any:
    points = np.asarray(polygon, np.float64).reshape(-1, 2)
    if not 3 <= len(points) <= _MOST_POINTS or not np.isfinite(points).all():
        raise BadInput(f"A polygon needs 3 to {_MOST_POINTS} points of numbers; four corners are the best.")
    if points.min() < 0 or points.max() > 1:
        raise BadInput("The polygon leaves the frame; give its points as shares of width and height, 0 to 1.")
    return points


def _check_size(width_px: float, height_px: float) -> None:
    if min(width_px, height_px) < _LEAST_PX:
        raise BadInput(
            f"The polygon is {width_px:.0f} × {height_px:.0f} pixels large; take one of at least {_LEAST_PX:.0f} × "
            f"{_LEAST_PX:.0f}."
        )
