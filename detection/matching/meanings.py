"""What texts mean: the brands they name and those they may be a part of. Each distinct text is looked up once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.pieces import Piece, pieces_of
from detection.matching.reading import Found
from detection.matching.rules import Rules
from detection.matching.search import find_all
from mpr.pipeline.codec import Record

# Texts that are remembered; when there are more, those of earlier shots are looked up again if they come back.
_REMEMBERED = 8192


class Meaning(Record):
    """The brands that a text names, and what it is of longer names."""

    found: tuple[Found, ...]
    pieces: tuple[Piece, ...]


_NOTHING = Meaning(found=(), pieces=())


class Meanings:
    """Answers for the texts that were learnt. They outlast a run: whoever tries other thresholds on the same footage
    does not wait for the same texts again."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._known = _known(lexicon.spellings, _of_letters(lexicon.rules))

    def learn(self, texts: Iterable[str]) -> None:
        """Look up what is not known yet, all together."""
        wanted = set(texts)
        if len(self._known.keys() | wanted) > _REMEMBERED:
            self._known.clear()
        new = wanted - self._known.keys()
        pieces = pieces_of(new, self.lexicon)
        for text, found in find_all(new, self.lexicon).items():
            held = pieces.get(text, ())
            self._known[text] = Meaning(found=found, pieces=held) if found or held else _NOTHING

    def of(self, text: str) -> Meaning:
        """What a text means that was learnt."""
        return self._known[text]


@lru_cache(maxsize=1)
def _known(spellings: tuple[Spelling, ...], rules: Rules) -> dict[str, Meaning]:
    """What is known of texts under these rules."""
    return {}


def _of_letters(rules: Rules) -> Rules:
    """The rules with every threshold at its default that does not change what letters mean."""
    return replace(
        Rules(),
        short_letters=rules.short_letters,
        min_short_share=rules.min_short_share,
        min_share=rules.min_share,
        sure_letters=rules.sure_letters,
        letters_per_error=rules.letters_per_error,
        glued_letters=rules.glued_letters,
        glued_ahead_letters=rules.glued_ahead_letters,
        min_glued_share=rules.min_glued_share,
    )
