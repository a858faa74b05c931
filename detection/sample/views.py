"""What a camera shows during one shot: play on the pitch, the crowd, or a press conference.

A view paints itself into a picture at a time of its shot and can be asked for any time, in any order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from detection.sample.arena import Arena
from detection.sample.boards import Billboards, Board, Surface, printed
from detection.sample.camera import Camera, CameraPath, Key, Wobble
from detection.sample.cast import Cast
from detection.sample.cutouts import Figures, paint_ball
from detection.sample.figures import Kit, Person, Sprite, draw_figure, shaded
from detection.sample.film import SHUTTER_SHARE, box_length_px, defocus, smear, smear_length_px, smear_size
from detection.sample.picture import Picture
from detection.sample.play import BallPath, Mover
from detection.sample.ripmap import Pixels, Ripmap
from detection.sample.textures import LOOKS
from detection.sample.typefaces import ink
from detection.sample.wordmarks import Advert, Colour, Mark, Wordmark, board_advert, tint

_FPS = 25
_BACKDROP_ROWS = 9


class View(Protocol):
    """One camera's picture."""

    def paint(self, picture: Picture, t_s: float) -> None:
        """Paints the view `t_s` seconds into its shot."""

    def exposure(self, t_s: float) -> float:
        """The light at that time, 1.0 being usual."""


@dataclass(frozen=True, kw_only=True)
class MatchView:
    """Play on the pitch. `speed` below 1 is slow motion from `world_s` on; people further than `sharp_to_m` from the
    camera are as much out of focus as the background, `defocus_px` (sigma at 720 lines). A whip pan smears everything,
    a camera that follows play only the background."""

    arena: Arena
    figures: Figures
    path: CameraPath
    movers: tuple[Mover, ...]
    ball: BallPath | None
    world_s: float
    speed: float = 1.0
    defocus_px: float = 0.0
    sharp_to_m: float = math.inf
    follows: bool = True
    light: tuple[float, float] = (1.0, 1.0)
    length_s: float = 4.0

    def paint(self, picture: Picture, t_s: float) -> None:
        camera = self.path.at(t_s)
        size = smear_size(*self._moved_px(t_s))
        sigma = self.defocus_px * picture.size_px[1] / 720
        motion = smear_length_px(size)
        picture.ledger.blur_px = float(np.hypot(motion, box_length_px(sigma)))
        self.arena.paint(picture, camera, self.world_s + t_s * self.speed)
        play_s = max(0.0, t_s) * self.speed
        standing = [mover.at(play_s) for mover in self.movers]
        at = np.array([[one.x_m, one.y_m, 1.0] for one in standing]).reshape(-1, 3)
        _, depths = camera.project(at)
        order = np.argsort(-depths)
        for index in order:
            if depths[index] > self.sharp_to_m:
                self.figures.paint(picture, camera, standing[index])
        defocus(picture.pixels, sigma)
        if self.follows:
            smear(picture.pixels, size)
            picture.ledger.blur_px = 0.0
        else:
            picture.ledger.blur_px = motion
        ball = self.ball.at(play_s) if self.ball is not None else None
        painted = ball is None
        for index in order:
            if depths[index] > self.sharp_to_m:
                continue
            if not painted and ball is not None and standing[index].y_m < ball[1] - 0.05:
                paint_ball(picture, camera, *ball)
                painted = True
            self.figures.paint(picture, camera, standing[index])
        if not painted and ball is not None:
            paint_ball(picture, camera, *ball)
        if not self.follows:
            smear(picture.pixels, size)

    def exposure(self, t_s: float) -> float:
        share = min(1.0, max(0.0, t_s / self.length_s))
        return self.light[0] + (self.light[1] - self.light[0]) * share

    def _moved_px(self, t_s: float) -> tuple[float, float]:
        """How far the background moves across the picture while the shutter is open."""
        half_s = SHUTTER_SHARE / _FPS / 2
        before, now, after = (self.path.at(t_s + lag) for lag in (-half_s, 0.0, half_s))
        spot = np.array([np.array(now.position_m) + now.axes[2] * 60.0])
        moved = after.project(spot)[0][0] - before.project(spot)[0][0]
        return float(moved[0]), float(moved[1])


