"""The brands of a session, prepared for comparing."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from detection.matching.normal import normalise
from detection.matching.rules import Rules
from detection.records import BrandName
from mpr.pipeline.codec import Record


class Spelling(Record):
    """One way to write a brand. `cuts` are the positions between its words, both ends included; `budget` is the cost
    of misread letters that still passes."""

    brand: str
    text: str
    letters: str
    cuts: tuple[int, ...]
    accents: tuple[int, ...]
    budget: float


class Lexicon:
    """All spellings, those of several brands under the first brand's name, in a stable order.

    `short` maps the letters of names that must be exact to their spellings, `long` lists the others.
    """

    def __init__(self, brands: Iterable[BrandName], rules: Rules) -> None:
        self.rules = rules
        self.spellings = tuple(_spellings(brands, rules))
        self.long = tuple(one for one in self.spellings if len(one.letters) > rules.short_letters)
        self.short: dict[str, list[Spelling]] = defaultdict(list)
        for one in self.spellings:
            if len(one.letters) <= rules.short_letters:
                self.short[one.letters].append(one)


def budget(words: Iterable[str], rules: Rules) -> float:
    """The cost of misread letters that a name of these words may have: longer words allow more."""
    return round(sum(max(0.0, len(word) - rules.sure_letters) / rules.letters_per_error for word in words), 3)


def core(text: str) -> str:
    """A text without spaces and outer signs, in folded case: what a name of one or two letters must equal."""
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    kept = [index for index, char in enumerate(folded) if char.isalnum()]
    return folded[kept[0] : kept[-1] + 1] if kept else ""


def _spellings(brands: Iterable[BrandName], rules: Rules) -> list[Spelling]:
    seen: set[str] = set()
    found = []
    for brand in sorted(brands, key=lambda one: one.name):
        for text in (brand.name, *brand.aliases):
            normal = normalise(text)
            # Names of one or two letters are told apart by their signs too: “H&M” is not “HM”.
            key = normal.letters if len(normal.letters) > 2 else core(text)
            if not normal.letters or key in seen:
                continue
            seen.add(key)
            cuts = normal.breaks
            words = [normal.letters[start:end] for start, end in pairwise(cuts)]
            found.append(
                Spelling(
                    brand=brand.name,
                    text=text,
                    letters=normal.letters,
                    cuts=cuts,
                    accents=normal.accents,
                    budget=budget(words, rules),
                )
            )
    return found
