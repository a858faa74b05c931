"""From counted steps to costs.

A step that the reader takes with probability p costs by -log p, between the most for what happens no more often than
any mistake (1, or `lost` for a letter that is missing or additional) and `_LEAST` for what happens at a rate of
`_COMMON`; `_CURVE` keeps what is in between rather dear. Swaps are made symmetric by the mean of both rates: whether a
name has the one letter or the other, a typeface that draws them alike may be on the board.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log

from detection.matching.alike import KNOWN, Learnt
from training.confusions.aligning import Price, Step, plain_price, steps

_COMMON = 0.04
_LEAST = 0.22
_CURVE = 0.8
_LOST = 1.3
# A digit in the place of a letter makes no other word, so it is told from the name the more surely.
_DIGIT = 0.7
# Mistakes seen less often than this say nothing.
_SEEN = 3
# Two letters taken for one must be that much likelier than a swap and a loss by chance.
_PAIR_COST = 0.75
_FOLD_COST = 0.4
"""Letters that cost no more than this from one another are folded for the fast filters."""


def count(lines: Iterable[tuple[str, str]]) -> tuple[Counter[Step], Counter[str]]:
    """How often each step was taken, and how often each letter and each two letters were drawn.

    Lines are aligned twice: at plain prices, and at those that follow from the first time.
    """
    kept = [(drawn, read) for drawn, read in lines if set(drawn + read) <= set(KNOWN)]
    drawn_letters = Counter(letter for drawn, _ in kept for letter in drawn)
    drawn_letters.update(drawn[at : at + 2] for drawn, _ in kept for at in range(len(drawn) - 1))
    first = _steps(kept, None)
    return _steps(kept, learnt(first, drawn_letters)), drawn_letters


def learnt(taken: Counter[Step], drawn: Counter[str]) -> Learnt:
    """The table of costs; what costs no less than any other mistake is left out."""
    letters = sum(number for text, number in drawn.items() if len(text) == 1)
    wrong = sum(number for (one, other), number in taken.items() if one != other and len(one) == len(other) == 1)
    rare = max(1, wrong) / letters / (len(KNOWN) - 1)

    def rate(before: str, after: str) -> float:
        return taken[before, after] / max(1, drawn[before])

    swap = {}
    for place, one in enumerate(KNOWN):
        for other in KNOWN[place + 1 :]:
            seen = taken[one, other] + taken[other, one]
            chance = (rate(one, other) + rate(other, one)) / 2
            if seen >= _SEEN and (cost := _cost(chance, rare, 1.0)) < 1.0:
                mixed = one.isdigit() != other.isdigit()
                swap[one + other] = max(_LEAST, round(cost * _DIGIT, 2)) if mixed else cost
    missing = {one: _cost(rate(one, ""), rare, _LOST) for one in KNOWN if taken[one, ""] >= _SEEN}
    extra = {one: _cost(taken["", one] / letters * len(KNOWN), rare, _LOST) for one in KNOWN if taken["", one] >= _SEEN}
    pair = {}
    for (before, after), seen in sorted(taken.items()):
        if len(before) + len(after) == 3 and seen >= _SEEN:
            double, single = (before, after) if len(before) == 2 else (after, before)
            chance = max(rate(double, single), rate(single, double))
            if (cost := _cost(chance, rare, _LOST)) <= _PAIR_COST:
                pair[double + single] = cost
    return Learnt(
        swap=swap,
        pair=pair,
        missing={letter: cost for letter, cost in missing.items() if cost < _LOST},
        extra={letter: cost for letter, cost in extra.items() if cost < _LOST},
        lost=_LOST,
        fold=_folds(swap),
    )


def _cost(chance: float, rare: float, most: float) -> float:
    """Bounded to [_LEAST, most], to two decimals."""
    if chance <= rare:
        return most
    share = min(1.0, log(chance / rare) / log(_COMMON / rare))
    return round(_LEAST + (most - _LEAST) * float((1 - share) ** _CURVE), 2)


def _folds(swap: dict[str, float]) -> list[str]:
    """Groups of letters of which any two are alike, the likest first."""
    groups: list[str] = []
    for both, cost in sorted(swap.items(), key=lambda item: (item[1], item[0])):
        if cost > _FOLD_COST:
            break
        one, other = both[0], both[1]
        mine = [group for group in groups if one in group or other in group] or [""]
        whole = "".join(sorted({*one, *other, *"".join(mine)}))
        if all(swap.get(a + b, swap.get(b + a, 1.0)) <= _FOLD_COST for a in whole for b in whole if a != b):
            groups = [group for group in groups if group not in mine] + [whole]
    return sorted(groups)


def _steps(lines: Iterable[tuple[str, str]], known: Learnt | None) -> Counter[Step]:
    price = plain_price if known is None else _price(known)
    taken: Counter[Step] = Counter()
    for drawn, read in lines:
        if drawn != read:
            taken.update(steps(drawn, read, price))
    return taken


def _price(known: Learnt) -> Price:
    swap = {**known.swap, **{key[::-1]: cost for key, cost in known.swap.items()}}

    def price(drawn: str, read: str) -> float:
        if drawn == read:
            return 0.0
        if len(drawn) + len(read) == 3:
            return known.pair.get(drawn + read if len(drawn) == 2 else read + drawn, 2.0)
        if drawn and read:
            return swap.get(drawn + read, 1.0)
        return known.missing.get(drawn, known.lost) if drawn else known.extra.get(read, known.lost)

    return price
