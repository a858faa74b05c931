"""Readings that name no brand but deserve a look by a model or a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from detection.matching import geometry
from detection.matching.cells import Cell
from detection.matching.lexicon import Lexicon
from detection.matching.normal import normalise
from detection.matching.rules import Rules
from detection.matching.scoreboard import Panels, has_shape, is_code
from detection.records import Candidate, KeptFrame, Question, TextCandidate

_CHUNK = 4096


def ask(
    readings: Iterable[TextCandidate],
    kept: Mapping[int, KeptFrame],
    cells: Mapping[int, Cell],
    panels: Mapping[int, Panels],
    lexicon: Lexicon,
) -> list[Question]:
    """Questions about unmatched readings, the weightiest first: those long in view and like a brand.

    The same reading within one shot is one question.
    """
    rules = lexicon.rules
    grouped: dict[tuple[int, str], list[TextCandidate]] = defaultdict(list)
    for reading in readings:
        frame = kept[reading.seq]
        if _is_text(reading, frame, rules) and not (is_code(reading.text) and panels[frame.shot].hold(reading)):
            grouped[frame.shot, normalise(reading.text).letters].append(reading)
    nearest = nearest_brands({letters for _, letters in grouped}, lexicon)
    weighed = []
    for (shot, letters), group in grouped.items():
        brand, score = nearest[letters]
        reason = _reason(group, kept, brand, score, rules)
        if reason:
            question = _question(group, cells, reason, brand if score >= rules.near_score else None, score)
            weighed.append((-_weight(group, kept, score), shot, letters, question))
    weighed.sort(key=lambda one: one[:3])
    return [question for *_, question in weighed[: rules.max_questions]]


def nearest_brands(texts: Iterable[str], lexicon: Lexicon) -> dict[str, tuple[str | None, float]]:
    """The most similar brand to each normal form, and how similar, 0 to 1 (letters in common by edit distance)."""
    distinct = sorted(texts)
    names = [spelling.letters for spelling in lexicon.spellings]
    if not names:
        return dict.fromkeys(distinct, (None, 0.0))
    found: dict[str, tuple[str | None, float]] = {}
    for start in range(0, len(distinct), _CHUNK):
        chunk = distinct[start : start + _CHUNK]
        scores = np.asarray(process.cdist(chunk, names, scorer=Levenshtein.normalized_similarity, dtype=np.float32))
        for text, row in zip(chunk, scores, strict=True):
            best = int(row.argmax())
            score = round(float(row[best]), 4)
            found[text] = (lexicon.spellings[best].brand if score > 0 else None, score)
    return found


def _is_text(reading: TextCandidate, frame: KeptFrame, rules: Rules) -> bool:
    normal = normalise(reading.text)
    return (
        reading.score >= rules.min_unresolved_confidence
        and sum(char.isalpha() for char in normal.letters) >= rules.min_unresolved_letters
        and len(reading.text.split()) <= rules.max_unresolved_words
        and geometry.height(reading.quad) >= rules.min_unresolved_height * frame.frame.height_px
        and not has_shape(reading.text)
    )


def _reason(
    group: Sequence[TextCandidate], kept: Mapping[int, KeptFrame], brand: str | None, score: float, rules: Rules
) -> str:
    if brand and score >= rules.near_score:
        return f"Like “{brand}”, but not enough to be sure."
    frames = len({reading.seq for reading in group})
    if frames >= rules.prominent_frames:
        return f"No brand of this name; read in {frames} frames."
    if any(_is_tall(reading, kept[reading.seq], rules) for reading in group):
        return "No brand of this name; large in the picture."
    return ""


def _is_tall(reading: TextCandidate, frame: KeptFrame, rules: Rules) -> bool:
    return geometry.height(reading.quad) >= rules.prominent_height * frame.frame.height_px


def _weight(group: Sequence[TextCandidate], kept: Mapping[int, KeptFrame], score: float) -> float:
    """Seconds in view, counted up to double for what is like a brand."""
    seconds = sum(kept[seq].end_s - kept[seq].start_s for seq in {reading.seq for reading in group})
    return round(seconds * (1 + score), 6)


def _question(
    group: Sequence[TextCandidate], cells: Mapping[int, Cell], reason: str, brand: str | None, score: float
) -> Question:
    clearest = max(range(len(group)), key=lambda place: (group[place].score * group[place].sharpness, -place))
    return Question(
        text=group[clearest].text,
        reason=reason,
        nearest_brand=brand,
        nearest_score=score,
        sightings=[
            Candidate(
                seq=reading.seq,
                box=reading.box,
                quad=reading.quad,
                sharpness=reading.sharpness,
                contrast=reading.contrast,
                start_s=cells[reading.seq].start_s,
                end_s=cells[reading.seq].end_s,
                boundary_error_s=cells[reading.seq].boundary_error_s,
            )
            for reading in group
        ],
        best=clearest,
    )
