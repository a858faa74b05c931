"""The table of letters that are taken for one another, as it ships."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from mpr.pipeline.codec import Record

KNOWN = "abcdefghijklmnopqrstuvwxyz0123456789"
OTHER = len(KNOWN)
"""Number of every letter that nothing was learnt about."""
_POINTS = 0x110000


class Learnt(Record):
    """What confusion.json holds. Costs run from 0 for what is always taken for the other to 1 for what is not taken for
    it more often than for any other letter; what is not listed costs `lost` where a letter is missing or additional,
    else 1. `swap` and `pair` have the letters together as keys: "0o", and "rnm" for "rn" that look like "m"."""

    swap: dict[str, float]
    pair: dict[str, float]
    missing: dict[str, float]
    extra: dict[str, float]
    lost: float
    fold: list[str]


class Table:
    """The costs as arrays over numbers of letters: `swap[name, text]`, `missing[name]`, `extra[text]`, and
    `pair[first · (OTHER + 1) + second, letter]` for two letters of either and one of the other. `folds` is for
    `str.translate`."""

    def __init__(self, learnt: Learnt) -> None:
        number = {letter: place for place, letter in enumerate(KNOWN)}
        self.swap = np.ones((OTHER + 1, OTHER + 1), np.float32)
        np.fill_diagonal(self.swap[:OTHER, :OTHER], 0.0)
        for both, cost in learnt.swap.items():
            one, other = (number[letter] for letter in both)
            self.swap[one, other] = self.swap[other, one] = cost
        self.pair = np.full(((OTHER + 1) ** 2, OTHER + 1), np.inf, np.float32)
        for three, cost in learnt.pair.items():
            first, second, single = (number[letter] for letter in three)
            self.pair[first * (OTHER + 1) + second, single] = cost
        self.missing = np.full(OTHER + 1, learnt.lost, np.float32)
        for letter, cost in learnt.missing.items():
            self.missing[number[letter]] = cost
        self.extra = np.full(OTHER + 1, learnt.lost, np.float32)
        for letter, cost in learnt.extra.items():
            self.extra[number[letter]] = cost
        self.folds = {ord(letter): alike[0] for alike in learnt.fold for letter in alike[1:]}


def _numbers() -> NDArray[np.int32]:
    numbers = np.full(_POINTS, OTHER, np.int32)
    numbers[[ord(letter) for letter in KNOWN]] = np.arange(OTHER)
    return numbers


LETTERS = _numbers()
"""The number of every code point's letter."""

TABLE = Table(msgspec.json.decode(Path(__file__).with_name("confusion.json").read_bytes(), type=Learnt))
