"""The pictures that go with a question: the place itself, and the place in its surroundings."""

from __future__ import annotations

import cv2
import numpy as np

from detection.records import Crop, Quad
from mpr.pipeline.frames import Image, decode_jpeg, encode_jpeg

_QUALITY = 90
# Small cut-outs are enlarged to this height, large ones reduced to this longer side: enough to read, cheap to send.
_CROP_HEIGHT_PX = 96
_LONGEST_PX = 768
# The surroundings reach this many times the place's own size to each side, and at least so far.
_REACH = 1.0
_LEAST_REACH_PX = 80
_LINE_BGR = (0, 255, 255)


def crop_picture(crop: Crop) -> bytes:
    """The upright cut-out, enlarged if it is small."""
    image = decode_jpeg(crop.jpeg)
    return encode_jpeg(_fitted(image, max(1.0, _CROP_HEIGHT_PX / image.shape[0])), quality=_QUALITY)


def context_picture(frame: Image, quad: Quad) -> bytes:
    """The place with its surroundings, framed by a yellow line."""
    height, width = frame.shape[:2]
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    reach_x = max(_LEAST_REACH_PX, _REACH * (max(xs) - min(xs)))
    reach_y = max(_LEAST_REACH_PX, _REACH * (max(ys) - min(ys)))
    left, right = int(max(0, min(xs) - reach_x)), int(min(width, max(xs) + reach_x + 1))
    top, bottom = int(max(0, min(ys) - reach_y)), int(min(height, max(ys) + reach_y + 1))
    cut = frame[top:bottom, left:right].copy()
    corners = np.round(np.array(quad) - (left, top)).astype(np.int32)
    cv2.polylines(cut, [corners], isClosed=True, color=_LINE_BGR, thickness=2)
    return encode_jpeg(_fitted(cut, 1.0), quality=_QUALITY)


def _fitted(image: Image, scale: float) -> Image:
    scale = min(scale, _LONGEST_PX / max(image.shape[:2]))
    if scale == 1.0:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8)
