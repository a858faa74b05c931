"""From readings to sightings of brands, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detection.matching import geometry
from detection.matching.cells import Cell
from detection.matching.joining import Joined, Piece, join
from detection.matching.lexicon import Lexicon
from detection.matching.normal import normalise
from detection.matching.reading import Found
from detection.matching.scoreboard import Panels, is_code
from detection.records import BrandMatch, TextCandidate


def read_frame(
    readings: Sequence[TextCandidate],
    found: Mapping[str, Sequence[Found]],
    pieces: Mapping[str, Sequence[Piece]],
    panels: Panels,
    cell: Cell,
    lexicon: Lexicon,
) -> list[BrandMatch]:
    """The brands of one frame, from single boxes and from boxes read together; a longer name read from several boxes
    takes the place of what its boxes say alone."""
    joined = [_together(one, readings, cell) for one in join(readings, pieces, lexicon)]
    joined = [match for match in joined if match.confidence >= lexicon.rules.min_confidence]
    taken = {box for match in joined for box in match.boxes}
    alone = [
        match
        for reading in readings
        if reading.box not in taken
        for one in found[reading.text]
        if _is_sure(reading, one, panels, lexicon)
        for match in (_alone(reading, one, cell),)
    ]
    return sorted([*joined, *alone], key=lambda match: (match.brand, match.boxes, match.quad))


def _is_sure(reading: TextCandidate, found: Found, panels: Panels, lexicon: Lexicon) -> bool:
    if found.short:
        return reading.score >= lexicon.rules.min_short_confidence and not (
            is_code(reading.text) and panels.hold(reading)
        )
    return reading.score >= lexicon.rules.min_confidence


def _alone(reading: TextCandidate, found: Found, cell: Cell) -> BrandMatch:
    normal = normalise(reading.text)
    whole = found.start == 0 and found.end == len(normal.letters)
    quad = reading.quad if whole else geometry.part(reading.quad, normal.places[found.start], normal.places[found.end])
    return BrandMatch(
        seq=reading.seq,
        boxes=[reading.box],
        quad=quad,
        brand=found.spelling.brand,
        text=reading.text,
        confidence=round(reading.score * found.likeness, 4),
        sharpness=reading.sharpness,
        contrast=reading.contrast,
        method="ocr",
        start_s=cell.start_s,
        end_s=cell.end_s,
        boundary_error_s=cell.boundary_error_s,
    )


def _together(joined: Joined, readings: Sequence[TextCandidate], cell: Cell) -> BrandMatch:
    members = [readings[number] for number in joined.members]
    letters = [max(1, len(normalise(member.text).letters)) for member in members]

    def mean(values: Sequence[float]) -> float:
        return sum(value * weight for value, weight in zip(values, letters, strict=True)) / sum(letters)

    return BrandMatch(
        seq=members[0].seq,
        boxes=sorted(member.box for member in members),
        quad=geometry.outline([member.quad for member in members]),
        brand=joined.spelling.brand,
        text=" ".join(member.text.strip() for member in members),
        confidence=round(mean([member.score for member in members]) * joined.likeness, 4),
        sharpness=round(mean([member.sharpness for member in members]), 3),
        contrast=round(mean([member.contrast for member in members]), 4),
        method="ocr",
        start_s=cell.start_s,
        end_s=cell.end_s,
        boundary_error_s=cell.boundary_error_s,
    )
