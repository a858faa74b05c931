"""Clips to measure on: a video, its truth and its brand list, side by side in a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mpr.errors import BadInput

_TRUTH = ".truth.json"


@dataclass(frozen=True)
class Clip:
    """X.mp4 with X.truth.json and X.brands.csv beside it. `name` is its path below the folder, without suffix."""

    name: str
    video: Path

    @property
    def brands(self) -> Path:
        return self.video.with_name(f"{self.video.stem}.brands.csv")

    @cached_property
    def truth(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads(self.video.with_name(f"{self.video.stem}{_TRUTH}").read_bytes())
        return known

    @property
    def is_exact(self) -> bool:
        """Whether its truth is told for every frame."""
        return "frames" in self.truth


def find_clips(folder: Path, names: Sequence[str] = ()) -> list[Clip]:
    """The folder's clips, and those of the folders below it, by name; only those named when any are, with or without
    the folders above them. Raises BadInput when there are none, or when one lacks a file or is not there."""
    clips = [
        Clip(str(truth.relative_to(folder))[: -len(_TRUTH)], truth.with_name(f"{truth.name[: -len(_TRUTH)]}.mp4"))
        for truth in sorted(folder.rglob(f"*{_TRUTH}"))
    ]
    if not clips:
        raise BadInput(f"{folder} holds no clips; it needs X.mp4, X.truth.json and X.brands.csv for each.")
    known = {name for clip in clips for name in (clip.name, clip.video.stem)}
    if unknown := set(names) - known:
        raise BadInput(
            f"{folder} holds no clip {', '.join(sorted(unknown))}; it has {', '.join(c.name for c in clips)}."
        )
    if names:
        clips = [clip for clip in clips if {clip.name, clip.video.stem} & set(names)]
    for path in (path for clip in clips for path in (clip.video, clip.brands)):
        if not path.is_file():
            raise BadInput(f"{path} is missing; a clip is X.mp4, X.truth.json and X.brands.csv.")
    return clips
