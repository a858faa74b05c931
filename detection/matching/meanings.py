"""What texts mean: the brands they name and those they may be a part of. Each distinct text is looked up once."""

from __future__ import annotations

from collections.abc import Iterable

from detection.matching.lexicon import Lexicon
from detection.matching.pieces import Piece, pieces_of
from detection.matching.reading import Found
from detection.matching.search import find_all

# Texts that are remembered; when there are more, those of earlier shots are looked up again if they come back.
_REMEMBERED = 20_000


class Meanings:
    """Answers for the texts that were learnt."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._found: dict[str, tuple[Found, ...]] = {}
        self._pieces: dict[str, tuple[Piece, ...]] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Look up what is not known yet, all together."""
        wanted = set(texts)
        if len(self._found) + len(wanted) > _REMEMBERED:
            self._found, self._pieces = {}, {}
        new = wanted - self._found.keys()
        self._found |= find_all(new, self.lexicon)
        self._pieces |= pieces_of(new, self.lexicon)

    def found(self, text: str) -> tuple[Found, ...]:
        """The brands that a text names."""
        return self._found[text]

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """What a text is of longer names."""
        return self._pieces.get(text, ())
