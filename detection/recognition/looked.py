"""Frames that are looked at for logos, and the time for which each of them stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from detection.records import KeptFrame
from mpr.pipeline.codec import Record

_ROUNDING_S = 1e-6


class Look(Record):
    """A frame that was looked at: it stands for [start_s, end_s) of its shot. `place` counts the shot's looks."""

    kept: KeptFrame
    place: int
    start_s: float
    end_s: float

    @property
    def seq(self) -> int:
        return self.kept.frame.seq


def chosen(frames: Sequence[KeptFrame], min_gap_s: float) -> list[KeptFrame]:
    """The frames to look at: in each shot the first, and then whichever comes at least so long after the last."""
    found: list[KeptFrame] = []
    for frame in frames:
        last = found[-1] if found else None
        if last is None or last.shot != frame.shot or frame.frame.pts_s - last.frame.pts_s >= min_gap_s - _ROUNDING_S:
            found.append(frame)
    return found


def looks(frames: Sequence[KeptFrame], seqs: Iterable[int]) -> dict[int, Look]:
    """The frames of these numbers, by number. Together they cover the time of all frames of their shots: what lies
    between two of them is shared."""
    wanted = set(seqs)
    found: dict[int, Look] = {}
    for _, group in groupby(frames, key=lambda frame: frame.shot):
        shot = list(group)
        at = [place for place, frame in enumerate(shot) if frame.frame.seq in wanted]
        borders_s = [
            shot[0].start_s,
            *(shot[(before + after + 1) // 2].start_s for before, after in pairwise(at)),
            shot[-1].end_s,
        ]
        for number, place in enumerate(at):
            frame = shot[place]
            found[frame.frame.seq] = Look(
                kept=frame, place=number, start_s=borders_s[number], end_s=borders_s[number + 1]
            )
    return found
