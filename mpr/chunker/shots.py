"""Where the shots of an asset begin: from the newest result of the stage that finds shots, else from the keyframes of
the filmstrip."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from mpr.assets.filmstrip import shot_starts
from mpr.assets.models import MediaAsset
from mpr.assets.prepared import RenditionKind, WorkState
from mpr.assets.preparing import ask_for, read_strip
from mpr.errors import Refused
from mpr.jobs.models import StageOutput
from mpr.jobs.outputs import read_output


@dataclass(frozen=True, kw_only=True)
class Shots:
    """When shots begin, in seconds of the asset, the first one left out, and a sentence that says how it is known."""

    starts_s: list[float]
    known_by: str


def shots_of(asset: MediaAsset) -> Shots:
    """Raises Refused while neither is there; the filmstrip is then begun."""
    return _from_a_job(asset) or _from_keyframes(asset)


def _from_a_job(asset: MediaAsset) -> Shots | None:
    """A job on the whole asset: its times are those of the asset."""
    outputs = StageOutput.objects.filter(
        stage_name=settings.MPR_SHOT_STAGE,
        timeline__source_asset=asset,
        timeline__chunk_paths=[asset.file_path],
        job__cleared_at=None,
    )
    newest = outputs.select_related("job__timeline").order_by("-job__created_at").first()
    if newest is None:
        return None
    scenes = read_output(newest.job, settings.MPR_SHOT_STAGE)[0]
    return Shots(
        starts_s=[shot.start_s for shot in scenes.shots][1:],
        known_by=f"Shots as an analysis of {newest.job.created_at:%Y-%m-%d %H:%M} UTC found them.",
    )


def _from_keyframes(asset: MediaAsset) -> Shots:
    rows = ask_for(asset, RenditionKind.FILMSTRIP)
    failed = next((row for row in rows if row.state == WorkState.FAILED), None)
    if failed is not None:
        raise Refused(f"The filmstrip, from which shots are told, could not be made: {failed.error_message}")
    if any(row.state != WorkState.DONE for row in rows):
        raise Refused("The filmstrip, from which shots are told, is still being made; try again in a moment.")
    return Shots(
        starts_s=shot_starts(read_strip(row.key) for row in rows), known_by="Shots as the keyframes tell them."
    )
