"""What is read beside a logo: text of the same brand makes both surer, text of another one speaks against it, and a
question that a logo answers is open no longer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import hypot

from detection.quads import area, bounds, common_area
from detection.records import BrandMatch, Quad, Question

# Text belongs to a logo when it lies on it, or no further away than this many of the larger one's heights.
_REACH = 1.0
# Text of another brand speaks against a logo when it is sure, lies on it, and is no small part of it.
_SURE_TEXT, _ON_IT, _PART_OF_IT = 0.8, 0.6, 0.15
# A question is answered when it is seen together with a logo in a third of its frames or more, and in half of these the
# logo covers half of it, or is its nearest brand's and stands beside it.
_TOGETHER, _ANSWERED, _COVERED = 1 / 3, 0.5, 0.5

Read = Mapping[int, Sequence[BrandMatch]]


def by_frame(matches: Iterable[BrandMatch]) -> Read:
    """What was read, by frame."""
    found: dict[int, list[BrandMatch]] = defaultdict(list)
    for match in matches:
        found[match.seq].append(match)
    return found


def agreeing_text(brand: str, places: Mapping[int, Quad], read: Read) -> BrandMatch | None:
    """The surest reading of the brand on or beside its logo, in any of the frames."""
    beside = [
        match
        for seq, quad in places.items()
        for match in read.get(seq, ())
        if match.brand == brand and is_beside(match.quad, quad)
    ]
    return max(beside, key=lambda match: (match.confidence, -match.seq, match.quad)) if beside else None


def is_contradicted(brand: str, places: Mapping[int, Quad], read: Read) -> bool:
    """Whether another brand is surely read on the logo, in any of the frames."""
    return any(
        match.brand != brand
        and match.confidence >= _SURE_TEXT
        and (shared := common_area(match.quad, quad)) >= _ON_IT * area(match.quad)
        and shared >= _PART_OF_IT * area(quad)
        for seq, quad in places.items()
        for match in read.get(seq, ())
    )


def combined(logo: float, text: float) -> float:
    """How sure two independent witnesses are together."""
    return round(1 - (1 - logo) * (1 - min(text, 1.0)), 4)


def still_open(questions: Sequence[Question], logos: Sequence[BrandMatch]) -> list[Question]:
    """The questions that no logo answers."""
    shown = by_frame(logos)
    return [question for question in questions if not _is_answered(question, shown)]


def is_beside(text: Quad, logo: Quad) -> bool:
    """Whether text lies on a logo or near it."""
    left, top, right, bottom = bounds(text)
    x0, y0, x1, y1 = bounds(logo)
    gap = hypot(max(0.0, x0 - right, left - x1), max(0.0, y0 - bottom, top - y1))
    return gap <= _REACH * max(bottom - top, y1 - y0)


def _is_answered(question: Question, shown: Read) -> bool:
    both = [sighting for sighting in question.sightings if shown.get(sighting.seq)]
    answered = sum(
        any(_answers(logo, sighting.quad, question.nearest_brand) for logo in shown[sighting.seq]) for sighting in both
    )
    return 0 < answered >= _ANSWERED * len(both) and len(both) >= _TOGETHER * len(question.sightings)


def _answers(logo: BrandMatch, quad: Quad, nearest_brand: str | None) -> bool:
    covered = common_area(logo.quad, quad) >= _COVERED * area(quad)
    return covered or (logo.brand == nearest_brand and is_beside(quad, logo.quad))
