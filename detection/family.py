"""The detection family: its stages in their natural order."""

from __future__ import annotations

from detection.airings import write_airings
from detection.records import BrandList, Exemplars, ExemplarsGiven
from detection.remote.stages import remotable
from detection.sources import load_brands, load_exemplars, load_exemplars_given
from detection.stages import (
    compile_report,
    detect_edges,
    detect_objects,
    embed_regions,
    escalate_cloud,
    escalate_vlm,
    extract_frames,
    field_segmentation,
    filter_scenes,
    match_brands,
    match_logos,
    preprocess,
    run_ocr,
    track_objects,
)
from mpr.pipeline.registry import Family, Source

_NO_EXEMPLAR = "No brand of this session has an exemplar; add a picture of its logo to a brand."

FAMILY = Family(
    name="detection",
    stages=(
        extract_frames.STAGE,
        filter_scenes.STAGE,
        remotable(field_segmentation.STAGE),
        remotable(detect_edges.STAGE),
        remotable(detect_objects.STAGE),
        track_objects.STAGE,
        remotable(preprocess.STAGE),
        remotable(run_ocr.STAGE),
        remotable(embed_regions.STAGE),
        match_brands.STAGE,
        match_logos.STAGE,
        escalate_vlm.STAGE,
        escalate_cloud.STAGE,
        compile_report.STAGE,
    ),
    sources=(
        Source(name="brands", type=BrandList, load=load_brands),
        Source(name="exemplars", type=Exemplars, load=load_exemplars, absent=_NO_EXEMPLAR),
        Source(name="exemplars_given", type=ExemplarsGiven, load=load_exemplars_given, absent=_NO_EXEMPLAR),
    ),
    sinks={"compile_report": lambda job, outputs: write_airings(job, outputs[0])},
)
