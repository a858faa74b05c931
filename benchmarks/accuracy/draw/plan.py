"""Which clips are drawn: each number has its kind, and everything else is drawn from the seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.accuracy.draw.lettering import choose_marks
from benchmarks.accuracy.draw.names import SENTENCES, Names, choose_names, within_words
from benchmarks.accuracy.draw.overlays import Overlay, Plate, Table, Ticker
from benchmarks.accuracy.draw.reel import Reel, Shot
from benchmarks.accuracy.draw.scenes import SCENES, WORDS, Set
from benchmarks.accuracy.draw.shapes import ShapesView
from detection.sample.arena import Arena
from detection.sample.cast import Brand, choose_cast
from detection.sample.figures import Person, shaded
from detection.sample.shots import Director, Slot
from detection.sample.views import View
from detection.sample.wordmarks import Wordmark

# In this order, over and over. "bare" has no text and "words" has other text only: neither shows a brand.
KINDS = ("court", "track", "street", "press", "close", "match", "mixed", "graphics", "bare", "words")
EMPTY_KINDS = frozenset({"bare", "words"})
_MATCH_SHOTS = ("mid", "corner", "close", "wide", "replay", "counter")
_SIZES = ((640, 360), (854, 480), (960, 540), (1280, 720), (1280, 720), (1920, 1080))
# The boards of a football pitch are far away; smaller pictures show none that can be read.
_MATCH_SIZES = ((1280, 720), (1920, 1080))
_RATES = (25, 25, 30)
_LARGE_PX = 1080
_LEAST_SHOT_S = 2.0

Making = Callable[[str, float], View]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One clip before it is drawn. `name` says its number and kind."""

    name: str
    reel: Reel
    names: Names


def plan_clip(number: int, *, seed: int, length_s: float | None = None, size_px: tuple[int, int] | None = None) -> Plan:
    """The clip of that number. The same numbers and seed give the same truth, and on one machine the same bytes."""
    kind = KINDS[number % len(KINDS)]
    sizing, naming, styling, building = (np.random.default_rng([seed, number, concern]) for concern in range(4))
    width_px, height_px = size_px or _size(kind, sizing)
    fps = int(sizing.choice(_RATES))
    wished_s = length_s or float(sizing.uniform(6.0, 8.0 if height_px >= _LARGE_PX else 12.0))
    names = _names(kind, naming)
    marks = choose_marks(names.shown, styling, faint=0.3 if number % 3 == 1 else 0.0)
    made = Set(
        marks=[marks[brand.name] for brand in names.shown], words=() if kind == "bare" else WORDS,
        width_px=width_px, height_px=height_px, fps=fps, rng=building,
    )  # fmt: skip
    if kind == "graphics":
        made.marks = ()
    cuts = _cuts(kind, wished_s, fps, sizing)
    arena = _match_maker(names, marks, made) if kind in ("match", "mixed") else None
    shots = []
    for place, (start_s, end_s) in enumerate(pairwise(cuts)):
        view = _view(_scene(kind, place, sizing), made, end_s - start_s, arena)
        shots.append(
            Shot(view=view, start_s=start_s, end_s=end_s, dissolves=place > 0 and bool(sizing.random() < 0.35))
        )
    reel = Reel(
        shots=shots, overlays=_overlays(kind, names, marks, made, cuts[-1]), width_px=width_px, height_px=height_px,
        brands=[brand.name for brand in names.listed], fps=fps, crf=int(sizing.integers(20, 27)),
    )  # fmt: skip
    return Plan(name=f"{number:03d}-{kind}", reel=reel, names=names)


