"""The detection family: its stages in their natural order."""

from __future__ import annotations

from detection.airings import write_airings
from detection.records import BrandList
from detection.remote.stages import remotable
from detection.sources import load_brands
from detection.stages import (
    compile_report,
    detect_edges,
    detect_objects,
    escalate_cloud,
    escalate_vlm,
    extract_frames,
    field_segmentation,
    filter_scenes,
    match_brands,
    preprocess,
    run_ocr,
    track_objects,
)
from mpr.pipeline.registry import Family, Source

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
        match_brands.STAGE,
        escalate_vlm.STAGE,
        escalate_cloud.STAGE,
        compile_report.STAGE,
    ),
    sources=(Source(name="brands", type=BrandList, load=load_brands),),
    sinks={"compile_report": lambda job, outputs: write_airings(job, outputs[0])},
)
