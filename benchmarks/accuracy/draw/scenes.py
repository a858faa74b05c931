"""The makers of views: a court, a race track, a street, a press wall, a board close by, a match, and pictures without
text.

Each takes what the clip has settled (size, brands, chance) and gives one view.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.accuracy.draw.lettering import repeated_advert, upright_advert
from benchmarks.accuracy.draw.names import SIGNS, SLOGANS
from benchmarks.accuracy.draw.setting import SettingView, Vehicle, car, lorry
from benchmarks.accuracy.draw.surfaces import Room, bricks, concrete, leaves, planks, stands, striped
from detection.sample.boards import Billboards, Board, Programme, Surface, led, printed
from detection.sample.camera import CameraPath, Key, ease
from detection.sample.cutouts import Figures
from detection.sample.figures import Kit, Person, shaded
from detection.sample.play import Mover
from detection.sample.textures import LOOKS
from detection.sample.wordmarks import Advert, Colour, Wordmark, board_advert, plain_advert

_TEXELS_PER_M = 130.0
_STEP_S = 0.02


@dataclass(kw_only=True)
class Set:
    """What the shots of one clip share. Without marks nothing names a brand; without words nothing is written."""

    marks: Sequence[Wordmark]
    words: Sequence[str]
    width_px: int
    height_px: int
    fps: int
    rng: np.random.Generator
    figures: Figures = field(default_factory=Figures)
    _next: int = 0

    def mark(self) -> Wordmark | None:
        """The next brand, in turn."""
        if not self.marks:
            return None
        self._next += 1
        return self.marks[self._next % len(self.marks)]

    def advert(self, width_m: float, height_m: float, *, branded: float = 0.85) -> Advert:
        """A board: a brand's, one with other words, or a blank one."""
        rng = self.rng
        mark = self.mark() if rng.random() < branded else None
        if mark is not None:
            mode = "both" if rng.random() < 0.6 else "word"
            look = int(rng.integers(0, 4))
            return board_advert(mark, width_m, height_m, texels_per_m=_TEXELS_PER_M, mode=mode, look=look)
        words = str(rng.choice(self.words)) if self.words else ""
        return written(words, width_m, height_m, self.colour())

    def repeated(self, width_m: float, height_m: float) -> Advert:
        mark = self.mark()
        if mark is None:
            return self.advert(width_m, height_m)
        return repeated_advert(
            mark, width_m, height_m, texels_per_m=_TEXELS_PER_M, times=int(self.rng.integers(2, 5)),
            gap_em=float(self.rng.uniform(0.25, 0.9)),
        )  # fmt: skip

    def colour(self) -> Colour:
        blue, green, red = (int(value) for value in self.rng.integers(20, 235, 3))
        return blue, green, red

    def person(self, *, sponsored: float = 0.0) -> Person:
        rng = self.rng
        shirt = self.colour()
        sponsor = self.mark() if rng.random() < sponsored else None
        trim = (245, 245, 245) if sum(shirt) < 400 else (24, 22, 20)
        kit = Kit(shirt=shirt, trim=trim, shorts=shaded(shirt, 0.5), socks=shirt, sponsor=sponsor)
        skin, hair = LOOKS[int(rng.integers(len(LOOKS)))]
        return Person(kit=kit, skin=skin, hair=hair)

    def path(self, keys: tuple[Key, ...], shake_px: float) -> CameraPath:
        return CameraPath(keys, self.rng, shake_px=shake_px, width_px=self.width_px, height_px=self.height_px)

    def view(
        self,
        room: Room,
        boards: Sequence[Board],
        path: CameraPath,
        length_s: float,
        *,
        movers: Sequence[Mover] = (),
        vehicles: Sequence[Vehicle] = (),
        follows: bool = False,
        defocus_px: float = 0.0,
    ) -> SettingView:
        light = float(self.rng.uniform(0.8, 1.08))
        return SettingView(
            room=room, billboards=Billboards(tuple(boards)) if boards else None, path=path, figures=self.figures,
            movers=tuple(movers), vehicles=tuple(vehicles), world_s=float(self.rng.uniform(50, 90)), fps=self.fps,
            follows=follows, defocus_px=defocus_px, light=(light, light + float(self.rng.uniform(-0.08, 0.08))),
            length_s=length_s,
        )  # fmt: skip


