"""PP-OCR, with the weights that the rapidocr package brings along.

Detection is a differentiable-binarization network (Liao et al., "Real-time Scene Text Detection with Differentiable
Binarization", AAAI 2020), recognition a CTC network (PP-OCR, Du et al. 2020; https://github.com/PaddlePaddle/PaddleOCR).

Only the weights are rapidocr's: importing the package takes seconds, and what it does around the networks is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.inference.findings import Found, Reading
from detection.inference.networks import Engine, Network, Precision, open_network
from detection.inference.sessions import Device
from detection.inference.text_boxes import Map, text_boxes
from detection.inference.weights import bundled_weights
from detection.quads import quad_of, sides
from mpr.errors import MprError
from mpr.pipeline.frames import Image

DETECTION_WEIGHTS = "PP-OCRv6_det_small.onnx"
READING_WEIGHTS = "PP-OCRv6_rec_small.onnx"

# The network halves the picture five times.
_STEP_PX = 32
_READ_HEIGHT_PX = 48
# Room behind short words does not make them read better, but few widths are few sizes to prepare the network for.
_READ_STEP_PX = 32
_READ_LEAST_PX = 128
# What CTC says between two letters.
_BLANK = 0


@dataclass(frozen=True, kw_only=True)
class TextSearch:
    """How a frame is searched. The frame is enlarged until its short side has `limit_side_px` ("min") or shrunk until
    its long side has ("max"), and never larger than `max_side_px`. `threshold` is the least mean text probability of a
    box, `unclip_ratio` how far it grows around its text core, `min_height_px` the least height in frame pixels."""

    limit_side_px: int
    limit_type: Literal["min", "max"]
    max_side_px: int
    threshold: float
    unclip_ratio: float
    min_height_px: float


class TextDetector:
    """Finds lines of text in a picture."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def probabilities(self, image: Image) -> Map:
        """How likely each pixel of a BGR picture is text, as large as the picture, whose sides are multiples of 32. It
        is only good until this thread's next call."""
        blob = cv2.dnn.blobFromImage(image, 1 / 127.5, mean=(127.5, 127.5, 127.5))
        return cast(Map, self._network.run(cast(Map, blob))[0, 0])

    def find(self, image: Image, search: TextSearch) -> list[Found]:
        """Text boxes of a BGR picture of any size, as tight rectangles turned with their text."""
        height, width = image.shape[:2]
        size = working_size(width, height, search)
        probabilities = self.probabilities(cast(Image, cv2.resize(image, size)))
        to_frame = np.array([width / size[0], height / size[1]], np.float32)
        found = []
        for box in text_boxes(probabilities, threshold=search.threshold, unclip_ratio=search.unclip_ratio):
            one = found_text(box.corners * to_frame, box.score, width_px=width, height_px=height)
            if min(sides(one.quad)) >= search.min_height_px:
                found.append(one)
        return found


class TextReader:
    """Reads upright crops of single lines of text."""

    def __init__(self, network: Network, characters: Sequence[str]) -> None:
        self._network = network
        self._characters = characters

    def width_px(self, image: Image) -> int:
        """The width at which a crop is read. It depends on this crop alone, so what is read does not depend on which
        others are in its batch."""
        height, width = image.shape[:2]
        return reading_width(width, height)

    def read(self, images: Sequence[Image]) -> list[Reading]:
        """One reading per BGR crop; all crops must have the same `width_px`. The text may be empty."""
        if not images:
            return []
        batch = np.stack([_line(image, self.width_px(image)) for image in images])
        said = self._network.run(batch)
        return [self._reading(best, sure) for best, sure in zip(said.argmax(axis=2), said.max(axis=2), strict=True)]

    def _reading(self, best: NDArray[np.int64], sure: NDArray[np.float32]) -> Reading:
        """Greedy CTC (Graves et al. 2006): repeats are one letter, blanks none."""
        letter = best != _BLANK
        letter[1:] &= best[1:] != best[:-1]
        text = "".join(self._characters[place] for place in best[letter])
        return Reading(text=text.strip(), score=round(float(sure[letter].mean()), 4) if text else 0.0)


def load_text_detector(
    threads: int, device: Device, engine: Engine = "auto", precision: Precision = "auto", at_once: int = 1
) -> TextDetector:
    """The text detector, for `at_once` threads that look at the same time. Raises MprError when its weights are
    missing, BadConfig for an engine that cannot be had."""
    path = bundled_weights("rapidocr", DETECTION_WEIGHTS)
    return TextDetector(_network(path, threads, device, engine, precision, at_once))


def load_text_reader(
    threads: int, device: Device, engine: Engine = "auto", precision: Precision = "auto", at_once: int = 1
) -> TextReader:
    """The text reader, for `at_once` threads that read at the same time. Raises MprError when its weights are missing,
    BadConfig for an engine that cannot be had."""
    path = bundled_weights("rapidocr", READING_WEIGHTS)
    network = _network(path, threads, device, engine, precision, at_once)
    characters = network.note("character").splitlines()
    if not characters:
        raise MprError(f"The weights {READING_WEIGHTS} do not say which characters they read; reinstall rapidocr.")
    return TextReader(network, ["", *characters, " "])


def _network(path: Path, threads: int, device: Device, engine: Engine, precision: Precision, at_once: int) -> Network:
    return open_network(path, engine=engine, precision=precision, threads=threads, device=device, at_once=at_once)


def found_text(corners: NDArray[np.float32], score: float, *, width_px: int, height_px: int) -> Found:
    """A box as what was found in a frame of this size, which it does not leave."""
    within = np.clip(corners, 0, (width_px, height_px))
    return Found(quad=quad_of(within, digits=1), label="text", score=round(score, 4))


def working_size(width: int, height: int, search: TextSearch) -> tuple[int, int]:
    """Width and height at which a picture of this size goes through the network."""
    short, long = min(width, height), max(width, height)
    scale = max(1.0, search.limit_side_px / short) if search.limit_type == "min" else search.limit_side_px / long
    if search.limit_type == "max":
        scale = min(1.0, scale)
    scale = min(scale, search.max_side_px / long)
    return stepped(width * scale), stepped(height * scale)


def reading_width(width: int, height: int) -> int:
    """Width of a crop of this shape at reading height, rounded up to whole steps."""
    wanted = -(-width * _READ_HEIGHT_PX // height)
    return max(_READ_LEAST_PX, -(-wanted // _READ_STEP_PX) * _READ_STEP_PX)


def stepped(length: float) -> int:
    """The nearest side that the detector can have."""
    return max(_STEP_PX, round(length / _STEP_PX) * _STEP_PX)


def _line(image: Image, width: int) -> NDArray[np.float32]:
    """(3, 48, width) in −1..1, padded with zeros on the right."""
    at_height, at_width = image.shape[:2]
    text_width = min(width, max(1, -(-at_width * _READ_HEIGHT_PX // at_height)))
    resized = (
        cv2.resize(image, (text_width, _READ_HEIGHT_PX)) if image.shape[:2] != (_READ_HEIGHT_PX, text_width) else image
    )
    line = np.zeros((3, _READ_HEIGHT_PX, width), np.float32)
    line[:, :, :text_width] = resized.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0
    return line
