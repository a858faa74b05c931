"""Readings that name no brand but deserve a look by a model or a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from detection.matching import geometry
from detection.matching.lexicon import Lexicon
from detection.matching.normal import normalise
from detection.matching.rules import Rules
from detection.matching.scoreboard import Panels
from detection.matching.seen import Thing
from detection.matching.shape import has_shape, is_code
from detection.records import Candidate, KeptFrame, Quad, Question

_CHUNK = 4096


class Questions:
    """Collects them shot by shot and keeps the weightiest: those long in view and like a brand.

    The same reading within one shot is one question.
    """

    def __init__(self, kept: Mapping[int, KeptFrame], lexicon: Lexicon) -> None:
        self._kept = kept
        self._lexicon = lexicon
        self._weighed: list[tuple[float, int, str, Question]] = []

    def add(self, shots: Mapping[int, tuple[Sequence[Thing], Panels]]) -> None:
        """What of these shots is not settled."""
        rules = self._lexicon.rules
        grouped: dict[tuple[int, str], list[Thing]] = defaultdict(list)
        wordy: dict[str, bool] = {}
        for shot, (things, panels) in shots.items():
            for thing in things:
                if thing.text not in wordy:
                    wordy[thing.text] = _is_wordy(thing.text, rules)
                if (
                    wordy[thing.text]
                    and thing.score >= rules.min_unresolved_confidence
                    and _height_share(thing, self._kept) >= rules.min_unresolved_height
                    and not (is_code(thing.text) and panels.hold(_quad(thing)))
                ):
                    grouped[shot, normalise(thing.text).letters].append(thing)
        nearest = nearest_brands({letters for _, letters in grouped}, self._lexicon)
        for (shot, letters), group in grouped.items():
            brand, score = nearest[letters]
            reason = _reason(group, self._kept, brand, score, rules)
            if reason:
                question = _question(group, reason, brand if score >= rules.near_score else None, score)
                self._weighed.append((-_weight(group, score), shot, letters, question))
        self._weighed.sort(key=lambda one: one[:3])
        del self._weighed[rules.max_questions :]

    def asked(self) -> list[Question]:
        """The weightiest, in that order."""
        return [question for *_, question in self._weighed]


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


def _quad(thing: Thing) -> Quad:
    return thing.sights[thing.best].quad


def _height_share(thing: Thing, kept: Mapping[int, KeptFrame]) -> float:
    return geometry.height(_quad(thing)) / kept[thing.sights[thing.best].seq].frame.height_px


def _is_wordy(text: str, rules: Rules) -> bool:
    return (
        sum(map(str.isalpha, normalise(text).letters)) >= rules.min_unresolved_letters
        and len(text.split()) <= rules.max_unresolved_words
        and not has_shape(text)
    )


def _reason(
    group: Sequence[Thing], kept: Mapping[int, KeptFrame], brand: str | None, score: float, rules: Rules
) -> str:
    if brand and score >= rules.near_score:
        return f"Like “{brand}”, but not enough to be sure."
    frames = len({sight.seq for thing in group for sight in thing.sights})
    if frames >= rules.prominent_frames:
        return f"No brand of this name; read in {frames} frames."
    if any(_height_share(thing, kept) >= rules.prominent_height for thing in group):
        return "No brand of this name; large in the picture."
    return ""


def _weight(group: Sequence[Thing], score: float) -> float:
    """Seconds in view, counted up to double for what is like a brand."""
    seconds = {sight.seq: sight.end_s - sight.start_s for thing in group for sight in thing.sights}
    return round(sum(seconds.values()) * (1 + score), 6)


def _question(group: Sequence[Thing], reason: str, brand: str | None, score: float) -> Question:
    clearest = max(group, key=lambda thing: thing.score * thing.sights[thing.best].sharpness)
    sightings = [(thing, number, sight) for thing in group for number, sight in enumerate(thing.sights)]
    return Question(
        text=clearest.text,
        reason=reason,
        nearest_brand=brand,
        nearest_score=score,
        sightings=[
            Candidate(
                seq=sight.seq,
                box=sight.box,
                quad=sight.quad,
                outline=sight.outline,
                sharpness=sight.sharpness,
                contrast=sight.contrast,
                start_s=sight.start_s,
                end_s=sight.end_s,
                boundary_error_s=sight.boundary_error_s,
                motion=sight.motion,
            )
            for _, _, sight in sightings
        ],
        best=next(
            place for place, (thing, number, _) in enumerate(sightings) if thing is clearest and number == clearest.best
        ),
    )
