"""What the platform itself gives every pipeline: the footage."""

from __future__ import annotations

from mpr.assets.timelines import facts_of
from mpr.pipeline.registry import Family, Source
from mpr.pipeline.timeline import TimelineFacts

FAMILY = Family(
    name="footage",
    stages=(),
    sources=(Source(name="timeline", type=TimelineFacts, load=lambda job, config: facts_of(job.timeline)),),
)