def court(made: Set, length_s: float) -> SettingView:
    """A hall: LED boards around a wooden floor with adverts painted on it, players, stands."""
    rng = made.rng
    room = Room(stands(rng, (made.colour(), made.colour())), planks(rng), 9.5)
    width_m, height_m = float(rng.uniform(2.6, 3.6)), float(rng.uniform(0.75, 1.0))
    boards = [
        upright((-9.0 + index * width_m, 6.5, height_m), width_m, height_m, _programme(made, width_m, height_m))
        for index in range(math.ceil(18 / width_m))
    ]
    for side in (-1.0, 1.0):
        flat = Surface(
            origin_m=(side * 3.2 - 1.5, 3.4, 0.01), along=(1.0, 0, 0), down=(0, -1.0, 0), width_m=3.0, height_m=1.3
        )
        boards.append(Board(surface=flat, programme=printed(made.advert(3.0, 1.3))))
    reach = float(rng.uniform(2.0, 5.0)) * float(rng.choice([-1, 1]))
    focal = float(rng.uniform(900, 1700))
    where = (float(rng.uniform(-3, 3)), -11.0, float(rng.uniform(2.5, 5.0)))
    keys = (
        Key(at_s=0.4, position_m=where, target_m=(-reach, 6.0, 0.4), focal_px=focal),
        Key(
            at_s=length_s * 0.8,
            position_m=where,
            target_m=(reach, 6.0, 0.6),
            focal_px=focal * float(rng.uniform(0.8, 1.5)),
        ),
    )
    movers = [_runner(made, length_s, x_m=(-6, 6), y_m=(-2.0, 5.2), sponsored=0.6) for _ in range(5)]
    return made.view(room, boards, made.path(keys, float(rng.uniform(0.5, 2.5))), length_s, movers=movers)


def track(made: Set, length_s: float) -> SettingView:
    """Cars and lorries before a barrier of boards; the camera pans with one of them, or lets them pass."""
    rng = made.rng
    room = Room(leaves(rng) if rng.random() < 0.5 else concrete(rng), concrete(rng), 16.0)
    boards = []
    left = -34.0
    while left < 34.0:
        width_m = float(rng.uniform(3.5, 7.5))
        advert = made.repeated(width_m, 0.95) if rng.random() < 0.5 else made.advert(width_m, 0.95)
        boards.append(upright((left, 9.0, 1.0), width_m, 0.95, printed(advert)))
        left += width_m + float(rng.choice([0.0, 0.0, 0.6]))
    for _ in range(2):
        mark = made.mark()
        if mark is not None:
            art = upright_advert(mark, 0.9, 4.2, texels_per_m=_TEXELS_PER_M)
            boards.append(upright((float(rng.uniform(-12, 12)), 12.0, 5.6), 0.9, 4.2, printed(art)))
    follows = bool(rng.random() < 0.55)
    run_m = float(rng.uniform(12, 22))
    side = 1.0 if follows else float(rng.choice([-1.0, 1.0]))
    focal = float(rng.uniform(900, 1500))
    where = (0.0, -13.0, float(rng.uniform(2.0, 4.0)))
    aims = (-side * run_m, side * run_m) if follows else (-2.0 * side, 3.0 * side)
    keys = tuple(
        Key(at_s=at_s, position_m=where, target_m=(x, 4.0, 1.0), focal_px=focal)
        for at_s, x in zip((-0.5, length_s + 0.5), aims, strict=True)
    )
    vehicles = [_vehicle(made, length_s, run_m if follows else 40.0, 4.0 + 1.6 * place, place) for place in range(2)]
    return made.view(room, boards, made.path(keys, 1.5), length_s, vehicles=vehicles, follows=follows)


