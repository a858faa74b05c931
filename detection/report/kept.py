"""Kept frames as columns: the analysed time, and where in it a sighting may lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detection.records import KeptFrame
from detection.report.spans import Floats, Ints, to_us


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Row i of every column belongs to the i-th kept frame. `shot_start_us` and `shot_end_us` are the ends of the time
    that the kept frames of its shot cover."""

    frames: Sequence[KeptFrame]
    seq: Ints
    shot: Ints
    pts_s: Floats
    size_px: Floats
    shot_start_us: Ints
    shot_end_us: Ints
    analysed_us: int

    @classmethod
    def of(cls, frames: Sequence[KeptFrame]) -> Kept:
        shot = np.fromiter((kept.shot for kept in frames), np.int64, len(frames))
        start_us = to_us(np.fromiter((kept.start_s for kept in frames), float, len(frames)))
        end_us = to_us(np.fromiter((kept.end_s for kept in frames), float, len(frames)))
        numbers, which = np.unique(shot, return_inverse=True)
        first, last = np.full(len(numbers), np.iinfo(np.int64).max), np.full(len(numbers), np.iinfo(np.int64).min)
        np.minimum.at(first, which, start_us)
        np.maximum.at(last, which, end_us)
        return cls(
            frames=frames,
            seq=np.fromiter((kept.frame.seq for kept in frames), np.int64, len(frames)),
            shot=shot,
            pts_s=np.fromiter((kept.frame.pts_s for kept in frames), float, len(frames)),
            size_px=np.array([(kept.frame.width_px, kept.frame.height_px) for kept in frames], float).reshape(-1, 2),
            shot_start_us=first[which],
            shot_end_us=last[which],
            analysed_us=int((end_us - start_us).sum()),
        )

    def places(self, seqs: Ints) -> Ints:
        """The rows of frames by their place on the sampling grid. Raises ValueError for a frame that was not kept."""
        places = np.searchsorted(self.seq, seqs)
        strange = self.seq[np.minimum(places, len(self.seq) - 1)] != seqs if len(self.seq) else np.ones(len(seqs), bool)
        if strange.any():
            raise ValueError(f"frame {seqs[strange][0]} is not a kept frame; its stages read another timeline")
        return places

    def within_shot(self, places: Ints, start_us: Ints, end_us: Ints) -> tuple[Ints, Ints]:
        """Stretches of time as far as they lie in the shot of their frame; one that does not ends where it starts."""
        start_us = np.clip(start_us, self.shot_start_us[places], self.shot_end_us[places])
        return start_us, np.maximum(np.minimum(end_us, self.shot_end_us[places]), start_us)
