"""The running order: which shots follow each other, how long, and how one gives way to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detection.sample.arena import FAR_BOARDS_Y_M, Arena
from detection.sample.camera import CameraPath, Key
from detection.sample.cast import Cast
from detection.sample.cutouts import Figures
from detection.sample.figures import Person
from detection.sample.ground import BREADTH_M, LENGTH_M
from detection.sample.play import BallPath, Mover, lay_out_play, lay_out_watchers
from detection.sample.views import CrowdView, MatchView, PressView, View
from detection.sample.wordmarks import Colour, Wordmark

# (kind, usual length in s). The first opens every broadcast.
USUAL_SHOTS = (
    ("wide", 4.4),
    ("mid", 4.0),
    ("close", 2.8),
    ("replay", 4.0),
    ("crowd", 2.0),
    ("counter", 3.4),
    ("press", 4.0),
    ("corner", 3.4),
)
LEAST_SHOT_S = 1.4
# Kinds that show the live match carry the score.
LIVE_KINDS = frozenset({"wide", "mid", "close", "counter", "corner"})


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One shot's place. `entrance` is cut, wipe or dissolve."""

    kind: str
    start_s: float
    end_s: float
    entrance: str

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


def plan_slots(duration_s: float, fps: int, rng: np.random.Generator) -> tuple[Slot, ...]:
    """Shots that fill the duration exactly, on whole frames; short broadcasts have fewer, long ones repeat the round.

    A replay is framed by wipes, a press conference dissolves in, all else is cut.
    """
    wanted: list[tuple[str, float]] = []
    total = 0.0
    while total < duration_s - LEAST_SHOT_S or not wanted:
        for kind, usual_s in _round(rng, first=not wanted):
            length_s = usual_s * float(rng.uniform(0.92, 1.08))
            wanted.append((kind, length_s))
            total += length_s
            if total >= duration_s - LEAST_SHOT_S:
                break
    stretch = duration_s / total
    slots: list[Slot] = []
    end = 0.0
    for index, (kind, length_s) in enumerate(wanted):
        start, end = end, end + length_s * stretch
        before = wanted[index - 1][0] if index else ""
        entrance = "cut"
        if "replay" in (kind, before):
            entrance = "wipe"
        elif kind == "press":
            entrance = "dissolve"
        whole = round(start * fps) / fps, round(end * fps) / fps
        slots.append(Slot(kind=kind, start_s=whole[0], end_s=whole[1], entrance=entrance if index else "cut"))
    return tuple(slots)


def _round(rng: np.random.Generator, *, first: bool) -> list[tuple[str, float]]:
    """One round of all kinds in an order an editor would accept: opening wide, then a match shot, the rest shuffled."""
    rest = [USUAL_SHOTS[index] for index in 2 + rng.permutation(len(USUAL_SHOTS) - 2)]
    if rest[0][0] == "press":
        rest.append(rest.pop(0))
    kinds = [kind for kind, _ in rest]
    press, replay = kinds.index("press"), kinds.index("replay")
    if press == replay + 1:
        # A replay returns to the match; and the press conference needs a shot it can dissolve from.
        other = replay - 1 if replay else press + 1
        rest[replay], rest[other] = rest[other], rest[replay]
    opening = list(USUAL_SHOTS[:2])
    if not first and rng.random() < 0.5:
        opening.reverse()
    return opening + rest