def street(made: Set, length_s: float) -> SettingView:
    """A hand-held camera before a wall with boards that hang slanted, upright banners, and people who pass."""
    rng = made.rng
    room = Room(bricks(rng), concrete(rng), 6.0)
    boards = []
    left = -7.5
    while left < 7.0:
        kind = rng.random()
        mark = made.mark()
        if kind < 0.3 and mark is not None:
            boards.append(_banner(made, mark, left))
            left += 1.6
            continue
        width_m, height_m = float(rng.uniform(2.0, 3.4)), float(rng.uniform(0.6, 1.0))
        lean = math.radians(float(rng.uniform(-14, 14)))
        along = (math.cos(lean), 0.0, math.sin(lean))
        down = (math.sin(lean), 0.0, -math.cos(lean))
        height = float(rng.uniform(2.0, 3.0))
        surface = Surface(origin_m=(left, 5.9, height), along=along, down=down, width_m=width_m, height_m=height_m)
        boards.append(Board(surface=surface, programme=printed(made.advert(width_m, height_m))))
        left += width_m + 0.7
    side = float(rng.choice([-1.0, 1.0]))
    focal = float(rng.uniform(800, 1200))
    keys = (
        Key(at_s=0.2, position_m=(-side * 3, -3.0, 1.7), target_m=(-side * 2.6, 6, 1.8), focal_px=focal),
        Key(at_s=length_s * 0.55, position_m=(0.0, -2.5, 1.7), target_m=(side * 0.5, 6, 2.0), focal_px=focal * 1.2),
        Key(at_s=length_s, position_m=(side * 2, -1.0, 1.7), target_m=(side * 2.2, 6, 1.8), focal_px=focal * 1.7),
    )
    movers = [_runner(made, length_s, x_m=(-7, 7), y_m=(1.5, 4.8), sponsored=0.25) for _ in range(4)]
    return made.view(room, boards, made.path(keys, float(rng.uniform(3.0, 7.0))), length_s, movers=movers)


def press(made: Set, length_s: float) -> SettingView:
    """Somebody before a wall of repeated boards, in and out of focus."""
    rng = made.rng
    room = Room(concrete(rng), concrete(rng), 1.6)
    columns, rows = int(rng.integers(4, 7)), int(rng.integers(5, 8))
    width_m, height_m = 5.2 / columns, 2.9 / rows
    arts = [made.advert(width_m * 0.92, height_m * 0.8, branded=1.0) for _ in range(int(rng.integers(2, 4)))]
    boards = [
        upright((-2.6 + column * width_m, 1.5, 3.0 - row * height_m), width_m * 0.92, height_m * 0.8,
                printed(arts[(row + column) % len(arts)]), placement="backdrop")
        for row in range(rows) for column in range(columns)
    ]  # fmt: skip
    start_m, end_m = (float(value) for value in rng.uniform(2.0, 3.4, 2))
    focal = float(rng.uniform(650, 1000))
    keys = (
        Key(at_s=0.3, position_m=(float(rng.uniform(-1, 1)), -start_m, 1.6), target_m=(0.1, 1.5, 1.5), focal_px=focal),
        Key(at_s=length_s, position_m=(0.2, -end_m, 1.6), target_m=(0.0, 1.5, 1.6), focal_px=focal),
    )
    times = np.arange(0.0, length_s + 1.0, _STEP_S)
    sway = 0.15 * np.sin(times * 0.7 + rng.uniform(0, 6))
    speaker = Mover(made.person(sponsored=0.7), sway, 0.4 - 0.02 * times)
    defocus_px = float(rng.choice([0.0, 0.6, 1.1]))
    return made.view(
        room, boards, made.path(keys, 1.0), length_s, movers=[speaker], follows=True, defocus_px=defocus_px
    )


def close(made: Set, length_s: float) -> SettingView:
    """Two or three boards from aside, in steep perspective, that come into the picture and leave it."""
    rng = made.rng
    room = Room(
        concrete(rng) if rng.random() < 0.5 else stands(rng, (made.colour(), made.colour())), concrete(rng), 14.0
    )
    turn = math.radians(float(rng.uniform(25, 52)) * float(rng.choice([-1, 1])))
    along = (math.cos(turn), math.sin(turn), 0.0)
    boards = []
    for index in range(-2, 3):
        width_m = 3.4
        origin = (along[0] * width_m * (index - 0.5), 5.0 + along[1] * width_m * (index - 0.5), 1.25)
        surface = Surface(origin_m=origin, along=along, down=(0, 0, -1.0), width_m=width_m - 0.05, height_m=1.1)
        boards.append(Board(surface=surface, programme=_programme(made, width_m - 0.05, 1.1)))
    side = float(rng.choice([-1.0, 1.0]))
    focal = float(rng.uniform(700, 1300))
    keys = (
        Key(at_s=0.0, position_m=(0, -4.0, 1.5), target_m=(-side * 2.2, 5.0, 0.9), focal_px=focal),
        Key(at_s=length_s * 0.6, position_m=(0, -4.0, 1.5), target_m=(side * 0.8, 5.0, 0.9), focal_px=focal * 1.3),
        Key(at_s=length_s, position_m=(0, -4.0, 1.4), target_m=(side * 2.6, 5.0, 0.8), focal_px=focal),
    )
    movers = [_runner(made, length_s, x_m=(-5, 5), y_m=(-0.5, 1.2), sponsored=0.5) for _ in range(3)]
    return made.view(room, boards, made.path(keys, float(rng.uniform(1.0, 4.0))), length_s, movers=movers)


