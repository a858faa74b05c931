"""One text out of several readings of it: readings are aligned and vote letter by letter (ROVER, Fiscus 1997)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

# Fewer readings have no majority.
_LEAST = 3
# What has fewer letters is a number; those change, and no brand is among them.
_LETTERS = 3


def consensus(readings: Sequence[tuple[str, float]]) -> str:
    """The text that most readings agree on letter by letter, each with its score as its weight; "" where there is no
    more to it than in one of the readings."""
    weights: dict[str, float] = defaultdict(float)
    for text, weight in readings:
        weights[text] += weight
    half = sum(weights.values()) / 2
    if len(readings) < _LEAST or max(weights.values()) >= half:
        return ""
    if all(sum(map(str.isalpha, text)) < _LETTERS for text in weights):
        return ""
    pivot = max(readings, key=lambda one: (_agreement(one[0], readings), one[0]))[0]
    votes: list[dict[str, float]] = [defaultdict(float) for _ in pivot]
    gaps: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for text, weight in readings:
        for step in Levenshtein.opcodes(pivot, text):
            theirs = text[step.dest_start : step.dest_end]
            if step.tag == "insert":
                gaps[step.src_start][theirs] += weight
            for offset, place in enumerate(range(step.src_start, step.src_end)):
                votes[place][theirs[offset] if step.tag in ("equal", "replace") else ""] += weight
    out = []
    for place in range(len(pivot) + 1):
        out += [text for text, weight in gaps[place].items() if weight > half] if place in gaps else []
        if place < len(pivot):
            out.append(max(votes[place].items(), key=lambda vote: (vote[1], vote[0] == pivot[place], vote[0]))[0])
    agreed = "".join(out).strip()
    return "" if agreed in weights else agreed


def _agreement(text: str, readings: Sequence[tuple[str, float]]) -> float:
    return sum(weight * Levenshtein.normalized_similarity(text, other) for other, weight in readings)
