"""Open questions as the report shows them, and where they may hide a brand's exposure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import fsum

import numpy as np

from detection.records import KeptFrame, OpenCandidate, Question, by_seq
from detection.report import geometry
from detection.report.seen import rounded
from detection.report.sightings import Scale, Threshold, candidates_qualify


def open_candidates(
    questions: Sequence[Question], kept: Sequence[KeptFrame], scale: Scale, threshold: Threshold
) -> tuple[list[OpenCandidate], dict[str, frozenset[int]]]:
    """The questions that could change the report, longest first, and by brand the places in `kept` where a question has
    it as its nearest. Sightings too small or unclear to qualify are left out, and questions that have no other."""
    places = {frame.frame.seq: place for place, frame in enumerate(kept)}
    frames = by_seq(kept)
    everything = [found for question in questions for found in question.sightings]
    passes = candidates_qualify(everything, kept, scale, threshold).tolist()
    shown, unsettled = [], defaultdict[str, set[int]](set)
    offset = 0
    for question in questions:
        good = [number for number in range(len(question.sightings)) if passes[offset + number]]
        offset += len(question.sightings)
        if not good:
            continue
        seen_at = {places[question.sightings[number].seq] for number in good}
        if question.nearest_brand is not None:
            unsettled[question.nearest_brand] |= seen_at
        best = question.sightings[question.best if question.best in good else good[0]]
        frame = frames[best.seq].frame
        outline = geometry.outlines(np.array([best.quad], float), np.array([[frame.width_px, frame.height_px]], float))
        shown.append(
            OpenCandidate(
                t_s=frame.pts_s,
                polygon=geometry.corners(geometry.clip(outline)[0]),
                text=question.text,
                reason=question.reason,
                nearest_brand=question.nearest_brand,
                seconds=rounded(fsum(kept[place].end_s - kept[place].start_s for place in sorted(seen_at))),
                frame=frame,
            )
        )
    shown.sort(key=lambda candidate: (-candidate.seconds, candidate.t_s, candidate.text))
    return shown, {brand: frozenset(seen_at) for brand, seen_at in unsettled.items()}