@dataclass(frozen=True, kw_only=True)
class Director:
    """Sets up the view of each shot. Sizes are px of the picture."""

    cast: Cast
    marks: dict[str, Wordmark]
    arena: Arena
    figures: Figures
    home: tuple[Person, ...]
    away: tuple[Person, ...]
    officials: tuple[Person, ...]
    fans: tuple[Colour, ...]
    width_px: int
    height_px: int

    def view(self, slot: Slot, world_s: float, rng: np.random.Generator) -> View:
        """The view of a slot. Raises KeyError for an unknown kind."""
        makers: dict[str, Callable[[Slot, float, np.random.Generator], View]] = {
            "wide": self._wide,
            "mid": self._mid,
            "close": self._close,
            "replay": self._replay,
            "counter": self._counter,
            "corner": self._corner,
            "crowd": lambda slot, world_s, rng: CrowdView(self.cast, self.fans, rng, self.height_px),
            "press": lambda slot, world_s, rng: PressView(
                self.cast, self.marks, rng, width_px=self.width_px, height_px=self.height_px
            ),
        }
        return makers[slot.kind](slot, world_s, rng)

    def _wide(self, slot: Slot, world_s: float, rng: np.random.Generator) -> View:
        """The main camera follows a passing move."""
        side = rng.choice([-1.0, 1.0])
        x = LENGTH_M / 2 - side * rng.uniform(6, 14)
        ball = _moves(rng, x, rng.uniform(34, 46), side * rng.uniform(3.0, 4.6), slot.length_s)
        focal = rng.uniform(1760, 2060)
        path = self._follow(ball, slot, rng, focal_px=(focal, focal * 1.12), lift_m=(3.0, 5.0), shake_px=1.6)
        return self._match(slot, world_s, rng, ball, path, spread_m=(21, 24))

    def _mid(self, slot: Slot, world_s: float, rng: np.random.Generator) -> View:
        """The main camera, closer: play along the far touchline in front of the boards."""
        side = rng.choice([-1.0, 1.0])
        x = LENGTH_M / 2 + rng.uniform(-14, 14)
        ball = _moves(rng, x, rng.uniform(55, 60), side * rng.uniform(2.4, 3.6), slot.length_s)
        focal = rng.uniform(3300, 4000)
        path = self._follow(ball, slot, rng, focal_px=(focal, focal * 1.15), lift_m=(1.0, 3.0), shake_px=2.6)
        return self._match(slot, world_s, rng, ball, path, spread_m=(13, 8))

    def _counter(self, slot: Slot, world_s: float, rng: np.random.Generator) -> View:
        """A long ball: the main camera whips across the pitch and settles; the light changes on the way."""
        side = rng.choice([-1.0, 1.0])
        middle = LENGTH_M / 2
        start, end = middle - side * rng.uniform(18, 24), middle + side * rng.uniform(16, 22)
        whip_s = (slot.length_s * 0.3, slot.length_s * 0.3 + 0.9)
        ball = BallPath(
            touches=(
                (0.0, start - side * 4, 44.0),
                (whip_s[0], start, 46.0),
                (whip_s[1] + 0.25, end, 50.0),
                (slot.length_s + 1, end + side * 9, 46.0),
            )
        )
        position = (middle, -18.0, 13.0)
        keys = (
            Key(at_s=0.0, position_m=position, target_m=(start - side * 4, 51.0, 1.0), focal_px=2700),
            Key(at_s=whip_s[0], position_m=position, target_m=(start, 51.0, 1.0), focal_px=2600),
            Key(at_s=whip_s[1], position_m=position, target_m=(end, 53.0, 1.0), focal_px=2500),
            Key(at_s=slot.length_s, position_m=position, target_m=(end + side * 5, 53.0, 1.0), focal_px=2900),
        )
        path = self._path(keys, rng, shake_px=1.8)
        return self._match(slot, world_s, rng, ball, path, spread_m=(20, 13), follows=False, light=(1.06, 0.86))

    def _corner(self, slot: Slot, world_s: float, rng: np.random.Generator) -> View:
        """A low camera by the near touchline looks along the boards, which recede steeply."""
        side = rng.choice([-1.0, 1.0])
        middle = LENGTH_M / 2
        x = middle + side * rng.uniform(18, 24)
        ball = _moves(rng, x - side * 6, 56, side * 3.0, slot.length_s)
        stand_x = middle - side * rng.uniform(2, 8)
        keys = (
            Key(at_s=0.0, position_m=(stand_x, 38.0, 3.4), target_m=(x - side * 4, FAR_BOARDS_Y_M, 1.5), focal_px=1300),
            Key(
                at_s=slot.length_s,
                position_m=(stand_x + side * 1.5, 38.5, 3.2),
                target_m=(x + side * 6, FAR_BOARDS_Y_M, 1.4),
                focal_px=1550,
            ),
        )
        path = self._path(keys, rng, shake_px=2.4)
        return self._match(slot, world_s, rng, ball, path, spread_m=(10, 8))

    def _replay(self, slot: Slot, world_s: float, rng: np.random.Generator) -> View:
        """Slow motion from beside the goal, the goal and the boards behind it in view."""
        side = rng.choice([-1.0, 1.0])
        goal_x = 0.0 if side < 0 else LENGTH_M
        inward = -side
        ball = BallPath(
            touches=(
                (0.0, goal_x + inward * 15, 37.0),
                (0.9, goal_x + inward * 10.5, 36.0),
                (1.5, goal_x - inward * 1.2, 35.2),
                (9.0, goal_x - inward * 1.6, 35.0),
            )
        )
        keys = (
            Key(
                at_s=0.0,
                position_m=(goal_x + inward * 26, 20.0, 2.3),
                target_m=(goal_x + inward * 9, 37.0, 1.1),
                focal_px=1500,
            ),
            Key(
                at_s=slot.length_s,
                position_m=(goal_x + inward * 24.5, 21.0, 2.2),
                target_m=(goal_x - inward * 1, 36.5, 1.2),
                focal_px=1750,
            ),
        )
        path = self._path(keys, rng, shake_px=1.4)
        return self._match(slot, world_s - 6.0, rng, ball, path, spread_m=(9, 9), speed=0.4, watchers=False)

    def _close(self, slot: Slot, world_s: float, rng: np.random.Generator) -> View:
        """A long lens on one player who walks towards the camera; the boards behind are out of focus."""
        hero = self.home[int(rng.integers(len(self.home)))]
        x = LENGTH_M / 2 + rng.uniform(-12, 12)
        y = rng.uniform(52, 58)
        times = np.arange(0.0, slot.length_s + 1.5, 0.02)
        stray = rng.uniform(-0.25, 0.25)
        movers = [Mover(hero, x + stray * times, y - 1.5 * times)]
        for person in (self.away[1], self.away[4], self.home[-1]):
            if person is hero:
                continue
            spot = x + rng.uniform(-5, 5), y + rng.uniform(5, 10)
            drift = rng.choice([-1.0, 1.0]) * rng.uniform(0.8, 2.2)
            movers.append(Mover(person, spot[0] + drift * times, spot[1] + 0.1 * times))
        distance = rng.uniform(24, 28)
        focal = rng.uniform(8200, 9600)
        aim_z = 1.22
        position = (x + rng.uniform(-3, 3), y - distance, 2.2)
        walk = 1.5 * slot.length_s
        keys = (
            Key(at_s=0.0, position_m=position, target_m=(x + 0.22, y, aim_z), focal_px=focal),
            Key(
                at_s=slot.length_s,
                position_m=position,
                target_m=(x + 0.22 + stray * slot.length_s, y - walk, aim_z),
                focal_px=focal * (distance - walk) / distance,
            ),
        )
        return MatchView(
            arena=self.arena,
            figures=self.figures,
            path=self._path(keys, rng, shake_px=3.0),
            movers=tuple(movers),
            ball=None,
            world_s=world_s,
            defocus_px=float(rng.uniform(3.4, 4.6)),
            sharp_to_m=distance + 3.0,
            length_s=slot.length_s,
        )

    def _match(
        self,
        slot: Slot,
        world_s: float,
        rng: np.random.Generator,
        ball: BallPath,
        path: CameraPath,
        *,
        spread_m: tuple[float, float],
        speed: float = 1.0,
        follows: bool = True,
        light: tuple[float, float] | None = None,
        watchers: bool = True,
    ) -> MatchView:
        """Both teams around the ball, and people beside the far touchline."""
        teams = [person for pair in zip(self.home, self.away, strict=True) for person in pair]
        movers = lay_out_play(teams, ball, slot.length_s * speed, rng, spread_m=spread_m)
        if watchers:
            first, last = ball.smooth_at(0.0), ball.smooth_at(slot.length_s)
            middle = (first[0] + last[0]) / 2
            movers += lay_out_watchers(
                list(self.officials), middle, slot.length_s, rng, runs_m=float(last[0] - first[0])
            )
        shade = float(rng.uniform(0.94, 1.04))
        return MatchView(
            arena=self.arena,
            figures=self.figures,
            path=path,
            movers=tuple(movers),
            ball=ball,
            world_s=world_s,
            speed=speed,
            follows=follows,
            light=light or (shade, shade + float(rng.uniform(-0.03, 0.03))),
            length_s=slot.length_s,
        )

    def _follow(
        self,
        ball: BallPath,
        slot: Slot,
        rng: np.random.Generator,
        *,
        focal_px: tuple[float, float],
        lift_m: tuple[float, float],
        shake_px: float,
    ) -> CameraPath:
        """The main camera on its gantry keeps play in the lower half, so that the far boards stay in the picture."""
        position = (LENGTH_M / 2 + float(rng.uniform(-4, 4)), -18.0, 13.0)
        first, last = ball.smooth_at(0.3), ball.smooth_at(slot.length_s - 0.3)
        keys = tuple(
            Key(
                at_s=at_s,
                position_m=position,
                target_m=(place[0], min(BREADTH_M - 6, place[1] + lift), 1.0),
                focal_px=focal,
            )
            for at_s, place, lift, focal in (
                (-0.6, first, lift_m[0], focal_px[0]),
                (slot.length_s + 0.6, last, lift_m[1], focal_px[1]),
            )
        )
        return self._path(keys, rng, shake_px=shake_px)

    def _path(self, keys: tuple[Key, ...], rng: np.random.Generator, *, shake_px: float) -> CameraPath:
        return CameraPath(keys, rng, shake_px=shake_px, width_px=self.width_px, height_px=self.height_px)


def _moves(rng: np.random.Generator, x_m: float, y_m: float, pace_m_per_s: float, length_s: float) -> BallPath:
    """A move of short passes and runs in one direction."""
    touches = [(-1.0, x_m - pace_m_per_s, y_m)]
    at_s = 0.0
    while at_s < length_s + 2.0:
        touches.append((at_s, x_m, float(np.clip(y_m + rng.normal(0, 2.2), 6, BREADTH_M - 5))))
        step = float(rng.uniform(0.8, 1.5))
        at_s += step
        x_m += pace_m_per_s * step * float(rng.uniform(0.6, 1.5))
    return BallPath(touches=tuple((float(a), float(b), float(c)) for a, b, c in touches))
