"""What a camera sees that moves over a drawn world."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from detection.tracking.strip import Strip
from mpr.pipeline.frames import Frame

WIDTH, HEIGHT = 320, 180


def world(seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    coarse, fine = (
        cv2.resize(
            rng.integers(0, 255, (480 // step, 960 // step, 3), np.uint8), (960, 480), interpolation=cv2.INTER_CUBIC
        )
        for step in (48, 8)
    )
    return cv2.cvtColor(cv2.addWeighted(coarse, 0.6, fine, 0.4, 0), cv2.COLOR_BGR2GRAY)


def seen(picture: Any, *, x: float = 300, y: float = 150, zoom: float = 1.0, turn_deg: float = 0.0) -> Any:
    """What a camera sees whose picture begins at (x, y) of the world; zoom and turn are about the picture's middle."""
    look = cv2.getRotationMatrix2D((x + WIDTH / 2, y + HEIGHT / 2), turn_deg, zoom) - [[0, 0, x], [0, 0, y]]
    return cv2.warpAffine(picture, look, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def strip_of(pictures: list[Any], read: list[int] | None = None) -> Strip:
    frames = [
        Frame(seq=seq, pts_s=seq / 25, width_px=WIDTH, height_px=HEIGHT, pack="p", offset=seq, size=1)
        for seq in range(len(pictures))
    ]

    def pictures_of(wanted: Any) -> Any:
        for frame in wanted:
            if read is not None:
                read.append(frame.seq)
            yield pictures[frame.seq]

    return Strip(frames, pictures_of)
