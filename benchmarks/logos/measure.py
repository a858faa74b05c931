"""What a method finds and claims falsely, by size and blur, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from benchmarks.logos.scenes import BLURS, SHOWING, SIZES_PX, Scene, Shown
from benchmarks.logos.searching import Method, Sighting
from detection.logos.gallery import Gallery
from detection.quads import area, common_area
from detection.records import Quad

# A sighting is of a logo when this much of either lies in the other.
_WITHIN = 0.5
_LEAST_VISIBLE = 0.8
# One logo repeated over a wall counts so many times in a picture, so that no wall outweighs the rest.
_MOST_A_PICTURE = 4
MODERATE_BLUR = 0.04
"""Blur up to this share of the logo's size is moderate."""


@dataclass
class Tally:
    """Logos asked for and found."""

    asked: int = 0
    found: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.asked if self.asked else 0.0


@dataclass
class Measured:
    """One method over all scenes. `cells` by kind of scene, least size and most blur; `false` names the kind of each
    picture in which a brand was claimed that it does not show, of `pictures` in all; `claims` and `right` count
    sightings; `seconds` and `cpu_seconds` are those of each picture."""

    cells: dict[tuple[str, int, float], Tally] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    false: dict[str, int] = field(default_factory=dict)
    claims: int = 0
    right: int = 0
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def recall(self, *, least_px: int, most_blur: float, kind: str | None = None) -> Tally:
        """Of logos at least that large and at most that blurred."""
        whole = Tally()
        for (scene, size, blur), tally in self.cells.items():
            if size >= least_px and blur <= most_blur and kind in (None, scene):
                whole.asked += tally.asked
                whole.found += tally.found
        return whole

    @property
    def precision(self) -> float:
        return self.right / self.claims if self.claims else 1.0

    @property
    def false_share(self) -> float:
        """Of the pictures that show none of the brands."""
        empty = [kind for kind in self.pictures if kind not in SHOWING]
        return sum(self.false.get(kind, 0) for kind in empty) / max(1, sum(self.pictures[kind] for kind in empty))


def measure(method: Method, scenes: Sequence[Scene], gallery: Gallery) -> Measured:
    """Searches every scene."""
    measured = Measured()
    for scene in scenes:
        start_s, cpu_start_s = time.perf_counter(), time.process_time()
        sightings = method(scene.image, gallery)
        measured.seconds.append(time.perf_counter() - start_s)
        measured.cpu_seconds.append(time.process_time() - cpu_start_s)
        _count(measured, scene, sightings)
    return measured


def _count(measured: Measured, scene: Scene, sightings: Sequence[Sighting]) -> None:
    measured.pictures[scene.kind] = measured.pictures.get(scene.kind, 0) + 1
    wrong = [one for one in sightings if one.brand not in scene.brands]
    measured.false[scene.kind] = measured.false.get(scene.kind, 0) + bool(wrong)
    measured.claims += len(sightings)
    measured.right += len(sightings) - len(wrong)
    if scene.kind not in SHOWING:
        return
    for place in asked(scene):
        shown = scene.shown[place]
        tally = measured.cells.setdefault((scene.kind, _size(shown), _blur(shown)), Tally())
        tally.asked += 1
        tally.found += any(one.brand == shown.brand and lies_on(one.quad, shown.quad) for one in sightings)


def asked(scene: Scene, *, least_px: float = SIZES_PX[0], most_blur: float = inf) -> list[int]:
    """The places of the logos that should be found: clear of others, at least that large, at most that blurred, and no
    more than four of a brand."""
    seen: dict[str, int] = {}
    places = []
    for place, shown in enumerate(scene.shown):
        if shown.visible < _LEAST_VISIBLE or shown.size_px < SIZES_PX[0]:
            continue
        seen[shown.brand] = seen.get(shown.brand, 0) + 1
        if seen[shown.brand] <= _MOST_A_PICTURE and shown.size_px >= least_px and _blur(shown) <= most_blur:
            places.append(place)
    return places


def _size(shown: Shown) -> int:
    return max(size for size in SIZES_PX if size <= shown.size_px)


def _blur(shown: Shown) -> float:
    """The least of the measured blurs that is no less; beyond the last one more than that."""
    return min((blur for blur in BLURS if shown.blur <= blur + 0.005), default=1.0)


def lies_on(seen: Quad, shown: Quad) -> bool:
    """Whether what was seen is of the logo that is shown there."""
    shared = common_area(seen, shown)
    smaller, larger = sorted((area(seen), area(shown)))
    return shared >= _WITHIN * smaller and shared >= _WITHIN / 2 * larger