class CrowdView:
    """Rows of fans, some of them jumping, behind a fence with their club's name. No brand."""

    def __init__(self, cast: Cast, fans: tuple[Colour, ...], rng: np.random.Generator, height_px: int) -> None:
        self._scale = height_px / 720
        self._rows: list[list[tuple[Pixels, float, Wobble, float]]] = []
        people = [_fan(fans, rng) for _ in range(14)]
        body_px = round(400 * self._scale)
        busts = [
            [
                _bust(
                    draw_figure(one, yaw_rad=-math.pi / 2, phase_rad=0, effort=0, body_px=body_px, cheers=cheers),
                    body_px,
                )
                for one in people
            ]
            for cheers in (False, True)
        ]
        for row in range(7):
            light = 0.45 + 0.08 * row
            seats = []
            for column in range(-1, 15):
                bust = busts[int(rng.random() < 0.22)][int(rng.integers(len(people)))]
                jump = float(rng.choice([2.0, 5.0, 16.0], p=[0.4, 0.4, 0.2]))
                x = (column + 0.5 * (row % 2) + rng.uniform(-0.12, 0.12)) * 96
                seats.append((_dimmed(bust, light), x, Wobble(rng, 1.1), jump))
            self._rows.append(seats)
        self._fence = _banner(cast.clubs[0][0], fans, round(1500 * self._scale), round(104 * self._scale))
        self._drift = Wobble(rng, 0.25)

    def paint(self, picture: Picture, t_s: float) -> None:
        picture.pixels[:] = (26, 22, 20)
        slide = 26 * t_s + 3 * self._drift.at(t_s)
        for index, row in enumerate(self._rows):
            for bust, x, wobble, jump in row:
                top = 12 + index * 92 - abs(wobble.at(t_s)) * jump
                place = round((x - slide * (0.8 + 0.05 * index)) * self._scale), round(top * self._scale)
                picture.paint(bust, *place, covers=False)
        picture.paint(self._fence, round((-60 - slide * 1.15) * self._scale), round(616 * self._scale), covers=False)

    def exposure(self, t_s: float) -> float:
        return 0.98


