"""Shots in a row, with cuts and dissolves between them and graphics over them: one clip and its truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy.draw.overlays import Overlay
from detection.sample.film import Film
from detection.sample.picture import Picture
from detection.sample.truth import Truth
from detection.sample.views import View

DISSOLVE_S = 0.6
_GRAPHIC = "graphic"


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A view from `start_s` to `end_s` of the clip. A shot that dissolves in does so around its start."""

    view: View
    start_s: float
    end_s: float
    dissolves: bool = False


@dataclass(frozen=True, kw_only=True)
class Reel:
    """Everything of a clip. `brands` are those on its list."""

    shots: Sequence[Shot]
    overlays: Sequence[Overlay]
    brands: Sequence[str]
    width_px: int
    height_px: int
    fps: int
    crf: int

    @property
    def frame_count(self) -> int:
        return round(self.shots[-1].end_s * self.fps)

    def write(self, video: Path, truth: Path, *, seed: int) -> None:
        rows = []
        grain = np.random.default_rng([seed, 99])
        size = {"width_px": self.width_px, "height_px": self.height_px, "fps": self.fps}
        with Film(video, **size, rng=grain, crf=self.crf) as film:
            for number in range(self.frame_count):
                picture, instances, exposure = self.frame(number)
                film.write(picture.pixels, exposure=exposure)
                rows.append(instances)
        Truth(
            **size, brands=tuple(self.brands), frames=rows,
            shots=tuple((shot.start_s, shot.end_s) for shot in self.shots),
        ).write(truth)  # fmt: skip

    def frame(self, number: int) -> tuple[Picture, list[dict[str, object]], float]:
        """The picture of a video frame, its true instances, and its exposure."""
        t_s = number / self.fps
        index = max(at for at, shot in enumerate(self.shots) if shot.start_s <= t_s + 1e-6)
        picture, exposure = self._painted(index, t_s)
        mixed = self._dissolving(index, t_s)
        if mixed is None:
            return picture, picture.ledger.settle(), exposure
        other, share = mixed
        after, its_exposure = self._painted(other, t_s)
        cv2.addWeighted(picture.pixels, 1 - share, after.pixels, share, 0, dst=picture.pixels)
        # The graphics are the same in both pictures, so they stay as they are.
        graphics = [row for row in picture.ledger.settle() if row["placement"] == _GRAPHIC]
        scenes = picture.ledger.settle(1 - share) + after.ledger.settle(share)
        rows = [row for row in scenes if row["placement"] != _GRAPHIC] + graphics
        return picture, rows, exposure + (its_exposure - exposure) * share

    def _painted(self, index: int, t_s: float) -> tuple[Picture, float]:
        shot = self.shots[index]
        picture = Picture.blank(self.width_px, self.height_px)
        shot.view.paint(picture, t_s - shot.start_s)
        picture.ledger.blur_px = 0.0
        for overlay in self.overlays:
            overlay.paint(picture, t_s)
        return picture, shot.view.exposure(t_s - shot.start_s)

    def _dissolving(self, index: int, t_s: float) -> tuple[int, float] | None:
        """The other shot of a running dissolve and its share."""
        shot = self.shots[index]
        if shot.dissolves and t_s - shot.start_s < DISSOLVE_S / 2:
            return index - 1, 0.5 - (t_s - shot.start_s) / DISSOLVE_S
        if index + 1 < len(self.shots) and self.shots[index + 1].dissolves and shot.end_s - t_s < DISSOLVE_S / 2:
            return index + 1, 0.5 - (shot.end_s - t_s) / DISSOLVE_S
        return None
