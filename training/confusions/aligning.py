"""Which letters became which: the cheapest way from what was drawn to what was read."""

from __future__ import annotations

from collections.abc import Callable

# Steps: (drawn letters, read letters), of which at most one side has none and at most one has two.
Step = tuple[str, str]
Price = Callable[[str, str], float]


def plain_price(drawn: str, read: str) -> float:
    """What a step costs before anything is known; two letters for one are rarer than one for one."""
    if drawn == read:
        return 0.0
    return 1.6 if len(drawn) + len(read) == 3 else 1.0


def steps(drawn: str, read: str, price: Price) -> list[Step]:
    """The cheapest steps, in order; the first of equals wins, so the answer is always the same."""
    best: list[list[tuple[float, Step | None]]] = [[(0.0, None)] * (len(read) + 1) for _ in range(len(drawn) + 1)]
    for i in range(len(drawn) + 1):
        for j in range(len(read) + 1):
            options = [
                (best[i - a][j - b][0] + price(drawn[i - a : i], read[j - b : j]), (drawn[i - a : i], read[j - b : j]))
                for a, b in ((1, 1), (1, 0), (0, 1), (2, 1), (1, 2))
                if i >= a and j >= b
            ]
            if options:
                best[i][j] = min(options, key=lambda option: option[0])
    found: list[Step] = []
    i, j = len(drawn), len(read)
    while i or j:
        step = best[i][j][1]
        assert step is not None
        found.append(step)
        i, j = i - len(step[0]), j - len(step[1])
    return found[::-1]
