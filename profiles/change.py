"""Parts of a profile put into the whole: what is stored then is for `profiles.edit.save_profile` to check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpr.errors import NotFound
from mpr.pipeline import graph as graphs
from profiles.edit import check_profile
from profiles.models import Profile


def put_transform(profile: Profile, source: str, target: str, transform: Mapping[str, Any]) -> None:
    """Let the edge carry the transform; an empty one lets everything pass. The pipeline is written with all its edges
    and its order explicit. Raises NotFound when the profile has no such edge."""
    pipeline = graphs.plain(check_profile(profile.pipeline, profile.configs).graph)
    for edge in pipeline["edges"]:
        if (edge["from"], edge["to"]) == (source, target):
            edge.pop("transform", None)
            if transform:
                edge["transform"] = dict(transform)
            profile.pipeline = pipeline
            return
    raise NotFound(f"{profile.name} has no edge {source} → {target}; its edges are under “edges” of its pipeline.")


def put_configs(profile: Profile, configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Give these stages these settings and no others; the other stages keep theirs. Empty settings are the defaults."""
    merged = {**profile.configs, **{stage: dict(values) for stage, values in configs.items()}}
    profile.configs = {stage: values for stage, values in merged.items() if values}
