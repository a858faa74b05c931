"""Invented brand names, and text that is on no list.

Names are put together from syllables, so that every seed has its own: short and long, of one and of several words. Any
likeness to a real company is chance. Names of one clip differ clearly from each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from detection.sample.cast import TRADES, Brand

_ONSETS = (
    "b",
    "br",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "qu",
    "r",
    "s",
    "sk",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "z",
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ei", "ou", "y")
_CODAS = ("", "", "l", "m", "n", "r", "s", "t", "x", "nd", "rt", "ck")
_ENDINGS = ("o", "a", "ex", "ico", "ara", "ine", "us", "ley", "ton", "wick", "mere", "on", "eta", "ivo")
_FIRST_WORDS = (
    "Amber",
    "Blue",
    "Copper",
    "Double",
    "Grand",
    "Hollow",
    "Iron",
    "Little",
    "Marble",
    "North",
    "Old",
    "Paper",
    "Quiet",
    "River",
    "Silver",
    "Twin",
    "Velvet",
    "Winter",
)
_SECOND_WORDS = (
    "Anchor",
    "Badger",
    "Comet",
    "Fern",
    "Harbour",
    "Kettle",
    "Lantern",
    "Meadow",
    "Otter",
    "Pine",
    "Quarry",
    "Sparrow",
    "Thistle",
    "Vale",
    "Willow",
)
_MOST_ALIKE = 62

# Running text of news, results and signs. None of it is a brand.
SENTENCES = (
    "Heavy rain is expected in the northern valleys before the weekend",
    "The council meets on Thursday to discuss the new cycle lanes",
    "Traffic on the ring road moves slowly after a minor accident",
    "Der Stadtrat beschließt den Umbau der alten Markthalle",
    "Die Entscheidungen über den Haushalt werden auf Montag verschoben",
    "Les travaux du pont commenceront au printemps prochain",
    "La circulation sera interrompue pendant toute la matinée",
    "El ayuntamiento abrirá tres nuevas bibliotecas este otoño",
    "Toplantı gelecek hafta aynı saatte yeniden yapılacak",
    "Wczorajsze spotkanie zakończyło się bez rozstrzygnięcia",
    "Городской совет обсудит расписание пригородных поездов",
    "Το συμβούλιο συνεδριάζει ξανά την επόμενη εβδομάδα",
    "Forecast for tomorrow: sunny intervals, light winds from the west",
    "Results: Northgate 2 Eastham 1, Millbrook 0 Southfield 0",
    "La temperatura massima prevista per domani è di ventitré gradi",
    "De vergadering over het nieuwe zwembad is uitgesteld",
)
SIGNS = (
    "EXIT",
    "STATION",
    "CITY CENTRE",
    "ONE WAY",
    "PARKING",
    "PLATFORM 4",
    "NO ENTRY",
    "LIBRARY",
    "AUSGANG",
    "BAHNHOF",
    "SORTIE",
    "HÔPITAL",
    "SALIDA",
    "TAXI",
    "TICKETS",
    "WAY OUT",
    "SECTION C",
    "GATE 12",
    "TOILETS",
    "KEEP LEFT",
)
SLOGANS = ("SAFETY FIRST", "FAIR PLAY", "RESPECT", "WELCOME FANS", "THANK YOU", "STAY TUNED", "HOME OF SPORT")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The brands of a clip: those that are shown, and those that are only on its list."""

    shown: tuple[Brand, ...]
    absent: tuple[Brand, ...]

    @property
    def listed(self) -> tuple[Brand, ...]:
        return tuple(sorted((*self.shown, *self.absent), key=lambda brand: brand.name))


def choose_names(rng: np.random.Generator, *, shown: int, absent: int) -> Names:
    """Brands in the mixture of a real list: every fifth short, every fourth of several words, some long."""
    brands: list[Brand] = []
    while len(brands) < shown + absent:
        name = _name(rng, len(brands))
        if all(_unlike(name, other.name) for other in brands):
            brands.append(Brand(name=name, aliases=_aliases(name, rng)))
    order = rng.permutation(len(brands))
    mixed = [brands[index] for index in order]
    return Names(shown=tuple(mixed[:shown]), absent=tuple(mixed[shown:]))


def within_words(rng: np.random.Generator, count: int) -> tuple[Brand, ...]:
    """Names that stand inside longer words of SENTENCES, where nobody would read them as names."""
    words = sorted({word for text in SENTENCES for word in re.findall(r"[A-Za-z]{10,}", text)})
    found = []
    for index in rng.permutation(len(words))[:count]:
        word = words[index]
        start = int(rng.integers(2, 4))
        found.append(Brand(name=word[start : start + int(rng.integers(4, 7))].capitalize(), aliases=()))
    return tuple(found)


def _name(rng: np.random.Generator, place: int) -> str:
    if place % 5 == 0:
        return _short(rng)
    if place % 4 == 1:
        first, second = str(rng.choice(_FIRST_WORDS)), str(rng.choice(_SECOND_WORDS))
        return f"{first} {second}" if rng.random() < 0.7 else f"{first} {_word(rng, 1)}"
    if place % 11 == 3:
        return f"{_word(rng, 1)} {int(rng.integers(3, 99))}"
    return _word(rng, int(rng.choice([1, 2, 2, 3])))


def _short(rng: np.random.Generator) -> str:
    """Three or four letters."""
    letters = [
        str(rng.choice(list("bdfgklmnprtvwz"))),
        str(rng.choice(list("aeiou"))),
        str(rng.choice(list("kmnqrvxz"))),
    ]
    if rng.random() < 0.4:
        letters.append(str(rng.choice(list("aeio"))))
    return "".join(letters).upper() if rng.random() < 0.6 else "".join(letters).capitalize()


def _word(rng: np.random.Generator, syllables: int) -> str:
    parts = [f"{rng.choice(_ONSETS)}{rng.choice(_VOWELS)}{rng.choice(_CODAS)}" for _ in range(syllables)]
    return ("".join(parts) + str(rng.choice(_ENDINGS))).capitalize()


def _aliases(name: str, rng: np.random.Generator) -> tuple[str, ...]:
    joined = (name.replace(" ", ""),) if " " in name else ()
    return (*joined, f"{name} {rng.choice(TRADES)}") if rng.random() < 0.5 else joined


def _unlike(first: str, second: str) -> bool:
    one, other = (re.sub(r"[^a-z0-9]", "", name.lower()) for name in (first, second))
    return one not in other and other not in one and fuzz.ratio(one, other) <= _MOST_ALIKE
