"""How far a reading is from a name, when some letters are easily taken for others.

A weighted edit distance (Wagner and Fischer 1974) with free text before and behind the name (Sellers 1980), and extra
steps for the letter pairs that look like one letter (Kolak and Resnik 2002 do the same for OCR with a learnt table;
this one is small and general).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from mpr.pipeline.codec import Record

STRONG = 0.25
"""Cost of taking one letter for another that many typefaces draw alike."""
WEAK = 0.6
"""Cost of taking one letter for another of much the same outline."""
PAIR = 0.4
"""Cost of taking two letters for one that they look like together."""
THIN = 0.5
"""Cost of a missing or additional thin stroke: borders and gaps make or hide them."""
WRONG = 1.0
"""Cost of any other letter."""
LOST = 1.3
"""Cost of a letter that is missing or additional inside a word, which readers do less often than misread one; and of
another first or last letter, by which words are told apart ("finance" is not "Binance")."""
END = 1.5
"""Cost of a missing first or last letter, and of one more behind a name: it makes another word of it ("general" is not
"Generali", "Castellon" not "Castello")."""

_STRONG_SETS = ("0o", "0d", "0q", "1il", "5s", "8b", "2z", "6g", "6b", "9g", "9q", "4a", "7t", "uv")
_WEAK_SETS = (
    "cg",
    "ce",
    "ef",
    "od",
    "oq",
    "co",
    "gq",
    "hn",
    "ij",
    "lj",
    "it",
    "lt",
    "ft",
    "kx",
    "vy",
    "pr",
    "8s",
    "3b",
)
_PAIRS = {"rn": "m", "vv": "w", "uu": "w", "cl": "d", "ii": "u", "li": "h", "lc": "k", "ri": "n"}
_THIN = frozenset("il1j")

_SWAPS = {
    (first, second): cost
    for sets, cost in ((_WEAK_SETS, WEAK), (_STRONG_SETS, STRONG))
    for group in sets
    for one, other in combinations(group, 2)
    for first, second in ((one, other), (other, one))
}
_FOLD = str.maketrans("0158269", "oisbzgg") | str.maketrans("l47v", "iatu")


class Place(Record):
    """Where a name was found in a text: [start, end) of its letters, and at what cost."""

    start: int
    end: int
    cost: float


def fold(letters: str) -> str:
    """Letters with the strongest look-alikes made equal, for fast filters; the length stays the same."""
    return letters.translate(_FOLD)


@lru_cache(maxsize=65536)
def places(name: str, text: str, limit: float) -> tuple[Place, ...]:
    """Every end in `text` at which `name` can end for at most `limit`, each with its cheapest start, best first.

    Both are letters as `normalise` gives them.
    """
    exact = _exact(name, text)
    if exact:
        return exact
    # costs[j] and starts[j] say how the name's letters so far can end before text[j]; the rows before serve the pairs.
    columns = len(text)
    costs, starts = [0.0] * (columns + 1), list(range(columns + 1))
    older: tuple[list[float], list[int]] = (costs, starts)
    extras = [THIN if letter in _THIN else LOST for letter in text]
    doubles = [_PAIRS.get(text[j - 1 : j + 1]) if j else None for j in range(columns)]
    final = len(name) - 1
    for i, letter in enumerate(name):
        # The last letter but one counts as an end too, or the last could stand in for it ("general", "Generali").
        missing = END if i in (0, final - 1, final) else THIN if letter in _THIN else LOST
        wrong = WRONG if 0 < i < final else LOST
        double = _PAIRS.get(name[i - 1 : i + 1]) if i else None
        here, froms = [costs[0] + missing], [0]
        for j, other in enumerate(text):
            swap = 0.0 if letter == other else _SWAPS.get((letter, other), wrong)
            cost, start = costs[j] + swap, starts[j]
            if costs[j + 1] + missing < cost:
                cost, start = costs[j + 1] + missing, starts[j + 1]
            if i < final and here[j] + extras[j] < cost:
                cost, start = here[j] + extras[j], froms[j]
            if doubles[j] == letter and costs[j - 1] + PAIR < cost:
                cost, start = costs[j - 1] + PAIR, starts[j - 1]
            if double == other and older[0][j] + PAIR < cost:
                cost, start = older[0][j] + PAIR, older[1][j]
            here.append(cost)
            froms.append(start)
        if min(here) > limit + PAIR and min(costs) > limit:
            return ()
        older = (costs, starts)
        costs, starts = here, froms
    found = [
        Place(start=start, end=end, cost=round(cost, 3))
        for end, (cost, start) in enumerate(zip(costs, starts, strict=True))
        if cost <= limit + 1e-9 and end > start
    ]
    return tuple(sorted(found, key=lambda place: (place.cost, place.start, place.end)))


def _exact(name: str, text: str) -> tuple[Place, ...]:
    found = []
    at = text.find(name)
    while at >= 0:
        found.append(Place(start=at, end=at + len(name), cost=0.0))
        at = text.find(name, at + 1)
    return tuple(found)
