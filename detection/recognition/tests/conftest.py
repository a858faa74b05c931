"""Looks, claims and verdicts placed by hand: frames of 1000 × 1000 px, half a second apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from detection.logos.gallery import Candidate, Exemplar
from detection.quads import rectangle
from detection.recognition.claims import Claim
from detection.recognition.looked import Look, looks
from detection.records import KeptFrame, Quad
from mpr.pipeline.frames import Frame

STEP_S = 0.5


def kept(seq: int, shot: int = 0) -> KeptFrame:
    frame = Frame(seq=seq, pts_s=seq * STEP_S, width_px=1000, height_px=1000, pack="a", offset=seq, size=1)
    return KeptFrame(frame=frame, shot=shot, start_s=seq * STEP_S, end_s=(seq + 1) * STEP_S)


def square(x: float, y: float = 100.0, side: float = 50.0) -> Quad:
    """A square with its top left corner there."""
    return rectangle(x, y, x + side, y + side)


Make = Callable[..., Claim]


@pytest.fixture
def claim() -> Make:
    """`claim(3, 100.0, score=0.7)`: in frame 3, at x = 100. Frames 0 to 9 are of one shot, 10 to 19 of the next."""
    views = (np.zeros((8, 8, 3), np.uint8),)
    known: dict[int, Look] = looks([kept(seq, seq // 10) for seq in range(20)], range(20))

    def make(seq: int, x: float = 100.0, *, brand: str = "Zephyra", score: float = 0.7, **changes: Any) -> Claim:
        exemplar = Exemplar(brand=brand, number=0, aspect=1.0, views=views)
        values: dict[str, Any] = {
            "quad": square(x),
            "mark": 0.9,
            "sharpness": 800.0,
            "contrast": 0.2,
            "track": None,
            "candidate": Candidate(region=0, exemplar=exemplar, score=score, lead=0.0),
        }
        return Claim(look=known[seq], **(values | changes))

    return make