def write_clip(plan: Plan, folder: Path, *, seed: int) -> None:
    """Draw the clip with its truth and its brand list."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{plan.name}.brands.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("canonical_name,aliases\n")
        file.writelines(f"{brand.name},{';'.join(brand.aliases)}\n" for brand in plan.names.listed)
    plan.reel.write(folder / f"{plan.name}.mp4", folder / f"{plan.name}.truth.json", seed=seed)


def _names(kind: str, rng: np.random.Generator) -> Names:
    if kind not in EMPTY_KINDS:
        return choose_names(rng, shown=int(rng.integers(5, 9)), absent=8)
    listed = choose_names(rng, shown=0, absent=14)
    return replace(listed, absent=(*listed.absent, *within_words(rng, 3))) if kind == "words" else listed


def _size(kind: str, rng: np.random.Generator) -> tuple[int, int]:
    sizes = _MATCH_SIZES if kind == "match" else _SIZES
    return sizes[int(rng.integers(len(sizes)))]


def _cuts(kind: str, length_s: float, fps: int, rng: np.random.Generator) -> list[float]:
    """Where shots begin, and the end, on whole frames."""
    most = max(1, int(length_s / _LEAST_SHOT_S))
    count = min(most, 3 if kind == "mixed" else int(rng.integers(1, 4)))
    weights = rng.uniform(0.7, 1.3, count)
    ends = np.cumsum(weights / weights.sum()) * length_s
    return [0.0, *(round(float(end) * fps) / fps for end in ends)]


def _scene(kind: str, place: int, rng: np.random.Generator) -> str:
    """What a shot shows."""
    if kind == "mixed":
        return str(rng.choice((*SCENES, "match")))
    if kind in ("graphics", "bare"):
        return str(rng.choice((*SCENES, "shapes", "shapes")))
    return str(rng.choice(tuple(SCENES))) if kind == "words" else kind


def _view(scene: str, made: Set, length_s: float, match: Making | None) -> View:
    if scene == "match" and match is not None:
        return match(_MATCH_SHOTS[int(made.rng.integers(len(_MATCH_SHOTS)))], length_s)
    if scene == "shapes":
        return ShapesView(made.rng, made.width_px, made.height_px)
    return SCENES[scene](made, length_s)


def _match_maker(names: Names, marks: dict[str, Wordmark], made: Set) -> Making:
    """Shots of the sample broadcast's match, with this clip's brands on its boards and shirts."""
    rng = made.rng
    cast = replace(choose_cast(rng), regular=names.shown, brief=names.shown[0], absent=names.absent)
    shirts = made.colour(), made.colour()
    fans = (shirts[0], shaded(shirts[0], 1.3), (210, 210, 208))
    director = Director(
        cast=cast, marks=marks, arena=Arena(cast, marks, rng, fans=fans, flash_s=None), figures=made.figures,
        home=_team(made, 8), away=_team(made, 8),
        officials=_team(made, 4, sponsored=0.0), fans=fans, width_px=made.width_px, height_px=made.height_px,
    )  # fmt: skip

    def make(shot: str, length_s: float) -> View:
        slot = Slot(kind=shot, start_s=0.0, end_s=length_s, entrance="cut")
        return director.view(slot, float(rng.uniform(100, 200)), rng)

    return make


def _team(made: Set, count: int, *, sponsored: float = 1.0) -> tuple[Person, ...]:
    return tuple(made.person(sponsored=sponsored) for _ in range(count))


def _overlays(kind: str, names: Names, marks: dict[str, Wordmark], made: Set, length_s: float) -> list[Overlay]:
    """Sponsors' plates (all that names a brand in "graphics"), scores and running text."""
    rng = made.rng
    scale = made.height_px / 720
    wide = made.width_px / scale
    overlays: list[Overlay] = []
    if kind == "bare":
        return overlays
    if kind == "words" or rng.random() < 0.3:
        overlays.append(_ticker(rng, scale))
    if kind == "words" or rng.random() < 0.4:
        overlays.append(_score(rng, scale, length_s))
    corners = [(wide - 320, 40.0), (60.0, 540.0), (wide - 320, 530.0)]
    plates = {"graphics": 3, "words": 0}.get(kind, int(rng.random() < 0.45))
    for place in range(plates):
        overlays.append(_plate(names.shown, marks, corners[place % len(corners)], length_s, rng, scale))
    return overlays


def _ticker(rng: np.random.Generator, scale: float) -> Ticker:
    texts = [SENTENCES[index] for index in rng.permutation(len(SENTENCES))[:6]]
    dark = bool(rng.random() < 0.6)
    return Ticker(
        texts=texts, speed_px_per_s=float(rng.uniform(90, 220)), scale=scale,
        ground=(60, 34, 20) if dark else (232, 232, 232), letters=(246, 246, 246) if dark else (24, 22, 20),
    )  # fmt: skip


def _score(rng: np.random.Generator, scale: float, length_s: float) -> Table:
    lines = (f"EAST {int(rng.integers(0, 90))}  WEST {int(rng.integers(0, 90))}", f"{int(rng.integers(1, 5))}Q  10:42")
    start_s = float(rng.uniform(0, length_s * 0.3))
    return Table(
        lines=lines, place=(50.0, 36.0), letter_px=24.0, ground=(70, 40, 24), letters=(245, 245, 245), start_s=start_s,
        end_s=length_s, scale=scale,
    )  # fmt: skip


def _plate(
    brands: Sequence[Brand],
    marks: dict[str, Wordmark],
    place: tuple[float, float],
    length_s: float,
    rng: np.random.Generator,
    scale: float,
) -> Plate:
    mark = marks[brands[int(rng.integers(len(brands)))].name]
    start_s = float(rng.uniform(0.3, length_s * 0.45))
    end_s = float(rng.uniform(start_s + min(1.6, length_s * 0.4), length_s * 0.97))
    return Plate(
        mark=mark, place=place, size=(float(rng.uniform(220, 300)), float(rng.uniform(68, 104))), start_s=start_s,
        end_s=end_s, change=("cut", "fade", "slide")[int(rng.integers(3))], scale=scale,
    )  # fmt: skip
