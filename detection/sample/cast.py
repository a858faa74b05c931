"""Which fictional brands a broadcast has, and who plays: chosen by the seed from pools of invented names.

None of the names is meant to be a real company, club or person. Some listed brands never appear, so that a report can
be wrong by naming them; decoys are text on screen that is on no list.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SHORT_NAMES = ("Pynt", "Zelk", "Quav", "Vemb", "Ozru")
SINGLE_NAMES = (
    "Brindlewick",
    "Fennimoor",
    "Grellowby",
    "Halvedo",
    "Jorvella",
    "Kestrivo",
    "Lumaquist",
    "Mirradine",
    "Orlofen",
    "Skarvanto",
    "Tarrowkin",
    "Tuskerly",
    "Wexhollow",
    "Yondello",
    "Zuvanto",
    "Ibberlane",
)
DOUBLE_NAMES = ("Amber Fintch", "Copper Lanes", "Ninefold Oats", "Paper Lagoon", "Tin Comet", "Velvet Otter")
TRADES = ("Tea", "Energy", "Bank", "Mobile", "Paints", "Air", "Foods", "Insurance")
CLUBS = (("KINGSHOLT", "KHT"), ("BRAMFORD", "BRF"), ("ELDERBY", "ELD"), ("MOSSGATE", "MSG"), ("TARNVALE", "TRV"))
ARENAS = ("TARNSIDE PARK", "MILLBROOK STADIUM", "HOLLOWAY MEADOW", "QUAYSIDE GROUND")
SLOGANS = ("SAFETY FIRST", "FAIR PLAY", "RESPECT THE GAME", "EVERY FAN COUNTS", "THANK YOU FANS")
SURNAMES = ("MARLOWE", "OKONDE", "HARTNEL", "DIAZ-REY", "VANTERPOL", "SORLI", "KEMENY", "ASHDOWN", "BELLUCI", "TRENT")
FORENAMES = ("DANE", "LUKA", "OMAR", "ELIAS", "MATEO", "JONAS")


@dataclass(frozen=True, kw_only=True)
class Brand:
    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """`regular` brands appear again and again, `brief` appears once for about a second, `absent` never.

    `clubs` are (name, code) of home and away; the rest is text that is on no list.
    """

    regular: tuple[Brand, ...]
    brief: Brand
    absent: tuple[Brand, ...]
    clubs: tuple[tuple[str, str], tuple[str, str]]
    arena: str
    slogans: tuple[str, ...]
    surnames: tuple[str, ...]
    coach: str

    @property
    def listed(self) -> tuple[Brand, ...]:
        return tuple(sorted((*self.regular, self.brief, *self.absent), key=lambda brand: brand.name))


def choose_cast(rng: np.random.Generator) -> Cast:
    """Eight regular brands (one of four letters, two of two words), one brief and four absent ones."""
    singles = [_brand(name, rng) for name in rng.permutation(SINGLE_NAMES)]
    doubles = [_brand(name, rng) for name in rng.permutation(DOUBLE_NAMES)]
    shorts = [_brand(name, rng) for name in rng.permutation(SHORT_NAMES)]
    home, away = (CLUBS[index] for index in rng.permutation(len(CLUBS))[:2])
    return Cast(
        regular=(shorts[0], *doubles[:2], *singles[:5]),
        brief=singles[5],
        absent=(singles[6], singles[7], doubles[2], shorts[1]),
        clubs=(home, away),
        arena=str(rng.choice(ARENAS)),
        slogans=tuple(str(text) for text in rng.permutation(SLOGANS)[:3]),
        surnames=tuple(str(name) for name in rng.permutation(SURNAMES)),
        coach=f"{rng.choice(FORENAMES)} {rng.choice(SURNAMES)}",
    )


def write_brands(cast: Cast, path: Path) -> None:
    """The brand list as CSV: canonical_name, aliases separated by `;`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("canonical_name", "aliases"))
        writer.writerows((brand.name, ";".join(brand.aliases)) for brand in cast.listed)


def _brand(name: str, rng: np.random.Generator) -> Brand:
    joined = (name.replace(" ", ""),) if " " in name else ()
    return Brand(name=str(name), aliases=(*joined, f"{name} {rng.choice(TRADES)}"))
