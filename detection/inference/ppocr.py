"""PP-OCR on ONNX Runtime, with the weights that the rapidocr package brings along.

Detection is a differentiable-binarization network (Liao et al., "Real-time Scene Text Detection with Differentiable
Binarization", AAAI 2020), recognition a CTC network (PP-OCR, Du et al. 2020; https://github.com/PaddlePaddle/PaddleOCR).

rapidocr is imported where it is loaded: that takes a second, and a process that only plans work needs none of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.inference.findings import Found, Reading
from detection.inference.sessions import Device, uses_cuda
from detection.inference.weights import bundled_weights
from detection.quads import quad_of, sides
from mpr.pipeline.frames import Image

DETECTION_WEIGHTS = "PP-OCRv6_det_small.onnx"
READING_WEIGHTS = "PP-OCRv6_rec_small.onnx"

# The network halves the picture five times.
_STEP_PX = 32
_READ_HEIGHT_PX = 48
# Padding to few widths makes large batches; short words read better with some room behind them.
_READ_STEP_PX = 32
_READ_LEAST_PX = 160


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

    def __init__(self, infer: Callable[[NDArray[np.float32]], NDArray[np.float32]], boxes: Callable[..., Any]) -> None:
        self._infer = infer
        self._boxes = boxes

    def find(self, image: Image, search: TextSearch) -> list[Found]:
        """Text boxes of a BGR picture of any size, as tight rectangles turned with their text."""
        height, width = image.shape[:2]
        work_width, work_height = working_size(width, height, search)
        probabilities = self._infer(_blob(image, work_width, work_height))
        boxes, scores = self._boxes(
            thresh=0.3,
            box_thresh=search.threshold,
            unclip_ratio=search.unclip_ratio,
            use_dilation=True,
        )(probabilities, (height, width))
        found = []
        for corners, score in zip(boxes, scores, strict=True):
            quad = quad_of(corners)
            if min(sides(quad)) >= search.min_height_px:
                found.append(Found(quad=quad, label="text", score=round(float(score), 4)))
        return found


class TextReader:
    """Reads upright crops of single lines of text."""

    def __init__(self, infer: Callable[[NDArray[np.float32]], NDArray[np.float32]], decode: Callable[..., Any]) -> None:
        self._infer = infer
        self._decode = decode

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
        lines, _ = self._decode(self._infer(batch))
        return [Reading(text=text.strip(), score=round(float(score), 4)) for text, score in lines]


def load_text_detector(threads: int, device: Device) -> TextDetector:
    """The text detector. Raises MprError when its weights are missing."""
    from rapidocr.ch_ppocr_det import TextDetector as Vendor
    from rapidocr.ch_ppocr_det.utils import DBPostProcess

    vendor = Vendor(_config("Det", DETECTION_WEIGHTS, threads=threads, device=device))
    return TextDetector(vendor.session, DBPostProcess)


def load_text_reader(threads: int, device: Device) -> TextReader:
    """The text reader. Raises MprError when its weights are missing."""
    from rapidocr.ch_ppocr_rec import TextRecognizer as Vendor

    vendor = Vendor(_config("Rec", READING_WEIGHTS, threads=threads, device=device))
    return TextReader(vendor.session, vendor.postprocess_op)


def working_size(width: int, height: int, search: TextSearch) -> tuple[int, int]:
    """Width and height at which a picture of this size goes through the network."""
    short, long = min(width, height), max(width, height)
    scale = max(1.0, search.limit_side_px / short) if search.limit_type == "min" else search.limit_side_px / long
    if search.limit_type == "max":
        scale = min(1.0, scale)
    scale = min(scale, search.max_side_px / long)
    return _stepped(width * scale), _stepped(height * scale)


def reading_width(width: int, height: int) -> int:
    """Width of a crop of this shape at reading height, rounded up to whole steps."""
    wanted = -(-width * _READ_HEIGHT_PX // height)
    return max(_READ_LEAST_PX, -(-wanted // _READ_STEP_PX) * _READ_STEP_PX)


def _stepped(length: float) -> int:
    return max(_STEP_PX, round(length / _STEP_PX) * _STEP_PX)


def _blob(image: Image, width: int, height: int) -> NDArray[np.float32]:
    """(1, 3, height, width) in −1..1."""
    resized = cv2.resize(image, (width, height))
    return cast("NDArray[np.float32]", cv2.dnn.blobFromImage(resized, 1 / 127.5, mean=(127.5, 127.5, 127.5)))


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


def _config(section: str, weights: str, *, threads: int, device: Device) -> Any:
    from rapidocr.utils.parse_parameters import ParseParams

    path = bundled_weights("rapidocr", weights)
    # The library turns its logger up when it is imported; an empty frame is no reason for a warning.
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    spec = find_spec("rapidocr")
    whole = ParseParams.load(Path(str(spec and spec.origin)).parent / "config.yaml")
    engine = whole.EngineConfig.onnxruntime
    engine.intra_op_num_threads = threads
    engine.inter_op_num_threads = 1
    engine.enable_cpu_mem_arena = True
    engine.use_cuda = uses_cuda(device)
    config = whole[section]
    config.engine_cfg = engine
    config.model_path = str(path)
    config.font_path = None
    return config
