"""Object detection with YOLO weights: ONNX files through ONNX Runtime, `.pt` files through ultralytics."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.inference.coco import COCO_NAMES
from detection.inference.findings import Found
from detection.inference.sessions import ORT_ERRORS, Device, open_session
from detection.inference.weights import named_weights
from detection.inference.yolo_heads import Boxes, decode_end_to_end, decode_yolo, decode_yolox, grid_cells
from detection.quads import rectangle
from mpr.errors import BadConfig
from mpr.pipeline.frames import Image

Head = Literal["auto", "yolo", "yolox", "end_to_end"]

_GREY = 114


@dataclass(frozen=True, kw_only=True)
class ObjectSearch:
    """Objects below `confidence` are left out; of two of one class that overlap by more than `max_overlap` (IoU) the
    surer one stays; `classes` names the only ones wanted, empty is all."""

    confidence: float
    max_overlap: float
    classes: tuple[str, ...]


class ObjectDetector(Protocol):
    """Finds objects in a picture."""

    def find(self, image: Image, search: ObjectSearch) -> list[Found]:
        """Upright boxes of a BGR picture of any size, surest first. Raises BadConfig for a class it does not know."""


def load_object_detector(
    weights: str, head: Head, names: tuple[str, ...], input_px: int, threads: int, device: Device
) -> ObjectDetector:
    """The detector for a weights file in the models folder. `names` are its classes where the file does not say them,
    `input_px` the side of its input where the file leaves it open. Raises BadConfig."""
    path = named_weights(weights, setting="yolo_weights")
    if path.suffix == ".pt":
        # Imported here: it comes with the torch extra, and importing torch takes seconds.
        from detection.inference.ultralytics_detector import UltralyticsDetector

        return UltralyticsDetector(path, input_px=input_px, device=device)
    if path.suffix != ".onnx":
        raise BadConfig(f"“yolo_weights” names {weights}; a detector's weights end in .onnx or .pt.")
    return OnnxDetector(path, head=head, names=names, input_px=input_px, threads=threads, device=device)


class OnnxDetector:
    """A YOLOv8/11, YOLOX or end-to-end YOLO network in an ONNX file."""

    def __init__(
        self, path: Path, *, head: Head, names: tuple[str, ...], input_px: int, threads: int, device: Device
    ) -> None:
        self._name = path.name
        self._session = open_session(path, threads=threads, device=device)
        entry = self._session.get_inputs()[0]
        self._entry = entry.name
        self._half = entry.type == "tensor(float16)"
        if len(entry.shape) != 4:
            raise BadConfig(f"{path.name} does not take pictures; give the weights of a YOLO detector.")
        self._height, self._width = (side if isinstance(side, int) else input_px for side in entry.shape[2:])
        # One empty picture tells the layout, also where the file leaves its shapes open.
        try:
            shape = self._infer(np.zeros((1, 3, self._height, self._width), np.float32)).shape
        except ORT_ERRORS as error:
            raise BadConfig(f"{path.name} cannot be run on one picture; export it with a batch of 1.") from error
        self._head = head if head != "auto" else self._recognise(shape)
        self._names = self._class_names(shape, names)

    def find(self, image: Image, search: ObjectSearch) -> list[Found]:
        wanted = wanted_classes(search.classes, self._names, self._name)
        scale, left, top = self._letterbox(image.shape[1], image.shape[0])
        boxes = self._decode(self._infer(self._blob(image, scale, left, top)))
        corners = (boxes.corners - (left, top, left, top)) / scale
        height, width = image.shape[:2]
        corners = np.clip(corners, 0, (width, height, width, height))
        return [
            Found(
                quad=rectangle(*(round(float(value), 2) for value in corners[i])),
                label=self._names[int(boxes.classes[i])],
                score=round(float(boxes.scores[i]), 4),
            )
            for i in surest(boxes, search, wanted)
            if corners[i][2] > corners[i][0] and corners[i][3] > corners[i][1]
        ]

    def _recognise(self, shape: tuple[int, ...]) -> Head:
        cells = grid_cells(self._height, self._width)
        if len(shape) == 3 and shape[1] == cells and shape[2] > 5:
            return "yolox"
        if len(shape) == 3 and shape[2] == cells and shape[1] > 4:
            return "yolo"
        if len(shape) == 3 and shape[2] == 6:
            return "end_to_end"
        raise BadConfig(
            f"The output {shape} of {self._name} is none of the known layouts (YOLOv8/11, YOLOX, end to end); "
            "export it again or set “yolo_head”."
        )

    def _class_names(self, shape: tuple[int, ...], given: tuple[str, ...]) -> tuple[str, ...]:
        written = self._session.get_modelmeta().custom_metadata_map.get("names", "")
        names = tuple(str(name) for _, name in sorted(ast.literal_eval(written).items())) if written else given
        if self._head == "end_to_end":
            return names or COCO_NAMES
        count = shape[2] - 5 if self._head == "yolox" else shape[1] - 4
        if not names and count == len(COCO_NAMES):
            return COCO_NAMES
        # A segmentation network has further columns behind its classes.
        if not names or len(names) > count or (self._head == "yolox" and len(names) != count):
            raise BadConfig(f"{self._name} has {count} classes; name them all in “yolo_names”.")
        return names

    def _letterbox(self, width: int, height: int) -> tuple[float, int, int]:
        """Scale into the network's input, and the padding on the left and at the top."""
        scale = min(self._width / width, self._height / height)
        if self._head == "yolox":
            return scale, 0, 0
        return (
            scale,
            round((self._width - round(width * scale)) / 2 - 0.1),
            round((self._height - round(height * scale)) / 2 - 0.1),
        )

    def _blob(self, image: Image, scale: float, left: int, top: int) -> NDArray[np.float32]:
        """(1, 3, height, width): YOLOX takes BGR 0–255, the others RGB 0–1."""
        height, width = (max(1, round(side * scale)) for side in image.shape[:2])
        canvas = np.full((self._height, self._width, 3), _GREY, np.uint8)
        canvas[top : top + height, left : left + width] = cv2.resize(image, (width, height))
        yolox = self._head == "yolox"
        return cast("NDArray[np.float32]", cv2.dnn.blobFromImage(canvas, 1.0 if yolox else 1 / 255, swapRB=not yolox))

    def _infer(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        outputs: Any = self._session.run(None, {self._entry: blob.astype(np.float16) if self._half else blob})
        return np.asarray(outputs[0], np.float32)

    def _decode(self, output: NDArray[np.float32]) -> Boxes:
        if self._head == "yolox":
            return decode_yolox(output, height=self._height, width=self._width)
        if self._head == "yolo":
            return decode_yolo(output, classes=len(self._names))
        return decode_end_to_end(output, classes=len(self._names))


def wanted_classes(classes: Sequence[str], names: Sequence[str], weights: str) -> set[int]:
    """Numbers of the wanted classes, all when none is named. Raises BadConfig for one that the weights do not have."""
    for name in classes:
        if name not in names:
            raise BadConfig(f"“yolo_classes” names {name}, which {weights} does not know; it has {', '.join(names)}.")
    return {number for number, name in enumerate(names) if not classes or name in classes}


def surest(boxes: Boxes, search: ObjectSearch, wanted: set[int]) -> list[int]:
    """Indexes of the boxes that remain, surest first: non-maximum suppression within each class."""
    candidates = [
        i
        for i in range(len(boxes.scores))
        if boxes.scores[i] >= search.confidence
        and int(boxes.classes[i]) in wanted
        and math.isfinite(float(boxes.corners[i].sum()))
    ]
    if not candidates:
        return []
    corners = boxes.corners[candidates]
    kept = cv2.dnn.NMSBoxesBatched(
        np.column_stack([corners[:, :2], corners[:, 2:] - corners[:, :2]]).tolist(),
        boxes.scores[candidates].tolist(),
        boxes.classes[candidates].tolist(),
        search.confidence,
        search.max_overlap,
    )
    return sorted((candidates[int(i)] for i in np.ravel(kept)), key=lambda i: (-float(boxes.scores[i]), i))
