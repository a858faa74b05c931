"""What backends return."""

from __future__ import annotations

from dataclasses import dataclass

from detection.records import Quad


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something in a picture: its outline in that picture's pixels, what it is, and how sure the model is (0 to 1)."""

    quad: Quad
    label: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Text of one crop with the mean confidence of its characters, 0 to 1; the text may be empty."""

    text: str
    score: float
