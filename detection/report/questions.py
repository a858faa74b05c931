"""Open questions as the report shows them, and where they may hide a brand's exposure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detection.records import OpenCandidate, Question
from detection.report import geometry
from detection.report.kept import Kept
from detection.report.seen import rounded
from detection.report.sightings import Scale, Threshold, candidates_qualify
from detection.report.spans import Floats, Ints, Stretches, lengths_us, to_s, to_us


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as it is told: `best` is the row of its clearest sighting."""

    text: str
    reason: str
    nearest_brand: str | None
    best: int


@dataclass(frozen=True, kw_only=True)
class Open:
    """Open questions as they were measured, before any setting says what counts. Row i of every column belongs to the
    i-th sighting of all questions, `question` numbers `asked`; the other columns are as in Instances."""

    asked: Sequence[Asked]
    question: Ints
    frame: Ints
    start_us: Ints
    end_us: Ints
    outline: Floats
    area: Floats
    visible: Floats
    sharpness: Floats
    contrast: Floats


def measure(questions: Sequence[Question], kept: Kept) -> Open:
    """All sightings of the questions."""
    everything = [found for question in questions for found in question.sightings]
    counts = [len(question.sightings) for question in questions]
    first_row = np.cumsum([0, *counts]).tolist()
    frame = kept.places(np.fromiter((found.seq for found in everything), np.int64, len(everything)))
    start_us, end_us = kept.within_shot(
        frame, to_us(found.start_s for found in everything), to_us(found.end_s for found in everything)
    )
    quads = np.array([found.outline or found.quad for found in everything], float).reshape(-1, 4, 2)
    outline = geometry.outlines(quads, kept.size_px[frame])
    total, area = geometry.areas(outline), np.zeros(len(outline))
    for rows, corners in geometry.in_frame(outline):
        area[rows] = geometry.areas(corners)
    return Open(
        asked=[
            Asked(
                text=question.text,
                reason=question.reason,
                nearest_brand=question.nearest_brand,
                best=first + question.best,
            )
            for question, first in zip(questions, first_row, strict=False)
        ],
        question=np.repeat(np.arange(len(questions)), counts),
        frame=frame,
        start_us=start_us,
        end_us=end_us,
        outline=outline,
        area=area,
        visible=np.divide(area, total, out=np.zeros(len(area)), where=total > 0),
        sharpness=np.fromiter((found.sharpness for found in everything), float, len(everything)),
        contrast=np.fromiter((found.contrast for found in everything), float, len(everything)),
    )


def open_candidates(
    found: Open, kept: Kept, scale: Scale, threshold: Threshold, names: Sequence[str]
) -> tuple[list[OpenCandidate], Stretches]:
    """The questions that could change the report, longest first, and where one of them may be a brand of `names`.
    Sightings too small or unclear to qualify are left out, and questions that have no other."""
    passes = candidates_qualify(found.area, found.visible, found.sharpness, found.contrast, scale, threshold)
    good = np.flatnonzero(passes & (found.end_us > found.start_us))
    whose, start_us, end_us = found.question, found.start_us, found.end_us
    seconds = rounded(to_s(lengths_us(whose[good], start_us[good], end_us[good], len(found.asked))))
    best = {int(question): int(row) for question, row in zip(whose[good][::-1], good[::-1], strict=True)}
    is_good = set(good.tolist())
    first_us, last_us = np.full(len(found.asked), np.iinfo(np.int64).max), np.zeros(len(found.asked), np.int64)
    np.minimum.at(first_us, whose[good], start_us[good])
    np.maximum.at(last_us, whose[good], end_us[good])
    starts_s, ends_s = rounded(to_s(first_us)), rounded(to_s(last_us))
    shown = []
    for number, row in sorted(best.items()):
        question = found.asked[number]
        row = question.best if question.best in is_good else row
        picture = kept.frames[found.frame[row]].frame
        _, corners = next(geometry.in_frame(found.outline[row : row + 1]))
        shown.append(
            OpenCandidate(
                t_s=picture.pts_s,
                polygon=geometry.corner_list(corners[0]),
                text=question.text,
                reason=question.reason,
                nearest_brand=question.nearest_brand,
                seconds=seconds[number],
                frame=picture,
                start_s=starts_s[number],
                end_s=ends_s[number],
            )
        )
    shown.sort(key=lambda candidate: (-candidate.seconds, candidate.t_s, candidate.text))
    numbers = {name: number for number, name in enumerate(names)}
    nearest = np.array([numbers.get(question.nearest_brand or "", -1) for question in found.asked], np.int64)[whose]
    doubtful = good[nearest[good] >= 0]
    return shown, Stretches(brand=nearest[doubtful], start_us=start_us[doubtful], end_us=end_us[doubtful])
