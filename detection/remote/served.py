"""Which stages an inference server runs, and where it takes their calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from detection.stages import detect_edges, detect_objects, embed_regions, field_segmentation, preprocess, run_ocr
from mpr.pipeline.frames import Frame
from mpr.pipeline.stage import Stage

ENDPOINTS: dict[str, Stage] = {
    "/segment_field": field_segmentation.STAGE,
    "/detect_edges": detect_edges.STAGE,
    "/detect": detect_objects.STAGE,
    "/preprocess": preprocess.STAGE,
    "/ocr": run_ocr.STAGE,
    "/embed_regions": embed_regions.STAGE,
}
"""Stages by the path of their calls. All are shard-scope stages that look at kept frames, if at any."""

SERVED = frozenset(stage.name for stage in ENDPOINTS.values())

_PATHS = {stage.name: path for path, stage in ENDPOINTS.items()}


def path_of(stage_name: str) -> str:
    """Where calls of a stage go."""
    return _PATHS[stage_name]


def _every_kept_frame(inputs: Any) -> list[Frame]:
    return [kept.frame for kept in inputs.filter_scenes.frames]


def _frames_with_boxes(inputs: Any) -> list[Frame]:
    with_boxes = {frame.seq for frame in inputs.detect_objects.frames if frame.boxes}
    return [frame for frame in _every_kept_frame(inputs) if frame.seq in with_boxes]


def _none(inputs: Any) -> list[Frame]:
    return []


_PICTURES: dict[str, Callable[[Any], list[Frame]]] = {"preprocess": _frames_with_boxes, "run_ocr": _none}


def pictures_read(stage_name: str, inputs: Any) -> Sequence[Frame]:
    """The frames whose pictures a call of the stage may read."""
    return _PICTURES.get(stage_name, _every_kept_frame)(inputs)
