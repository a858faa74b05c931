"""Open questions as the report shows them, and where they may hide a brand's exposure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detection.records import OpenCandidate, Question
from detection.report import geometry
from detection.report.kept import Kept
from detection.report.seen import Doubts, rounded
from detection.report.sightings import Scale, Threshold, candidates_qualify
from detection.report.spans import lengths_us, to_s, to_us


def open_candidates(
    questions: Sequence[Question], kept: Kept, scale: Scale, threshold: Threshold, names: Sequence[str]
) -> tuple[list[OpenCandidate], Doubts]:
    """The questions that could change the report, longest first, and where one of them may be a brand of `names`.
    Sightings too small or unclear to qualify are left out, and questions that have no other."""
    everything = [found for question in questions for found in question.sightings]
    counts = [len(question.sightings) for question in questions]
    whose = np.repeat(np.arange(len(questions)), counts)
    frame = kept.places(np.fromiter((found.seq for found in everything), np.int64, len(everything)))
    passes, outline = candidates_qualify(everything, kept.size_px[frame], scale, threshold)
    start_us, end_us = kept.within_shot(
        frame, to_us(found.start_s for found in everything), to_us(found.end_s for found in everything)
    )
    good = np.flatnonzero(passes & (end_us > start_us))
    seconds = rounded(to_s(lengths_us(whose[good], start_us[good], end_us[good], len(questions))))
    first_row = np.cumsum([0, *counts])
    best = {int(question): int(row) for question, row in zip(whose[good][::-1], good[::-1], strict=True)}
    is_good = set(good.tolist())
    shown = []
    for number, row in sorted(best.items()):
        question = questions[number]
        clearest = int(first_row[number]) + question.best
        row = clearest if clearest in is_good else row
        picture = kept.frames[frame[row]].frame
        _, corners = next(geometry.in_frame(outline[row : row + 1]))
        shown.append(
            OpenCandidate(
                t_s=picture.pts_s,
                polygon=geometry.corner_list(corners[0]),
                text=question.text,
                reason=question.reason,
                nearest_brand=question.nearest_brand,
                seconds=seconds[number],
                frame=picture,
            )
        )
    shown.sort(key=lambda candidate: (-candidate.seconds, candidate.t_s, candidate.text))
    numbers = {name: number for number, name in enumerate(names)}
    nearest = np.array([numbers.get(question.nearest_brand or "", -1) for question in questions], np.int64)[whose]
    doubtful = good[nearest[good] >= 0]
    return shown, Doubts(brand=nearest[doubtful], start_us=start_us[doubtful], end_us=end_us[doubtful])