class PressView:
    """A coach at a desk before a backdrop of repeated logos, with photographers' flashes."""

    def __init__(
        self, cast: Cast, marks: dict[str, Wordmark], rng: np.random.Generator, *, width_px: int, height_px: int
    ) -> None:
        names = [cast.regular[index].name for index in rng.permutation(len(cast.regular))[:3]]
        advert = _backdrop([marks[name] for name in names], rng)
        backdrop = Board(
            surface=Surface(
                origin_m=(-3.0, 1.1, 2.75), along=(1.0, 0.0, 0.0), down=(0.0, 0.0, -1.0), width_m=6.0, height_m=2.75
            ),
            programme=printed(advert),
            placement="backdrop",
        )
        self._backdrop = Billboards((backdrop,))
        start_m, end_m = float(rng.uniform(3.9, 4.3)), float(rng.uniform(3.3, 3.6))
        side = float(rng.uniform(-0.5, 0.5))
        self._path = CameraPath(
            (
                Key(at_s=0.0, position_m=(side, -start_m, 1.55), target_m=(0.1, 0, 1.36), focal_px=1420),
                Key(at_s=5.0, position_m=(side * 0.4, -end_m, 1.5), target_m=(0.05, 0, 1.36), focal_px=1420),
            ),
            rng,
            shake_px=1.2,
            width_px=width_px,
            height_px=height_px,
        )
        suit = Kit(shirt=(66, 48, 40), trim=(236, 232, 228), shorts=(40, 34, 30), socks=(30, 30, 30), long_sleeves=True)
        coach = Person(kit=suit, skin=LOOKS[1][0], hair=(120, 124, 128))
        self._coach = draw_figure(
            coach, yaw_rad=-math.pi / 2, phase_rad=0, effort=0, body_px=round(760 * height_px / 720)
        )
        self._sway = Wobble(rng, 0.35)
        self._flashes = np.sort(rng.uniform(0.4, 4.5, 4))
        self._plate = _name_plate(cast.coach.upper())

    def paint(self, picture: Picture, t_s: float) -> None:
        camera = self._path.at(t_s)
        picture.pixels[:] = (58, 50, 46)
        sigma = 0.5 * picture.size_px[1] / 720
        picture.ledger.blur_px = box_length_px(sigma)
        self._backdrop.paint(picture, camera, 0.0)
        defocus(picture.pixels, sigma)
        picture.ledger.blur_px = 0.0
        self._paint_coach(picture, camera, t_s)
        self._paint_desk(picture, camera)

    def exposure(self, t_s: float) -> float:
        since = t_s - self._flashes
        lit = since[(since >= 0) & (since < 0.2)]
        return 1.0 + (0.42 * float(np.exp(-lit.min() / 0.05)) if len(lit) else 0.0)

    def _paint_coach(self, picture: Picture, camera: Camera, t_s: float) -> None:
        sway_m = 0.02 * self._sway.at(t_s)
        ends, _ = camera.project(np.array([[0.1 + sway_m, 0, -0.12], [0.1 + sway_m, 0, 1.72]]))
        scale = float(np.hypot(*(ends[1] - ends[0]))) / self._coach.body_px
        left = float(ends[0, 0]) - self._coach.foot_px[0] * scale
        top = float(ends[0, 1]) - self._coach.foot_px[1] * scale
        x0, y0 = math.floor(left), math.floor(top)
        rows, columns = self._coach.layer.shape[:2]
        fit = np.array([[scale, 0, left - x0], [0, scale, top - y0]])
        shown = max(1, min(math.ceil(rows * scale), picture.size_px[1] - y0))
        layer = cv2.warpAffine(self._coach.layer, fit, (math.ceil(columns * scale) + 2, shown), flags=cv2.INTER_LINEAR)
        picture.paint(np.asarray(layer, np.uint8), x0, y0)

    def _paint_desk(self, picture: Picture, camera: Camera) -> None:
        width, height = picture.size_px
        edge, _ = camera.project(np.array([[0.0, -0.45, 0.98], [0.0, -0.75, 0.9], [0.1, -0.45, 1.22]]))
        top, front = int(edge[0, 1]), int(edge[1, 1])
        if top >= height:
            return
        desk = np.zeros((height - top, width, 4), np.uint8)
        desk[:] = (44, 34, 30, 255)
        desk[: max(1, front - top)] = (88, 74, 66, 255)
        picture.paint(desk, 0, top)
        scale = camera.focal_px / (0.45 - camera.position_m[1])
        for side in (-0.12, 0.03, 0.2):
            _paint_microphone(picture, float(edge[2, 0]) + side * scale, top, float(edge[2, 1]) + 20 * side, scale)
        plate = self._plate
        size = (round(0.62 * scale), round(0.12 * scale))
        small = np.asarray(cv2.resize(plate, size, interpolation=cv2.INTER_AREA), np.uint8)
        picture.paint(small, round(float(edge[2, 0]) - 0.31 * scale), front + round(0.05 * scale))


