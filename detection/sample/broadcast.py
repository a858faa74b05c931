"""Draws a whole sample broadcast: a film of a match with advertising, its exact truth, and the brand list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detection.sample.arena import Arena
from detection.sample.camera import ease
from detection.sample.cast import choose_cast, write_brands
from detection.sample.cutouts import Figures
from detection.sample.figures import Kit, Person, shaded
from detection.sample.film import Film
from detection.sample.graphics import Graphics
from detection.sample.picture import Picture
from detection.sample.shots import LIVE_KINDS, Director, Slot, plan_slots
from detection.sample.textures import LOOKS
from detection.sample.truth import Truth
from detection.sample.views import View
from detection.sample.wordmarks import Colour, Wordmark, choose_styles
from mpr.errors import BadInput

FPS = 25
DEFAULT_DURATION_S = 28.0
LEAST_DURATION_S = 1.0
_FADE_IN_S, _FADE_OUT_S = 0.6, 0.7
_DISSOLVE_S, _WIPE_S = 0.6, 0.72
_FLASH_S = 1.0
# Home and away shirts, BGR.
_STRIPS: tuple[tuple[Colour, Colour], ...] = (
    ((140, 96, 20), (46, 96, 232)),
    ((52, 40, 176), (226, 226, 222)),
    ((150, 60, 110), (60, 190, 235)),
    ((40, 40, 44), (90, 170, 40)),
)
_TONES: tuple[Colour, ...] = ((160, 66, 196), (150, 130, 20), (60, 70, 210))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The three files of a sample broadcast."""

    video: Path
    truth: Path
    brands: Path


def draw_broadcast(
    folder: Path,
    *,
    seed: int = 7,
    duration_s: float = DEFAULT_DURATION_S,
    width_px: int = 1280,
    height_px: int = 720,
    progress: Callable[[int, int], None] | None = None,
) -> Sample:
    """Writes sample.mp4, sample.truth.json and sample.brands.csv into `folder`, which is made if it is missing.

    The same seed and sizes give the same truth, and on one machine the same bytes. `progress` is told the frames drawn
    and their number. Raises BadInput for a size or length that cannot be drawn.
    """
    if duration_s < LEAST_DURATION_S:
        raise BadInput(f"A sample broadcast lasts at least {LEAST_DURATION_S:g} s; ask for a longer one.")
    if width_px < 320 or height_px < 180 or width_px % 2 or height_px % 2:
        raise BadInput("A sample broadcast needs even sides of at least 320 × 180 px; choose another size.")
    folder.mkdir(parents=True, exist_ok=True)
    sample = Sample(
        video=folder / "sample.mp4", truth=folder / "sample.truth.json", brands=folder / "sample.brands.csv"
    )
    show = _Show(seed, duration_s, width_px, height_px)
    rows: list[list[dict[str, object]]] = []
    grain = np.random.default_rng([seed, 99])
    with Film(sample.video, width_px=width_px, height_px=height_px, fps=FPS, rng=grain) as film:
        for number in range(show.frame_count):
            picture, instances, exposure = show.frame(number)
            film.write(picture.pixels, exposure=exposure)
            rows.append(instances)
            if progress is not None:
                progress(number + 1, show.frame_count)
    Truth(
        fps=FPS,
        width_px=width_px,
        height_px=height_px,
        brands=tuple(brand.name for brand in show.cast.listed),
        frames=rows,
        shots=tuple((slot.start_s, slot.end_s) for slot in show.slots),
    ).write(sample.truth)
    write_brands(show.cast, sample.brands)
    return sample


