"""Find the places that may show a logo, and what the logo network says of them, whatever the brands.

In: the kept frames, the boxes found in them, the tracks, and whether any brand of the session has an exemplar. Out: for
each frame that was looked at its regions with their vectors, and the track that a region moves with.

What lies on a track or beside it is looked at in the track's clearest views alone; everything else in every frame, but
not in frames that come close one after the other. Which exemplars there are makes no difference, so another brand needs
none of this again. Without any exemplar the stage is skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from detection.clarity import clearest, contrast, sharpness
from detection.inference.sessions import Device
from detection.logos.crops import cut
from detection.logos.embedding import DIMENSIONS, Embedder, load_embedder
from detection.logos.proposals import ProposalConfig, propose
from detection.logos.scout import Scout, load_scout
from detection.recognition.looked import chosen
from detection.recognition.riding import Riders
from detection.records import Box, ExemplarsGiven, KeptFrame, Objects, Quad, Regions, Scenes, Tracks
from detection.regions import Found, pack
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image
from mpr.pipeline.spread import in_order
from mpr.pipeline.stage import Resource, Scope, Stage


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes
    detect_objects: Objects
    exemplars_given: ExemplarsGiven
    track_objects: Tracks | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    min_gap_s: Annotated[
        float, limits("A frame that comes sooner after the last one looked at is left out, within a shot.", ge=0, le=60)
    ] = 0.5
    views_per_track: Annotated[
        int,
        limits("What moves with a track is looked at in so many of its views, the clearest; 0: all.", ge=0, le=1000),
    ] = 3
    height_px: Annotated[
        int, limits("Height at which frames are searched; more finds smaller logos and takes longer.", ge=120, le=2160)
    ] = ProposalConfig.height_px
    min_side_px: Annotated[
        float, limits("Regions with a shorter side, in pixels of the frame, are left out.", ge=4, le=1000)
    ] = 16.0
    max_regions: Annotated[int, limits("At most so many regions of a frame are looked at.", ge=1, le=5000)] = (
        ProposalConfig.most
    )
    min_mark: Annotated[
        float, limits("Regions that are less likely to be a mark at all are left out, 0 to 1.", ge=0, le=1)
    ] = 0.1
    max_kept: Annotated[int, limits("Of a frame so many regions are kept, the likeliest marks.", ge=1, le=5000)] = 128
    frames_at_once: Annotated[
        int,
        limits("Frames a worker looks at at the same time; more than 1 uses cores that have no shard.", ge=1, le=64),
    ] = 2
    device: Annotated[Device, limits("Where models run: cpu, cuda, or auto for cuda where there is one.")] = "auto"
    threads: Annotated[int, limits("CPU threads per model; 1 is best with one worker per core.", ge=1, le=256)] = 1


def run(inputs: Inputs, config: Config, ctx: Context) -> Regions:
    frames = chosen(inputs.filter_scenes.frames, config.min_gap_s)
    boxes = {frame.seq: frame.boxes for frame in inputs.detect_objects.frames}
    tracks = inputs.track_objects.tracks if inputs.track_objects else []
    riders = Riders(tracks, {kept.frame.seq for kept in frames}, config.views_per_track)
    embedder: Embedder = ctx.model(load_embedder, config.threads, config.device, config.frames_at_once)
    scout: Scout = ctx.model(load_scout, config.threads, config.device, config.frames_at_once)

    def look(kept: KeptFrame) -> Found:
        seq = kept.frame.seq
        return look_at(ctx.read(kept.frame), seq, boxes.get(seq, []), riders, (scout, embedder), config)

    found: list[Found] = []
    for one in in_order(look, frames, at_once=config.frames_at_once):
        found.append(one)
        ctx.progress(len(found), len(frames))
    return pack(found, dimensions=DIMENSIONS)


def look_at(
    image: Image,
    seq: int,
    boxes: Sequence[Box],
    riders: Riders,
    networks: tuple[Scout, Embedder],
    config: Config,
) -> Found:
    """The regions of one frame."""
    scout, embedder = networks
    regions = propose(
        image,
        [box.quad for box in boxes],
        ProposalConfig(height_px=config.height_px, least_px=config.min_side_px, most=config.max_regions),
        scout,
    )
    quads: list[Quad] = []
    tracks: list[int] = []
    for region, track in zip(regions, riders.of(seq, [region.quad for region in regions]), strict=True):
        if track is not None:
            quads.append(region.quad)
            tracks.append(track)
    crops = [cut(image, quad) for quad in quads]
    said = embedder.embed(crops)
    # The likeliest marks, in the order in which they were found.
    likely = np.argsort(-said.marks, kind="stable")[: config.max_kept]
    rows = np.sort(likely[said.marks[likely] >= config.min_mark])
    tones = [clearest(crops[row]) for row in rows]
    return Found(
        seq=seq,
        quads=[quads[row] for row in rows],
        vectors=said.vectors[rows],
        marks=said.marks[rows],
        sharpness=[sharpness(tone) for tone in tones],
        contrast=[contrast(tone) for tone in tones],
        tracks=[tracks[row] for row in rows],
    )


STAGE = Stage(
    name="embed_regions",
    version=3,
    inputs=Inputs,
    config=Config,
    output=Regions,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.GPU,
)
