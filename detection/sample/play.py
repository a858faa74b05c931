"""How people and ball move in a piece of play: smooth closed-form paths, the same for the same seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.sample.camera import Wobble, ease
from detection.sample.figures import Person
from detection.sample.ground import BREADTH_M

_STEP_S = 0.02


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A person at one moment: on the pitch in metres, where they head, how fast, and where in their stride."""

    person: Person
    x_m: float
    y_m: float
    heading_rad: float
    effort: float
    phase_rad: float


@dataclass(frozen=True, kw_only=True)
class BallPath:
    """The ball rolls from point to point; `touches` are (at_s, x_m, y_m) in time order."""

    touches: tuple[tuple[float, float, float], ...]

    def at(self, t_s: float) -> tuple[float, float]:
        before = self.touches[0]
        for after in self.touches[1:]:
            if t_s <= after[0]:
                share = max(0.0, (t_s - before[0]) / (after[0] - before[0]))
                # A rolling ball is fast at first and slows down.
                share = 1 - (1 - share) ** 1.5
                return before[1] + (after[1] - before[1]) * share, before[2] + (after[2] - before[2]) * share
            before = after
        return before[1], before[2]

    def smooth_at(self, t_s: float) -> tuple[float, float]:
        """Where play is around that time: the mean of the ball's places within 1.2 s either way."""
        places = [self.at(t_s + lag) for lag in np.linspace(-1.2, 1.2, 9)]
        return float(np.mean([x for x, _ in places])), float(np.mean([y for _, y in places]))


class Mover:
    """A person whose path was laid out on a time grid."""

    def __init__(self, person: Person, xs_m: NDArray[np.float64], ys_m: NDArray[np.float64]) -> None:
        self.person = person
        self._xs, self._ys = xs_m, ys_m
        vx, vy = np.gradient(xs_m, _STEP_S), np.gradient(ys_m, _STEP_S)
        window = np.ones(15) / 15
        vx, vy = (np.convolve(np.pad(v, 7, mode="edge"), window, mode="valid") for v in (vx, vy))
        self._speed = np.hypot(vx, vy)
        self._heading = np.unwrap(np.arctan2(vy, vx))
        stride_m = 1.1 + 0.32 * self._speed
        self._phase = np.cumsum(self._speed * _STEP_S / stride_m) * 2 * math.pi + _start_phase(xs_m[0], ys_m[0])

    def at(self, t_s: float) -> Standing:
        place = min(max(t_s / _STEP_S, 0.0), len(self._xs) - 1.001)
        index = int(place)
        share = place - index

        def between(values: NDArray[np.float64]) -> float:
            return float(values[index] + (values[index + 1] - values[index]) * share)

        return Standing(
            person=self.person,
            x_m=between(self._xs),
            y_m=between(self._ys),
            heading_rad=between(self._heading),
            effort=min(1.0, between(self._speed) / 6.0),
            phase_rad=between(self._phase),
        )


def _start_phase(x_m: float, y_m: float) -> float:
    """A starting phase that differs between people, from where they start."""
    return math.fmod(abs(x_m * 1.7 + y_m * 2.9), 2 * math.pi)


def lay_out_play(
    people: list[Person], ball: BallPath, length_s: float, rng: np.random.Generator, *, spread_m: tuple[float, float]
) -> list[Mover]:
    """Paths for outfield players around the ball: the first carries it, the others keep their shape and follow.

    `spread_m` is how far along and across the pitch they are spread.
    """
    times = np.arange(0.0, length_s + 1.0, _STEP_S)
    path = np.array([ball.at(float(t)) for t in times])
    flow = np.array([ball.smooth_at(float(t)) for t in times])
    movers = []
    for index, person in enumerate(people):
        drift_x, drift_y = (Wobble(rng, rate_hz) for rate_hz in (0.16, 0.19))
        wander = np.array([(2.2 * drift_x.at(float(t)), 1.8 * drift_y.at(float(t))) for t in times])
        if index == 0:
            xs, ys = path[:, 0] - 0.55, path[:, 1] + 0.25
            kernel = np.ones(21) / 21
            xs, ys = (np.convolve(np.pad(v, 10, mode="edge"), kernel, mode="valid") for v in (xs, ys))
        else:
            home = _home(index, len(people), rng, spread_m)
            follow = rng.uniform(0.55, 1.0)
            shift = flow - flow[0]
            xs = flow[0, 0] + home[0] + follow * shift[:, 0] + wander[:, 0]
            ys = np.clip(flow[0, 1] + home[1] + 0.5 * follow * shift[:, 1] + wander[:, 1], 0.5, BREADTH_M - 0.4)
        movers.append(Mover(person, xs, ys))
    return movers


def lay_out_watchers(
    people: list[Person], x_m: float, length_s: float, rng: np.random.Generator, *, runs_m: float
) -> list[Mover]:
    """People beside the far touchline: the first keeps level with play, the others stand before the boards."""
    times = np.arange(0.0, length_s + 1.0, _STEP_S)
    movers = []
    for index, person in enumerate(people):
        if index == 0:
            travel = np.array([ease(float(t) / length_s) for t in times]) * runs_m
            movers.append(Mover(person, x_m + rng.uniform(-4, 4) + travel, np.full_like(times, BREADTH_M + 0.7)))
            continue
        sway = Wobble(rng, 0.2)
        spot = x_m + rng.uniform(-24, 24)
        movers.append(
            Mover(
                person,
                np.array([spot + 0.12 * sway.at(float(t)) for t in times]),
                np.full_like(times, BREADTH_M + rng.uniform(1.6, 2.4)) + 0.02 * np.sin(times),
            )
        )
    return movers


def _home(index: int, count: int, rng: np.random.Generator, spread_m: tuple[float, float]) -> tuple[float, float]:
    """Spread evenly around the ball by the golden angle, with some disorder."""
    angle = index * math.pi * (3 - math.sqrt(5))
    radius = math.sqrt(index / count)
    return (
        spread_m[0] * radius * math.cos(angle) + rng.normal(0, 1.5),
        spread_m[1] * radius * math.sin(angle) + rng.normal(0, 1.5),
    )