class _Show:
    """Everything of one broadcast that is settled before its first frame."""

    def __init__(self, seed: int, duration_s: float, width_px: int, height_px: int) -> None:
        # One stream of chance per concern, so that a change to one leaves the others as they were.
        casting, styling, planning, building, directing = (np.random.default_rng([seed, index]) for index in range(5))
        self.cast = choose_cast(casting)
        marks = choose_styles((*self.cast.regular, self.cast.brief), styling)
        self.frame_count = round(duration_s * FPS)
        self.slots = plan_slots(self.frame_count / FPS, FPS, planning)
        self._size = (width_px, height_px)
        self._kick_off_s = float(planning.uniform(600, 2400))
        self._goals = (int(planning.integers(0, 3)), int(planning.integers(0, 3)))
        home, away = _STRIPS[int(casting.integers(len(_STRIPS)))]
        fans = (home, shaded(home, 1.3), (210, 210, 208))
        arena = Arena(self.cast, marks, building, fans=fans, flash_s=self._flash_s())
        sponsors = [brand.name for brand in self.cast.regular]
        shirts = [sponsors[index] for index in building.permutation(len(sponsors))[:2]]
        self._director = Director(
            cast=self.cast,
            marks=marks,
            arena=arena,
            figures=Figures(),
            home=_team(home, (245, 245, 245), marks[shirts[0]], 9, building),
            away=_team(away, (30, 26, 24), marks[shirts[1]], 9, building),
            officials=_officials(building),
            fans=fans,
            width_px=width_px,
            height_px=height_px,
        )
        tone = _TONES[int(casting.integers(len(_TONES)))]
        self._graphics = Graphics(self.cast, marks, home=home, away=away, tone=tone, scale=height_px / 720)
        self._caption_sponsors = [sponsors[index] for index in directing.permutation(len(sponsors))[:3]]
        self._views: tuple[View, ...] = tuple(
            self._director.view(slot, self._world_s(slot.start_s), np.random.default_rng([seed, 10 + index]))
            for index, slot in enumerate(self.slots)
        )

    def frame(self, number: int) -> tuple[Picture, list[dict[str, object]], float]:
        """The picture of a video frame, its true instances, and its exposure."""
        t_s = number / FPS
        index = next(
            (at for at, slot in enumerate(self.slots) if slot.start_s <= t_s + 1e-6 < slot.end_s), len(self.slots) - 1
        )
        picture = self._shot_picture(index, t_s)
        light = self._fade(t_s)
        exposure = self._exposure(index, t_s)
        mixed = self._dissolving(index, t_s)
        if mixed is None:
            self._paint_wipes(picture, t_s)
            rows = picture.ledger.settle(light)
        else:
            other, share = mixed
            after = self._shot_picture(other, t_s)
            rows = picture.ledger.settle(light * (1 - share)) + after.ledger.settle(light * share)
            exposure += (self._exposure(other, t_s) - exposure) * share
            cv2.addWeighted(picture.pixels, 1 - share, after.pixels, share, 0, dst=picture.pixels)
        return picture, rows, exposure * light

    def _shot_picture(self, index: int, t_s: float) -> Picture:
        """One shot with its own graphics, before any transition."""
        slot = self.slots[index]
        picture = Picture.blank(*self._size)
        self._views[index].paint(picture, t_s - slot.start_s)
        if slot.kind in LIVE_KINDS:
            self._graphics.paint_score(picture, self._goals, self._kick_off_s + t_s)
        into_s, left_s = t_s - slot.start_s, slot.end_s - t_s
        if slot.kind == "replay":
            self._graphics.paint_replay_tag(picture, self._caption_sponsors[0])
        elif slot.kind in ("mid", "press"):
            share = min(1.0, (into_s - 0.7) / 0.5, (left_s - 0.35) / 0.35)
            title, detail = self._caption(slot, index)
            sponsor = self._caption_sponsors[1 if slot.kind == "mid" else 2]
            self._graphics.paint_caption(picture, title, detail, sponsor, share)
        return picture

    def _caption(self, slot: Slot, index: int) -> tuple[str, str]:
        (home, _), (away, _) = self.cast.clubs
        if slot.kind == "press":
            return self.cast.coach.upper(), f"Head coach, {home.title()}"
        names = self.cast.surnames
        return (
            f"{7 + index}  {names[index % len(names)]}",
            f"{away.title()}  |  on for {names[(index + 3) % len(names)].title()}",
        )

    def _exposure(self, index: int, t_s: float) -> float:
        return self._views[index].exposure(t_s - self.slots[index].start_s)

    def _fade(self, t_s: float) -> float:
        """The share of light of a broadcast that comes out of the black and goes into it."""
        end_s = self.frame_count / FPS
        return ease((t_s + 1 / FPS) / _FADE_IN_S) * ease((end_s - t_s) / _FADE_OUT_S)

    def _dissolving(self, index: int, t_s: float) -> tuple[int, float] | None:
        """The other shot of a running dissolve and its share."""
        slot = self.slots[index]
        if slot.entrance == "dissolve" and t_s - slot.start_s < _DISSOLVE_S / 2:
            return index - 1, 0.5 - (t_s - slot.start_s) / _DISSOLVE_S
        if index + 1 < len(self.slots) and self.slots[index + 1].entrance == "dissolve":
            ahead_s = slot.end_s - t_s
            if ahead_s < _DISSOLVE_S / 2:
                return index + 1, 0.5 - ahead_s / _DISSOLVE_S
        return None

    def _paint_wipes(self, picture: Picture, t_s: float) -> None:
        for slot in self.slots:
            if slot.entrance == "wipe":
                self._graphics.paint_wipe(picture, (t_s - slot.start_s) / _WIPE_S + 0.5)

    def _flash_s(self) -> tuple[float, float] | None:
        """When the brief brand has the boards: within the second match shot that shows the far boards."""
        shown = [slot for slot in self.slots if slot.kind in ("mid", "wide", "corner")]
        slot = shown[1] if len(shown) > 1 else shown[0]
        start_s = slot.start_s + 0.55 * slot.length_s
        return self._world_s(start_s), self._world_s(start_s + min(_FLASH_S, slot.length_s * 0.3))

    def _world_s(self, t_s: float) -> float:
        """The boards' clock: runs with the broadcast, from a time that no modulus makes special."""
        return 100.0 + t_s


def _team(shirt: Colour, trim: Colour, sponsor: Wordmark, count: int, rng: np.random.Generator) -> tuple[Person, ...]:
    kit = Kit(shirt=shirt, trim=trim, shorts=shaded(shirt, 0.45), socks=shirt, sponsor=sponsor)
    numbers = rng.permutation(np.arange(2, 30))[:count]
    return tuple(
        Person(kit=kit, skin=skin, hair=hair, number=int(number))
        for number, (skin, hair) in zip(numbers, _looks(count, rng), strict=True)
    )


def _officials(rng: np.random.Generator) -> tuple[Person, ...]:
    """An assistant referee, and people in bibs beside the pitch."""
    referee = Kit(shirt=(40, 200, 235), trim=(30, 30, 30), shorts=(30, 30, 30), socks=(30, 30, 30))
    bib = Kit(shirt=(60, 150, 240), trim=(60, 150, 240), shorts=(60, 52, 46), socks=(40, 36, 34))
    return tuple(
        Person(kit=kit, skin=skin, hair=hair)
        for kit, (skin, hair) in zip((referee, bib, bib, bib), _looks(4, rng), strict=True)
    )


def _looks(count: int, rng: np.random.Generator) -> list[tuple[Colour, Colour]]:
    return [LOOKS[int(index)] for index in rng.integers(0, len(LOOKS), count)]