def _paint_microphone(picture: Picture, x: float, foot_y: float, head_y: float, px_per_m: float) -> None:
    reach = round(0.05 * px_per_m)
    top = round(head_y) - reach
    layer = np.zeros((max(4, round(foot_y) - top + 4), reach * 2 + 1, 4), np.uint8)
    cv2.line(layer, (reach, reach), (reach, layer.shape[0]), (22, 20, 20, 255), max(2, reach // 4), cv2.LINE_AA)
    cv2.ellipse(layer, (reach, reach), (reach * 2 // 3, reach), 0, 0, 360, (36, 32, 32, 255), -1, cv2.LINE_AA)
    cv2.ellipse(
        layer, (reach - reach // 5, reach), (reach // 3, reach * 3 // 4), 0, 0, 360, (58, 54, 54, 255), -1, cv2.LINE_AA
    )
    picture.paint(layer, round(x) - reach, top)


def _backdrop(marks: list[Wordmark], rng: np.random.Generator) -> Advert:
    """Logos in a checkerboard, every second row shifted by half a cell."""
    texels, wide_m, tall_m = 300.0, 6.0, 2.75
    columns = int(rng.integers(9, 11))
    cell_w, cell_h = wide_m / columns, tall_m / _BACKDROP_ROWS
    texture = np.full((round(tall_m * texels), round(wide_m * texels), 4), (238, 232, 226, 255), np.uint8)
    placed: list[Mark] = []
    tiles = [
        board_advert(mark, cell_w * 0.86, cell_h * 0.62, texels_per_m=texels, mode="both", look=0) for mark in marks
    ]
    for row in range(_BACKDROP_ROWS):
        for column in range(-1, columns):
            tile = tiles[(row + column) % len(tiles)]
            left = round((column + 0.5 * (row % 2) + 0.07) * cell_w * texels)
            top = round((row + 0.19) * cell_h * texels)
            art = tile.art.level(0, 0)
            x0, x1 = max(0, left), min(texture.shape[1], left + art.shape[1])
            if x1 <= x0:
                continue
            texture[top : top + art.shape[0], x0:x1] = art[:, x0 - left : x1 - left]
            for mark in tile.marks:
                box = mark.box
                dx, dy = left / texels, top / texels
                moved = (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)
                placed.append(Mark(brand=mark.brand, mode=mark.mode, box=moved, line_height=mark.line_height))
    return Advert(art=Ripmap(texture, wide_m, tall_m), marks=tuple(placed))


def _fan(colours: tuple[Colour, ...], rng: np.random.Generator) -> Person:
    dress = (*colours, *colours, (52, 50, 54), (150, 146, 140), (80, 66, 110))
    shirt = dress[int(rng.integers(len(dress)))]
    kit = Kit(shirt=shirt, trim=shaded(shirt, 0.7), shorts=(50, 46, 44), socks=(50, 46, 44))
    skin, hair = LOOKS[int(rng.integers(len(LOOKS)))]
    return Person(kit=kit, skin=skin, hair=hair)


def _bust(sprite: Sprite, body_px: int) -> Pixels:
    layer = sprite.layer
    rows = round(0.62 * body_px)
    middle = layer.shape[1] // 2
    half = round(0.24 * body_px)
    return np.ascontiguousarray(layer[:rows, middle - half : middle + half])


def _dimmed(layer: Pixels, light: float) -> Pixels:
    dark = layer.copy()
    dark[..., :3] = (layer[..., :3] * light).astype(np.uint8)
    return dark


def _banner(text: str, colours: tuple[Colour, ...], wide: int, tall: int) -> Pixels:
    texture = np.full((tall, wide, 3), colours[0], np.uint8)
    texture[: tall // 10] = (235, 235, 235)
    mask = ink(text, "Anton", round(tall * 0.62), 0.12)
    for left in (wide // 12, wide // 2 + wide // 12):
        tint(texture, mask, left, (tall - mask.shape[0]) // 2 + tall // 20, (240, 240, 240))
    return np.asarray(cv2.cvtColor(texture, cv2.COLOR_BGR2BGRA), np.uint8)


def _name_plate(text: str) -> Pixels:
    plate = np.full((96, 500, 3), (240, 240, 240), np.uint8)
    mask = ink(text, "Oswald", 52, 0.04)
    tint(plate, mask, (500 - mask.shape[1]) // 2, (96 - mask.shape[0]) // 2, (40, 34, 30))
    return np.asarray(cv2.cvtColor(plate, cv2.COLOR_BGR2BGRA), np.uint8)
