"""The stadium: turf, stands on three sides, goals, and every board with its programme."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.boards import Billboards, Board, Programme, Surface, flash, led, printed, ribbon
from detection.sample.camera import Camera
from detection.sample.cast import Cast
from detection.sample.ground import BREADTH_M, GOAL_HALF_M, GOAL_HEIGHT_M, LENGTH_M, Ground
from detection.sample.picture import Picture
from detection.sample.ripmap import Ripmap, scale_at
from detection.sample.textures import crowd, night_roof
from detection.sample.wordmarks import Advert, Colour, Wordmark, board_advert, plain_advert

FAR_BOARDS_Y_M = BREADTH_M + 3.2
_SIDE_BOARDS_M = 4.2
_TEXELS_PER_M = 110.0
_RIBBON_TEXELS_PER_M = 56.0


class Arena:
    """Everything that stands still. `flash_s` is the time of the world in which the brief brand has all LED boards."""

    def __init__(
        self,
        cast: Cast,
        marks: dict[str, Wordmark],
        rng: np.random.Generator,
        *,
        fans: tuple[Colour, ...],
        flash_s: tuple[float, float] | None,
    ) -> None:
        self._ground = Ground(rng)
        seats = crowd(rng, 100, 27, 20.0, fans)
        self._crowd = Ripmap(np.ascontiguousarray(np.tile(seats, (1, 3, 1))), 165.0, 21.6)
        self._roof: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._tiers = _tiers()
        self._tier_corners_m = np.concatenate([tier.surface.corners_m for tier in self._tiers])
        self.board_height_m = float(rng.uniform(1.0, 1.15))
        self._billboards = Billboards(
            (*_ribbons(cast, marks, rng), *self._sides(cast, marks, rng), *self._far(cast, marks, rng, flash_s))
        )

    def paint(self, picture: Picture, camera: Camera, world_s: float) -> None:
        """Paints the whole background; boards report their brands."""
        size = picture.size_px
        if size not in self._roof:
            self._roof[size] = night_roof(*size)
        picture.pixels[:] = self._roof[size]
        self._ground.paint(picture.pixels, camera)
        corners, depths = camera.project(self._tier_corners_m)
        quads, nearest = corners.reshape(-1, 4, 2), depths.reshape(-1, 4).min(axis=1)
        low, high = quads.min(axis=1), quads.max(axis=1)
        for index in np.flatnonzero((nearest > 1.0) & (high > 0).all(axis=1) & (low < size).all(axis=1)):
            self._paint_tier(picture, self._tiers[index], camera, quads[index])
        self._billboards.paint(picture, camera, world_s)
        for goal in (0.0, LENGTH_M):
            _paint_goal(picture, camera, goal)

    def _paint_tier(self, picture: Picture, tier: _Tier, camera: Camera, corners: NDArray[np.float64]) -> None:
        """A slope of seats, or a plain wall. Large and opaque, so it goes straight onto the pixels."""
        surface = tier.surface
        width, height = picture.size_px
        left, top = (int(v) for v in np.maximum(np.floor(corners.min(axis=0)), 0))
        right, bottom = (int(v) for v in np.minimum(np.ceil(corners.max(axis=0)) + 1, (width, height)))
        if not tier.seated:
            cv2.fillConvexPoly(picture.pixels, np.round(corners * 16).astype(np.int32), (52, 44, 40), cv2.LINE_AA, 4)
            return
        shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
        to_px = shift @ surface.homography(camera)
        middle = np.linalg.inv(to_px) @ np.array([(right - left) / 2, (bottom - top) / 2, 1.0])
        levels = self._crowd.levels_for(scale_at(to_px, (middle[0] / middle[2], middle[1] / middle[2])))
        texture = self._crowd.level(*levels)
        to_texels = self._crowd.metres_to_texels(texture)
        # This piece's part of the pattern, a texel wider than the piece so that no gap shows to the next.
        first = max(0, math.floor(tier.offset_m * to_texels[0, 0]) - 1)
        last = math.ceil((tier.offset_m + surface.width_m) * to_texels[0, 0]) + 2
        used = texture[: round(surface.height_m * to_texels[1, 1]), first:last]
        to_texels[0, 2] += tier.offset_m * to_texels[0, 0] - first
        cv2.warpPerspective(
            used,
            to_px @ np.linalg.inv(to_texels),
            (right - left, bottom - top),
            dst=picture.pixels[top:bottom, left:right],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_TRANSPARENT,
        )

    def _far(
        self, cast: Cast, marks: dict[str, Wordmark], rng: np.random.Generator, flash_s: tuple[float, float] | None
    ) -> tuple[Board, ...]:
        """LED boards behind the far touchline: banks of panels that change together."""
        width_m = float(rng.uniform(6.0, 7.0))
        height_m = self.board_height_m
        names = [brand.name for brand in cast.regular]
        count = math.ceil((LENGTH_M + 8) / width_m)
        period_s = float(rng.uniform(5.0, 8.0))
        changes = rng.permutation(["scroll", "fade", "cut"])
        adverts = {name: _campaign(marks[name], width_m, height_m, rng) for name in names}
        plain = _slogan(cast, width_m, height_m, rng)
        order = [_dealt(names, count, rng) for _ in range(3)]
        boards = []
        for index in range(count):
            bank = index // 4
            turns = tuple(adverts[turn[index]][(index + step) % 2] for step, turn in enumerate(order))
            programme: Programme = led(
                turns, period_s=period_s, change=str(changes[bank % 3]), offset_s=float(bank) * 0.9
            )
            if index % 9 == 5:
                programme = printed(plain)
            elif flash_s is not None:
                brief = board_advert(
                    marks[cast.brief.name], width_m, height_m, texels_per_m=_TEXELS_PER_M, mode="word", look=0
                )
                programme = flash(programme, brief, start_s=flash_s[0], end_s=flash_s[1])
            origin = (-4.0 + index * width_m, FAR_BOARDS_Y_M, height_m + 0.08)
            boards.append(_board(origin, (1.0, 0.0, 0.0), width_m, height_m, programme))
        return tuple(boards)

    def _sides(self, cast: Cast, marks: dict[str, Wordmark], rng: np.random.Generator) -> tuple[Board, ...]:
        """Printed boards behind both goals."""
        width_m, height_m = float(rng.uniform(5.0, 6.0)), 0.9
        names = [brand.name for brand in cast.regular]
        boards = []
        count = math.floor((BREADTH_M + 5) / width_m)
        for west in (True, False):
            for index, name in enumerate(_dealt(names, count, rng)):
                mode = "icon" if index % 5 == 4 and marks[name].style.icon else "both"
                advert = board_advert(marks[name], width_m, height_m, texels_per_m=_TEXELS_PER_M, mode=mode, look=index)
                start = -2.0 + index * width_m
                origin = (
                    (-_SIDE_BOARDS_M, start, height_m + 0.05)
                    if west
                    else (LENGTH_M + _SIDE_BOARDS_M, start + width_m, height_m + 0.05)
                )
                along = (0.0, 1.0, 0.0) if west else (0.0, -1.0, 0.0)
                boards.append(_board(origin, along, width_m, height_m, printed(advert)))
        return tuple(boards)


def _campaign(mark: Wordmark, width_m: float, height_m: float, rng: np.random.Generator) -> tuple[Advert, Advert]:
    """Two adverts of one brand: with its sign, and the name alone."""
    looks = rng.integers(0, 4, 2)
    first, second = (
        board_advert(mark, width_m, height_m, texels_per_m=_TEXELS_PER_M, mode=mode, look=int(look))
        for mode, look in zip(("both", "word"), looks, strict=True)
    )
    return first, second


def _slogan(cast: Cast, width_m: float, height_m: float, rng: np.random.Generator) -> Advert:
    return plain_advert(
        str(rng.choice(cast.slogans)),
        "Oswald",
        width_m,
        height_m,
        texels_per_m=_TEXELS_PER_M,
        ground=(96, 40, 30),
        letter=(240, 240, 240),
    )


def _ribbons(cast: Cast, marks: dict[str, Wordmark], rng: np.random.Generator) -> tuple[Board, ...]:
    """The running ribbon between the tiers: the arena's name, slogans, and two brands."""
    height_m = 0.95
    texts = [cast.arena, *cast.slogans[:2], cast.arena]
    adverts: list[Advert] = []
    guests = [cast.regular[index].name for index in rng.permutation(len(cast.regular))[:2]]
    for index, text in enumerate(texts):
        adverts.append(
            plain_advert(
                text,
                "Oswald",
                11.0,
                height_m,
                texels_per_m=_RIBBON_TEXELS_PER_M,
                ground=(44, 26, 18),
                letter=(214, 206, 196),
            )
        )
        if index % 2:
            guest = marks[guests[index // 2]]
            adverts.append(board_advert(guest, 9.0, height_m, texels_per_m=_RIBBON_TEXELS_PER_M, mode="word", look=0))
    speed_m_per_s = float(rng.uniform(1.2, 2.4))
    pieces = []
    for index in range(4):
        start_m, width_m = 41.25 * index, 41.25
        programme = ribbon(tuple(adverts), start_m, width_m, speed_m_per_s=speed_m_per_s)
        pieces.append(_board((-30.0 + start_m, 84.2, 7.4), (1.0, 0.0, 0.0), width_m, height_m, programme))
    return tuple(pieces)


def _dealt(names: list[str], count: int, rng: np.random.Generator) -> list[str]:
    """`count` names in shuffled rounds, no name beside itself."""
    dealt: list[str] = []
    while len(dealt) < count:
        turn = [names[index] for index in rng.permutation(len(names))]
        if dealt and turn[0] == dealt[-1]:
            turn = turn[::-1]
        dealt += turn
    return dealt[:count]


def _board(
    origin: tuple[float, float, float],
    along: tuple[float, float, float],
    width_m: float,
    height_m: float,
    programme: Programme,
) -> Board:
    surface = Surface(origin_m=origin, along=along, down=(0.0, 0.0, -1.0), width_m=width_m, height_m=height_m)
    return Board(surface=surface, programme=programme)


@dataclass(frozen=True, kw_only=True)
class _Tier:
    """A piece of a stand: a slope of seats or a plain wall. `offset_m` is where in the pattern of seats it starts."""

    surface: Surface
    seated: bool
    offset_m: float


def _tiers() -> tuple[_Tier, ...]:
    """Stands on the far side and behind both goals, far before near."""
    tiers: list[_Tier] = []
    # Long stands come in pieces: one that reaches behind a camera cannot be projected whole.
    sides = (
        ((-12.0, -20.0), (0.0, 1.0), (-1.0, 0.0), 13.0, 10),
        ((LENGTH_M + 12.0, 110.0), (0.0, -1.0), (1.0, 0.0), 13.0, 10),
        ((-30.0, 75.0), (1.0, 0.0), (0.0, 1.0), 16.5, 10),
    )
    for start, along, out, width_m, pieces in sides:
        for foot_m, foot_z, head_m, head_z, seated in (
            (9.0, 7.9, 27.0, 20.0, True),
            (9.2, 6.2, 9.2, 8.2, False),
            (0.0, 1.9, 9.2, 6.5, True),
            (0.0, 0.0, 0.0, 1.9, False),
        ):
            for piece in range(pieces):
                corner = start[0] + along[0] * width_m * piece, start[1] + along[1] * width_m * piece
                head = np.array([corner[0] + out[0] * head_m, corner[1] + out[1] * head_m, head_z])
                foot = np.array([corner[0] + out[0] * foot_m, corner[1] + out[1] * foot_m, foot_z])
                length = float(np.linalg.norm(foot - head))
                down = (foot - head) / length
                surface = Surface(
                    origin_m=(float(head[0]), float(head[1]), float(head[2])),
                    along=(along[0], along[1], 0.0),
                    down=(float(down[0]), float(down[1]), float(down[2])),
                    width_m=width_m,
                    height_m=length,
                )
                tiers.append(_Tier(surface=surface, seated=seated, offset_m=width_m * piece))
    return tuple(tiers)


def _paint_goal(picture: Picture, camera: Camera, goal_x_m: float) -> None:
    """Posts, bar and net. The net is fine and light; what it hides of a board is part of the truth."""
    back = goal_x_m + (-2.0 if goal_x_m == 0.0 else 2.0)
    low, high = BREADTH_M / 2 - GOAL_HALF_M, BREADTH_M / 2 + GOAL_HALF_M
    frame = np.array(
        [[goal_x_m, low, 0], [goal_x_m, low, GOAL_HEIGHT_M], [goal_x_m, high, GOAL_HEIGHT_M], [goal_x_m, high, 0]]
    )
    px, depths = camera.project(frame)
    width, height = picture.size_px
    if (
        depths.min() < 1.0
        or px[:, 0].max() < 0
        or px[:, 0].min() > width
        or px[:, 1].max() < 0
        or px[:, 1].min() > height
    ):
        return
    strands = []
    for share in np.linspace(0, 1, 26):
        y = low + (high - low) * share
        strands.append([[goal_x_m, y, GOAL_HEIGHT_M], [back, y, GOAL_HEIGHT_M * 0.8]])
        strands.append([[back, y, GOAL_HEIGHT_M * 0.8], [back, y, 0]])
    for share in np.linspace(0, 1, 9):
        z = GOAL_HEIGHT_M * 0.8 * share
        strands.append([[back, low, z], [back, high, z]])
        for side in (low, high):
            strands.append([[goal_x_m, side, z * 1.25], [back, side, z]])
    lines, _ = camera.project(np.array(strands).reshape(-1, 3))
    left, top = (int(v) for v in np.maximum(np.floor(np.minimum(lines.min(axis=0), px.min(axis=0))) - 4, 0))
    right, bottom = (
        int(v) for v in np.minimum(np.ceil(np.maximum(lines.max(axis=0), px.max(axis=0))) + 5, (width, height))
    )
    if left >= right or top >= bottom:
        return
    scale = camera.focal_px / float(depths.mean())
    cover = np.zeros((bottom - top, right - left), np.uint8)
    offset = np.array([left, top])
    pairs = np.round((lines.reshape(-1, 2, 2) - offset) * 16).astype(np.int32)
    cv2.polylines(cover, list(pairs), False, 70, max(1, round(0.012 * scale)), cv2.LINE_AA, 4)
    posts = np.round((px - offset) * 16).astype(np.int32)
    cv2.polylines(cover, [posts], False, 245, max(2, round(0.12 * scale)), cv2.LINE_AA, 4)
    picture.paint(np.asarray(cv2.merge([cover, cover, cover, cover]), np.uint8), left, top)