def upright(
    origin_m: tuple[float, float, float],
    width_m: float,
    height_m: float,
    programme: Programme,
    placement: str = "board",
) -> Board:
    """A board that stands upright and faces the camera."""
    surface = Surface(origin_m=origin_m, along=(1.0, 0, 0), down=(0, 0, -1.0), width_m=width_m, height_m=height_m)
    return Board(surface=surface, programme=programme, placement=placement)


def written(text: str, width_m: float, height_m: float, ground: Colour) -> Advert:
    """A board with words that are no brand, or with none."""
    letter: Colour = (245, 245, 245) if sum(ground) < 380 else (20, 18, 16)
    if text:
        return plain_advert(
            text, "Oswald", width_m, height_m, texels_per_m=_TEXELS_PER_M, ground=ground, letter=letter
        )  # fmt: skip
    return Advert(art=striped(ground, width_m, height_m), marks=())


def _programme(made: Set, width_m: float, height_m: float) -> Programme:
    """What a board shows: the same for ever, or two or three adverts that change in turn."""
    rng = made.rng
    if rng.random() < 0.35:
        return printed(made.advert(width_m, height_m))
    adverts = tuple(made.advert(width_m, height_m) for _ in range(int(rng.integers(2, 4))))
    return led(
        adverts, period_s=float(rng.uniform(2.4, 5.0)), change=str(rng.choice(["cut", "cut", "scroll", "fade"])),
        offset_s=float(rng.uniform(0, 5)),
    )  # fmt: skip


def _banner(made: Set, mark: Wordmark, left_m: float) -> Board:
    """Upright: its letters one below another, or the whole line turned by a quarter."""
    if made.rng.random() < 0.5:
        art = upright_advert(mark, 0.8, 3.2, texels_per_m=_TEXELS_PER_M)
        return upright((left_m, 5.9, 3.5), 0.8, 3.2, printed(art))
    art = board_advert(mark, 3.2, 0.8, texels_per_m=_TEXELS_PER_M, mode="word", look=0)
    surface = Surface(origin_m=(left_m, 5.9, 0.3), along=(0, 0, 1.0), down=(1.0, 0, 0), width_m=3.2, height_m=0.8)
    return Board(surface=surface, programme=printed(art))


def _runner(
    made: Set, length_s: float, *, x_m: tuple[float, float], y_m: tuple[float, float], sponsored: float
) -> Mover:
    """Somebody who walks or runs through, with a turn on the way."""
    rng = made.rng
    times = np.arange(0.0, length_s + 1.0, _STEP_S)
    pace = float(rng.uniform(0.6, 2.8)) * float(rng.choice([-1, 1]))
    x = float(rng.uniform(*x_m)) + pace * times + 0.4 * np.sin(times * rng.uniform(0.3, 0.9))
    y = float(rng.uniform(*y_m)) + 0.25 * np.sin(times * rng.uniform(0.3, 0.8) + rng.uniform(0, 6))
    return Mover(made.person(sponsored=sponsored), x, y)


def _vehicle(made: Set, length_s: float, run_m: float, y_m: float, place: int) -> Vehicle:
    """One that goes the camera's way (the first) or passes once, some seconds later than the one before."""
    rng = made.rng
    mark = made.mark() if rng.random() < 0.8 else None
    art = lorry(mark, made.colour(), float(rng.uniform(7, 9))) if rng.random() < 0.4 else car(mark, made.colour())
    lag_m = -art.art.width_m / 2 - 9.0 * place
    drift = float(rng.uniform(-0.6, 0.6))

    def x_m(t_s: float) -> float:
        share = ease((t_s + 0.5) / (length_s + 1.0))
        return -run_m + 2 * run_m * share * (0.75 if place else 1.0) + lag_m + drift * t_s

    return Vehicle(art=art, y_m=y_m, x_m=x_m)


SCENES = {"court": court, "track": track, "street": street, "press": press, "close": close}
WORDS = (*SIGNS, *SLOGANS)
