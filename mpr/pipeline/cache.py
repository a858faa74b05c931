"""Cache keys: what a stage's output was computed from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpr.pipeline.codec import digest
from mpr.pipeline.config import plain
from mpr.pipeline.stage import Stage
from mpr.pipeline.transforms import Transform


def cache_key(
    stage: Stage, config: Any, *, inputs: Mapping[str, tuple[str, Transform]], shards: list[tuple[float, float]]
) -> str:
    """SHA-256 over stage, version, config, the keys of all inputs with the transforms they pass, and the shard plan.

    `inputs` maps a name that the stage reads to (cache key of that output or digest of that source, transform); an
    optional input that is absent is left out. Equal keys promise equal bytes.
    """
    return digest(
        {
            "stage": stage.name,
            "version": stage.version,
            "config": plain(config),
            "inputs": {name: [key, plain(transform)] for name, (key, transform) in inputs.items()},
            "shards": shards,
        }
    )
