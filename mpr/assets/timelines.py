"""Timelines: what of an asset is analysed, and its facts as the stages read them."""

from __future__ import annotations

import msgspec

from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.assets.probe import Properties
from mpr.errors import MprError, Refused
from mpr.pipeline.timeline import Chunk, TimelineFacts


def timeline_of(asset: MediaAsset, *, profile_name: str) -> Timeline:
    """The timeline over the whole asset, made when it is not there yet. All jobs on it share one frame cache, so the
    profile that made it stays its default. Raises Refused while the asset is not ready."""
    if asset.status != AssetStatus.READY:
        reason = f": {asset.error_message}" if asset.error_message else "; wait until it has been read."
        raise Refused(f"{asset.filename} cannot be analysed{reason}")
    facts = whole(asset)
    timeline, _ = Timeline.objects.get_or_create(
        source_asset=asset,
        chunk_paths=[chunk.key for chunk in facts.chunks],
        defaults={"profile_name": profile_name, "fps": facts.fps, "facts": msgspec.to_builtins(facts)},
    )
    return timeline


def facts_of(timeline: Timeline) -> TimelineFacts:
    """The timeline's facts as stored. Raises MprError when they are not what this version writes."""
    try:
        return msgspec.convert(timeline.facts, type=TimelineFacts)
    except msgspec.ValidationError as error:
        raise MprError(
            f"The facts of timeline {timeline.pk} cannot be read ({error}); delete it and start again."
        ) from error


def properties_of(asset: MediaAsset) -> Properties:
    """The asset's further probe data. Raises MprError when it is not what this version writes."""
    try:
        return msgspec.convert(asset.properties, type=Properties)
    except msgspec.ValidationError as error:
        raise MprError(f"The properties of {asset.filename} cannot be read ({error}); add the file again.") from error


def whole(asset: MediaAsset) -> TimelineFacts:
    """The facts of an asset as one chunk. Raises MprError when it has not been probed."""
    properties = properties_of(asset)
    if not (asset.duration_s and asset.fps and asset.width and asset.height):
        raise MprError(f"{asset.filename} has not been probed; add the file again.")
    return TimelineFacts(
        chunks=[
            Chunk(
                key=asset.file_path,
                sha256=asset.sha256,
                start_s=0.0,
                duration_s=asset.duration_s,
                origin_ticks=properties.origin_ticks,
            )
        ],
        duration_s=asset.duration_s,
        fps=asset.fps,
        width_px=asset.width,
        height_px=asset.height,
        keyframes_s=properties.keyframes_s,
    )
