"""How far a reading is from a name, when some letters are easily taken for others.

A weighted edit distance (Wagner and Fischer 1974) with free text before and behind the name (Sellers 1980), and extra
steps for two letters that look like one, with costs learnt from what the reader makes of drawn text (Kolak and Resnik
2002 learn theirs from OCR): `python -m training.confusions` writes them into confusion.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from detection.matching.alike import LETTERS, OTHER, TABLE
from mpr.pipeline.codec import Record

WRONG = 1.0
"""Cost of a letter that is not taken for the other more than for any."""
LIKE = 0.3
"""Up to this cost a letter is so like another that it may as well stand for it at the ends of a name."""
LOST = 1.3
"""Cost of a letter that is missing or additional inside a word, which readers do less often than misread one; and of
another first or last letter, by which words are told apart ("finance" is not "Binance")."""
END = 1.5
"""Cost of a missing first or last letter, and of one more behind a name: it makes another word of it ("general" is not
"Generali", "Castellon" not "Castello")."""

# Costs are compared as floats that were added up in another order.
_EVEN = 1e-4
# No way leads over letters that a shorter text does not have.
_NEVER = np.float32(1e4)
# Pairs in one go, texts of about one length: few enough for a processor's nearest memory.
_TOGETHER = 512

Floats = NDArray[np.float32]
Counts = NDArray[np.int32]


class Place(Record):
    """Where a name was found in a text: [start, end) of its letters, and at what cost."""

    start: int
    end: int
    cost: float


def fold(letters: str) -> str:
    """Letters with the strongest look-alikes made equal, for fast filters; the length stays the same."""
    return letters.translate(TABLE.folds)


def swap(one: str, other: str) -> float:
    """Cost of one letter for the other."""
    if one == other:
        return 0.0
    return round(float(TABLE.swap[LETTERS[ord(one)], LETTERS[ord(other)]]), 3)


def places(name: str, text: str, limit: float) -> tuple[Place, ...]:
    """Every end in `text` at which `name` can end for at most `limit`, each with its cheapest start, best first.

    Both are letters as `normalise` gives them. A name that is there as it is has no other places.
    """
    return places_of([(name, text, limit)])[0]


def places_of(asked: Iterable[tuple[str, str, float]]) -> list[tuple[Place, ...]]:
    """`places` of many names and texts, which is far faster together than one by one."""
    questions = list(asked)
    found: list[tuple[Place, ...]] = [()] * len(questions)
    inexact = []
    for number, (name, text, _) in enumerate(questions):
        if name in text:
            found[number] = _exact(name, text)
        else:
            inexact.append(number)
    inexact.sort(key=lambda number: len(questions[number][1]))
    for first in range(0, len(inexact), _TOGETHER):
        # The longest names first: those that have ended are the last rows.
        some = sorted(inexact[first : first + _TOGETHER], key=lambda number: -len(questions[number][0]))
        for number, ends in zip(some, _ends([questions[number] for number in some]), strict=True):
            found[number] = ends
    return found


def _exact(name: str, text: str) -> tuple[Place, ...]:
    found = []
    at = text.find(name)
    while at >= 0:
        found.append(Place(start=at, end=at + len(name), cost=0.0))
        at = text.find(name, at + 1)
    return tuple(found)


def _ends(questions: Sequence[tuple[str, str, float]]) -> list[tuple[Place, ...]]:
    """Places of names in texts; the longest names must come first."""
    names, texts, limits = zip(*questions, strict=True)
    lengths = np.array([len(name) for name in names])
    ends = np.array([len(text) for text in texts])
    costs, starts = _last_rows(_points(names, int(lengths[0])), lengths, _points(texts, int(ends.max())))
    columns = np.arange(costs.shape[1])
    wanted = (costs <= np.array(limits)[:, None] + _EVEN) & (columns > starts) & (columns <= ends[:, None])
    found: list[list[Place]] = [[] for _ in texts]
    rows, at = np.nonzero(wanted)
    for row, start, end, cost in zip(
        rows.tolist(), starts[rows, at].tolist(), at.tolist(), costs[rows, at].tolist(), strict=True
    ):
        found[row].append(Place(start=start, end=end, cost=round(cost, 3)))
    return [tuple(sorted(some, key=lambda place: (place.cost, place.start, place.end))) for some in found]


def _last_rows(name_points: Counts, lengths: Counts, text_points: Counts) -> tuple[Floats, Counts]:
    """What it costs at least that the names end before each letter of the texts, and where they then start.

    One row of the usual table at a time, for all names and texts at once. An additional letter leads from cell to cell
    within a row: with X as the cost of all letters up to a cell, the cheapest way there costs X more than the least of
    (cost - X) so far.
    """
    name, text = LETTERS[name_points], LETTERS[text_points]
    rows, width = text.shape
    so_far = np.zeros((rows, width + 1), np.float32)
    np.cumsum(np.where(text_points == 0, _NEVER, TABLE.extra[text]), axis=1, out=so_far[:, 1:])
    doubles = text[:, :-1] * (OTHER + 1) + text[:, 1:]
    columns = np.arange(width + 1, dtype=np.int32)
    last_costs, last_starts = np.empty((rows, width + 1), np.float32), np.empty((rows, width + 1), np.int32)
    costs, starts = np.zeros((rows, width + 1), np.float32), np.tile(columns, (rows, 1))
    older, older_starts = costs, starts
    for i in range(int(lengths[0])):
        # The first rows have this letter, and fewer go on behind it.
        rows, on = _longer(lengths, i), _longer(lengths, i + 1)
        costs, starts, older, older_starts = costs[:rows], starts[:rows], older[:rows], older_starts[:rows]
        letter, here_text = name[:rows, i, None], text[:rows]
        swap = TABLE.swap[letter, here_text]
        ending = slice(on if i else 0, None)
        swap[ending] *= np.where(swap[ending] > LIKE, LOST / WRONG, 1.0)
        swap[text_points[:rows] == name_points[:rows, i, None]] = 0.0
        # The last letter but one counts as an end too, or the last could stand in for it ("general", "Generali").
        missing = TABLE.missing[letter]
        missing[_longer(lengths, i + 2) if i else 0 :] = END
        here, froms = costs + missing, starts.copy()
        froms[:, 0] = 0
        _take(here[:, 1:], froms[:, 1:], costs[:, :-1] + swap, starts[:, :-1])
        _take(here[:, 2:], froms[:, 2:], costs[:, :-2] + TABLE.pair[doubles[:rows], letter], starts[:, :-2])
        if i:
            pair = name[:rows, i - 1, None] * (OTHER + 1) + letter
            _take(here[:, 1:], froms[:, 1:], older[:, :-1] + TABLE.pair[pair, here_text], older_starts[:, :-1])
        last_costs[on:rows], last_starts[on:rows] = here[on:], froms[on:]
        left = here - so_far[:rows]
        least = np.minimum.accumulate(left, axis=1)
        via = np.maximum.accumulate(np.where(left <= least + _EVEN, columns, 0), axis=1)
        older, older_starts = costs, starts
        costs, starts = least + so_far[:rows], froms[np.arange(rows)[:, None], via]
    return last_costs, last_starts


def _longer(lengths: Counts, least: int) -> int:
    """How many of the lengths, which fall, are greater."""
    return int(np.searchsorted(-lengths, -least, side="left"))


def _take(costs: Floats, starts: Counts, other: Floats, other_starts: Counts) -> None:
    """Put the other way in where it is cheaper."""
    better = other < costs - _EVEN
    np.copyto(costs, other, where=better)
    np.copyto(starts, other_starts, where=better)


def _points(texts: Sequence[str], width: int) -> Counts:
    """The texts' code points, padded with 0."""
    padded = "".join(text.ljust(width, "\0") for text in texts)
    return np.frombuffer(padded.encode("utf-32-le"), np.int32).reshape(len(texts), width)
