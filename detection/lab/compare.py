"""What the comparison of two jobs shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from detection.api.overlays import spread
from detection.diff import RunDiff, diff_jobs
from detection.frames import kept_frame
from detection.lab.differing import Compared, Differing, comparable_stages, differing_frames
from detection.records import Scenes
from detection.report.diff import SettingChange, changed_settings
from mpr.errors import BadInput, MprError, NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import read_output

_DIFFERING_SHOWN, _OTHERS_SHOWN = 24, 8
_THUMBNAIL_PX = 200


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A frame to choose: where its pictures lie, and what differs in it."""

    seq: int
    t_s: float
    before: str
    after: str
    thumbnail: str
    differs: Differing | None


def check_pair(before: Job, after: Job) -> None:
    """Raises BadInput for jobs of different timelines, and for a job beside itself."""
    if before.timeline_id != after.timeline_id:
        files = [job.timeline.source_asset.filename for job in (before, after)]
        raise BadInput(
            f"These jobs analysed different timelines ({files[0]} and {files[1]}); compare two jobs of the same one."
        )
    if before.pk == after.pk:
        raise BadInput("This is one job twice; choose another job of its timeline to compare it with.")


def pair_page(before: Job, after: Job, *, stage_name: str, seq: int | None) -> dict[str, Any]:
    """Settings, frames and brands of two jobs; each part that cannot be told says why instead."""
    diff, why_no_brands = _diff(before, after)
    changed: list[SettingChange] = changed_settings(before.plan["configs"], after.plan["configs"])
    return {
        "before": before,
        "after": after,
        "diff": diff,
        "changes": [change for change in diff.brands if change.gained or change.lost] if diff else [],
        "same": [change for change in diff.brands if not (change.gained or change.lost)] if diff else [],
        "why_no_brands": why_no_brands,
        "changed": changed,
        **frames_page(before, after, stage_name=stage_name, seq=seq),
    }


def frames_page(before: Job, after: Job, *, stage_name: str, seq: int | None) -> dict[str, Any]:
    """The overlays of both jobs on one frame, with frames to choose from: where they differ first."""
    stages = comparable_stages(before, after)
    context: dict[str, Any] = {"before": before, "after": after, "stage_names": stages, "frames": (), "shown": None}
    if not stages:
        return {**context, "why_no_frames": "There is no stage yet that both jobs have run and that can be drawn."}
    stage_name = stage_name if stage_name in stages else stages[-1]
    context["stage_name"] = stage_name
    try:
        compared = differing_frames(before, after, stage_name)
        scenes: Scenes = read_output(after, "filter_scenes")[0]
        frames = _frames(before, after, stage_name, compared, scenes, seq)
        shown = next((frame for frame in frames if frame.seq == seq), frames[0] if frames else None)
    except MprError as error:
        return {**context, "why_no_frames": error.message}
    return {**context, "compared": compared, "frames": frames, "shown": shown}


def _frames(
    before: Job, after: Job, stage_name: str, compared: Compared, scenes: Scenes, seq: int | None
) -> list[Shown]:
    """Those that differ most, in time order, then others spread over the timeline; the wanted one is always there."""
    most = sorted(compared.frames, key=lambda frame: -(frame.before + frame.after))[:_DIFFERING_SHOWN]
    differing = {frame.seq: frame for frame in compared.frames}
    chosen = [(frame.seq, frame.t_s) for frame in sorted(most, key=lambda frame: frame.t_s)]
    taken = {number for number, _ in chosen}
    if seq is not None and seq not in taken:
        frame = kept_frame(scenes, seq).frame
        chosen.insert(0, (seq, frame.pts_s))
        taken.add(seq)
    others = [kept.frame for kept in scenes.frames if kept.frame.seq not in differing and kept.frame.seq not in taken]
    chosen += [(frame.seq, frame.pts_s) for frame in spread(others, _OTHERS_SHOWN)]
    return [
        Shown(
            seq=number,
            t_s=t_s,
            before=_picture(before, stage_name, number),
            after=_picture(after, stage_name, number),
            thumbnail=f"{_picture(after, stage_name, number)}?width_px={_THUMBNAIL_PX}",
            differs=differing.get(number),
        )
        for number, t_s in chosen
    ]


def _picture(job: Job, stage_name: str, seq: int) -> str:
    return reverse("api-overlay", args=[job.timeline_id, job.pk, stage_name, seq])


def _diff(before: Job, after: Job) -> tuple[RunDiff | None, str]:
    try:
        return diff_jobs(before, after), ""
    except NotFound:
        waiting = [job for job in (before, after) if not job.is_finished]
        if waiting:
            return None, "One of the two has no report yet; this is filled in when it has."
        return None, "One of the two has no report, so seconds cannot be compared; it stopped or failed before that."
