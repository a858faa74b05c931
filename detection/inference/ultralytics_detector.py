"""YOLO weights in PyTorch form (`.pt`) through ultralytics, which comes with the torch extra."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Any

from detection.inference.findings import Found
from detection.inference.sessions import Device
from detection.inference.yolo import ObjectSearch, wanted_classes
from detection.quads import rectangle
from mpr.errors import BadConfig
from mpr.pipeline.frames import Image


class UltralyticsDetector:
    """An ultralytics YOLO model. Raises BadConfig when ultralytics is not installed or the file is no model."""

    def __init__(self, path: Path, *, input_px: int, device: Device) -> None:
        # ultralytics reads these when it is imported: it must neither look for a network nor install packages.
        os.environ["YOLO_OFFLINE"] = "true"
        os.environ["YOLO_AUTOINSTALL"] = "false"
        try:
            import torch
            from ultralytics import YOLO
        except ImportError as error:
            raise BadConfig(
                f"“yolo_weights” names {path.name}, which needs the torch extra; install mpr[torch] or export the "
                "weights as ONNX."
            ) from error
        if device == "cuda" and not torch.cuda.is_available():
            raise BadConfig("“device” is cuda, but PyTorch finds no CUDA here; set it to auto.")
        self._device = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
        self._input_px = input_px
        self._name = path.name
        try:
            self._model: Any = YOLO(str(path))
        except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, EOFError, ImportError, OSError) as error:
            raise BadConfig(f"{path.name} cannot be loaded by ultralytics; export it again.") from error
        self._names: dict[int, str] = dict(self._model.names)
        # A model keeps the state of one prediction; threads take turns.
        self._turn = Lock()

    def find(self, image: Image, search: ObjectSearch) -> list[Found]:
        numbers = sorted(self._names)
        wanted = wanted_classes(search.classes, [self._names[number] for number in numbers], self._name)
        with self._turn:
            result = self._model.predict(
                image.copy(),
                conf=search.confidence,
                iou=search.max_overlap,
                imgsz=self._input_px,
                classes=[numbers[place] for place in sorted(wanted)],
                device=self._device,
                verbose=False,
            )[0]
        found = [
            Found(
                quad=rectangle(*(round(float(value), 2) for value in corners)),
                label=self._names[int(number)],
                score=round(float(score), 4),
            )
            for corners, score, number in zip(
                result.boxes.xyxy.tolist(), result.boxes.conf.tolist(), result.boxes.cls.tolist(), strict=True
            )
        ]
        return sorted(found, key=lambda item: (-item.score, item.quad))
