"""Drawn frames with signs, and an embedder that sees shapes plainly: what tests of the logo stages share."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from detection.logos.crops import squashed
from detection.logos.embedding import DIMENSIONS, Embedded
from detection.sample.icons import draw_icon
from mpr.pipeline.frames import Image

WIDTH_PX, HEIGHT_PX, SIGN_PX = 640, 360, 90
INK = (150, 40, 30)


class PlainEmbedder:
    """The grey thumbnail of a crop, without its mean: pictures of one shape lie close, whatever weights are shipped. It
    counts what it is given. What has no contrast is no mark."""

    def __init__(self) -> None:
        self.seen = 0

    def embed(self, crops: Sequence[Image]) -> Embedded:
        self.seen += len(crops)
        vectors = np.zeros((len(crops), DIMENSIONS), np.float32)
        marks = np.zeros(len(crops), np.float32)
        for row, crop in enumerate(crops):
            grey = cv2.cvtColor(squashed(crop, 64), cv2.COLOR_BGR2GRAY)
            small = cv2.resize(grey, (8, 16), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
            small -= small.mean()
            length = float(np.linalg.norm(small))
            marks[row] = length / (length + 300)
            vectors[row] = small / length if length > 0 else 1 / np.sqrt(DIMENSIONS)
        return Embedded(vectors=vectors, marks=marks)


def lawn() -> Image:
    return np.full((HEIGHT_PX, WIDTH_PX, 3), (60, 140, 60), np.uint8)


def with_sign(picture: Image, sign: str, left_px: int, top_px: int = 120) -> Image:
    """The picture with a white plate and a sign on it, whose corner is there."""
    edge = 24
    cv2.rectangle(
        picture, (left_px - edge, top_px - edge), (left_px + SIGN_PX + edge, top_px + SIGN_PX + edge), (235,) * 3, -1
    )
    cover = cv2.resize(draw_icon(sign, 400), (SIGN_PX, SIGN_PX), interpolation=cv2.INTER_AREA)[..., None] / 255
    part = picture[top_px : top_px + SIGN_PX, left_px : left_px + SIGN_PX]
    part[:] = np.round(part * (1 - cover) + np.array(INK) * cover)
    return picture


def exemplar_png(sign: str) -> bytes:
    """A sign on clear ground."""
    cover = draw_icon(sign, 200)
    picture = np.dstack([np.full((200, 200, 3), INK, np.uint8), cover])
    return bytes(cv2.imencode(".png", picture)[1])
