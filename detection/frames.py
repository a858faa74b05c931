"""What the stages of a job gave for one frame, read from the records that hold it and no others."""

from __future__ import annotations

from detection.overlays import find_overlay, overlay_jpeg
from detection.records import KeptFrame, Scenes
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of, read_output, read_so_far


def overlay(job: Job, stage_name: str, seq: int, *, width_px: int | None = None) -> bytes:
    """JPEG of a frame with what a stage saw in it, of a stage that is under way too; no wider than `width_px`.

    Raises NotFound for a stage without overlay or without output, a frame that was not kept, and a frame whose picture
    or record has been cleared.
    """
    reads = find_overlay(stage_name).reads
    scenes: Scenes = read_output(job, "filter_scenes")[0]
    kept = kept_frame(scenes, seq)
    there = set(job.outputs.filter(stage_name__in=reads).values_list("stage_name", flat=True))
    records = {
        name: read_so_far(job, name, kept.frame.pts_s)
        for name in reads
        if name in {*there, stage_name} and name != "filter_scenes"
    }
    image = frames_of(job).read(kept.frame)
    return overlay_jpeg(stage_name, image, kept, {**records, "filter_scenes": scenes}, width_px=width_px)


def kept_frame(scenes: Scenes, seq: int) -> KeptFrame:
    """The kept frame at that place of the sampling grid. Raises NotFound with the nearest one."""
    if not scenes.frames:
        raise NotFound("This job kept no frame; its footage shows none.")
    nearest = min(scenes.frames, key=lambda kept: abs(kept.frame.seq - seq))
    if nearest.frame.seq != seq:
        raise NotFound(
            f"Frame {seq} was not kept: it is a near-duplicate, or not on the footage; the nearest is frame "
            f"{nearest.frame.seq}."
        )
    return nearest
