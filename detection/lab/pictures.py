"""What a browser needs to run a stage by itself on a cached frame."""

from __future__ import annotations

from typing import Any

import cv2

from detection.api.overlays import spread
from detection.frames import kept_frame
from detection.records import Fields, Point, Scenes
from mpr.errors import MprError
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of, read_at, read_output
from mpr.pipeline.frames import Frame
from profiles.plan import parse_plan

_FRAMES_AT_MOST = 60
# Quick to pack rather than small: a picture is made for one person and a minute.
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def spread_frames(job: Job) -> list[Frame]:
    """Frames all over the job's timeline, in time order. Raises NotFound before its shots are found."""
    scenes: Scenes = read_output(job, "filter_scenes")[0]
    return [kept.frame for kept in spread(scenes.frames, _FRAMES_AT_MOST)]


def frame_png(job: Job, seq: int) -> bytes:
    """PNG of a frame as its stages saw it: whoever decodes it gets equal pixels, which of a JPEG is not sure. Raises
    NotFound for a frame that was not kept or whose picture is gone."""
    frame = kept_frame(read_output(job, "filter_scenes")[0], seq).frame
    _, data = cv2.imencode(".png", frames_of(job).read(frame), _PNG)
    return bytes(data)


def field_hull(job: Job, seq: int) -> list[Point]:
    """The hull of the field that detect_edges of this job reads with the frame; empty when it reads none."""
    frame = kept_frame(read_output(job, "filter_scenes")[0], seq).frame
    graph = parse_plan(job.plan).graph
    names: Any = {stage.name for stage in graph.stages}
    if "detect_edges" in names and "field_segmentation" not in graph.ancestors("detect_edges"):
        return []
    try:
        fields: Fields = read_at(job, "field_segmentation", frame.pts_s)
    except MprError:
        return []
    return next((field.hull for field in fields.frames if field.seq == seq), [])
