"""Link the boxes that show one thing across the looks of a shot.

A thing is expected where the camera's movement takes it, or where it was on the screen, or where following it picture
by picture leads. There its own picture, at full size, is looked for: that it correlates makes it the same thing, and
says where it is also where the detector missed it. A box then belongs to the thing whose place it covers. A box that
covers two things, or half of one, becomes a thing of its own and leaves them alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detection.tracking.camera import Points
from detection.tracking.following import walk
from detection.tracking.patch import cut, find, side_lengths
from detection.tracking.things import (
    Look,
    Motion,
    Region,
    Rules,
    Scene,
    Sight,
    Thing,
    area,
    likeness,
    may_overlap,
    rectangles,
    shared_area,
)

# At full size a thing's picture is this high; more tells little more and costs its square.
_HEIGHT_PX = 16
_MARGIN_SHARE = 0.1
# How far around the expected place a thing is looked for: in heights of it, and at least in pixels of the strip.
_REACH_HEIGHTS = 0.5
_LEAST_REACH_PX = 2.5
_MOST_REACH = 16
# A box and the place where a thing was found are one when they overlap so much (IoU).
_SAME_PLACE = 0.5
_MOVED_PX = 2.0
# What is taken off for a box that the border cuts off, of which only the smaller part is compared.
_CLIPPED = 0.3
# Something as large, to this share, that stands no farther off than so many widths may be taken for the thing.
_TWIN_SIZE, _TWIN_WIDTHS = 0.35, 1.5
# Of a thing that the border cuts off no more than this share lies in the picture.
_WITHIN = 0.95
# How much larger or smaller it may be than where it was seen whole.
_SCALES = (0.7, 0.77, 0.84, 0.92, 1.0, 1.1, 1.2, 1.32, 1.45)


@dataclass(frozen=True, kw_only=True)
class _Guess:
    """A thing in a look: where it probably is, how alike the picture there is, and what it moved with."""

    quad: Points
    score: float
    motion: Motion


def link(scene: Scene, rules: Rules) -> list[Thing]:
    """The things of a shot, in the order in which they were first seen."""
    linker = _Linker(scene, rules)
    for look in scene.looks:
        linker.look_at(look)
    for thing in list(linker.things):
        linker.look_back(thing)
    things = [thing for thing in linker.things if thing.sights]
    for thing in things:
        linker.unclip(thing)
    return things


class _Linker:
    def __init__(self, scene: Scene, rules: Rules) -> None:
        self._scene = scene
        self._rules = rules
        self.things: list[Thing] = []
        self._owners: dict[tuple[int, int], Thing] = {}

    def look_at(self, look: Look) -> None:
        """Find the things known so far in the next look, and begin new ones with what is left of its boxes."""
        live = [thing for thing in self.things if self._remembered(thing, look, thing.last)]
        guesses = {place: self._guess(thing, thing.last, look) for place, thing in enumerate(live)}
        known = {place: guess for place, guess in guesses.items() if guess is not None}
        taken: set[int] = set()
        for place, region in _pairs(known, live, look, self._rules):
            self._see(live[place], look, known[place], region)
            taken.add(region.box)
            del known[place]
        places = [thing.sights[look.number].quad for thing in live if look.number in thing.sights]
        for place, guess in sorted(known.items(), key=lambda item: -item[1].score):
            if guess.score >= self._rules.same_score and not _is_taken(guess.quad, places):
                self._see(live[place], look, guess, None)
                places.append(guess.quad)
        for region in look.regions:
            if region.box not in taken:
                thing = Thing(label=region.label)
                self._see(thing, look, None, region)
                self.things.append(thing)

    def look_back(self, thing: Thing) -> None:
        """Find a thing in the looks before the one that it was detected in first. Where that leads to another thing the
        two are one."""
        begin = thing.first if thing.sights else 0
        for look in reversed(self._scene.looks[:begin]):
            if not self._remembered(thing, look, thing.first):
                break
            guess = self._guess(thing, thing.first, look)
            if guess is None or guess.score < self._rules.same_score:
                continue
            other = self._owner_at(look, guess.quad, thing)
            if other is not None:
                self._unite(other, thing)
                break
            self._see(thing, look, guess, None)

    def unclip(self, thing: Thing) -> None:
        """Where the border of the picture cut a box off, take the outline from the nearest look that shows it whole."""
        looks = self._scene.looks
        whole = [
            number
            for number, sight in thing.sights.items()
            if sight.box >= 0 and number in thing.patches and not looks[number].clips(sight.quad)
        ]
        if not whole:
            return
        for number, sight in sorted(thing.sights.items()):
            if number in whole or not looks[number].clips(sight.quad):
                continue
            nearest = min(whole, key=lambda one: (abs(one - number), one))
            expected = self._expected(thing, nearest, looks[number])[thing.motion == "screen"]
            if looks[number].inside_share(expected) < self._rules.inside_share:
                del thing.sights[number]
                continue
            guess = self._outgrown(thing, nearest, looks[number], sight)
            if guess is not None:
                thing.sights[number] = Sight(quad=guess.quad, box=sight.box, score=guess.score)

    def _outgrown(self, thing: Thing, whole: int, look: Look, sight: Sight) -> _Guess | None:
        """The place of a thing that reaches out of the picture, at the size at which it fits best: it was `whole` in
        another look, and may have been nearer or farther then. None where it does not reach out."""
        guess = self._guess(thing, whole, look)
        if guess is None:
            return None
        side = _innermost(sight.quad, look)
        here, there = (_side_middle(quad, side) for quad in (sight.quad, guess.quad))
        sizes = [here + (guess.quad - there) * scale for scale in _SCALES]
        found = [self._find(thing, whole, look, quad, guess.motion) for quad in sizes]
        best = max([guess, *found], key=lambda one: one.score)
        reaches_out = look.inside_share(best.quad) < _WITHIN
        return best if best.score >= self._rules.supported_score and reaches_out else None

    def _remembered(self, thing: Thing, look: Look, seen: int) -> bool:
        return (
            abs(self._scene.looks[seen].time_s - look.time_s) <= self._rules.remember_s + 1e-6
            or abs(seen - look.number) == 1
        )

    def _guess(self, thing: Thing, seen: int, look: Look) -> _Guess | None:
        """The best place for a thing in a look, going by where it was `seen`; None where it must be out of the
        picture."""
        origin = thing.nearest_patch(seen)
        if origin is None:
            return None
        camera, screen = self._expected(thing, seen, look)
        settled = thing.settled_motion
        expected: list[tuple[Motion, Points]] = [("camera", camera)] if settled != "screen" else []
        if settled == "screen" or (settled is None and np.abs(camera - screen).max() > _MOVED_PX):
            expected.append(("screen", screen))
        found = [
            self._find(thing, origin, look, quad, motion)
            for motion, quad in expected
            if look.inside_share(quad) >= self._rules.inside_share
        ]
        best = max(found, key=lambda guess: guess.score, default=None)
        if abs(seen - look.number) != 1:
            return best
        if best is None or best.score < self._rules.same_score:
            led = self._led(thing, seen, look, origin)
            return led if led is not None and (best is None or led.score > best.score) else best
        if settled is None and self._has_twin(thing, origin, look, best):
            led = self._led(thing, seen, look, origin)
            if led is None or led.score >= self._rules.supported_score:
                return led
        return best

    def _has_twin(self, thing: Thing, origin: int, look: Look, guess: _Guess) -> bool:
        """Whether something beside the place of a guess looks like the thing, too: the next of a row of boards, where
        boards pass by faster than the ground that the camera's movement is estimated from."""
        quad = guess.quad
        middle, size = quad.mean(axis=0), np.array(side_lengths(quad))
        near = np.linalg.norm(look.middles - middle, axis=1) <= _TWIN_WIDTHS * size[0]
        as_large = (np.abs(look.sizes - size) <= _TWIN_SIZE * size).all(axis=1)
        for place in np.flatnonzero(near & as_large).tolist():
            beside = quad + (look.middles[place] - middle)
            if (
                likeness(look.regions[place].quad, quad) == 0
                and self._find(thing, origin, look, beside, guess.motion).score >= self._rules.supported_score
            ):
                return True
        return False

    def _expected(self, thing: Thing, seen: int, look: Look) -> tuple[Points, Points]:
        """Where a thing is in a look by where it was seen: if it moves with the camera, and if with the screen."""
        before = self._scene.looks[seen]
        there = thing.sights[seen].quad * before.scale
        return self._scene.camera.between(before.picture, look.picture).move(there) / look.scale, there / look.scale

    def _find(self, thing: Thing, origin: int, look: Look, quad: Points, motion: Motion) -> _Guess:
        height = max(1.0, math.dist(quad[0], quad[3]))
        reach_px = max(_REACH_HEIGHTS * height, _LEAST_REACH_PX / float(look.scale.min()))
        patch = thing.patches[origin]
        reach = min(_MOST_REACH, int(np.ceil(reach_px * patch.pixels.shape[0] / ((1 + 2 * _MARGIN_SHARE) * height))))
        found = find(patch, look.read(), quad, reach=reach)
        return _Guess(quad=found.quad, score=found.score, motion=motion)

    def _led(self, thing: Thing, seen: int, look: Look, origin: int) -> _Guess | None:
        """Where following the thing picture by picture leads."""
        before = self._scene.looks[seen]
        step = 1 if look.picture > before.picture else -1
        pictures = range(before.picture, look.picture + step, step)
        steps = walk(self._scene, thing.sights[seen].quad * before.scale, pictures, "own", self._rules)
        quad = steps[-1].quad / look.scale
        if steps[-1].picture != look.picture or look.inside_share(quad) < self._rules.inside_share:
            return None
        return self._find(thing, origin, look, quad, "own")

    def _see(self, thing: Thing, look: Look, guess: _Guess | None, region: Region | None) -> None:
        quad = region.quad if region is not None else guess.quad if guess is not None else None
        if quad is None:
            return
        if guess is not None:
            self._note_motion(thing, look, guess)
        thing.sights[look.number] = Sight(
            quad=quad, box=-1 if region is None else region.box, score=1.0 if guess is None else guess.score
        )
        if region is not None:
            self._owners[look.number, region.box] = thing
            patch = cut(look.read(), quad, height_px=_HEIGHT_PX, margin_share=_MARGIN_SHARE)
            if patch is not None:
                thing.patches[look.number] = patch

    def _note_motion(self, thing: Thing, look: Look, guess: _Guess) -> None:
        """Count what a thing moved with, where the camera moved so much that it shows."""
        seen = min(thing.sights, key=lambda number: abs(number - look.number))
        camera, screen = self._expected(thing, seen, look)
        off_camera = float(np.linalg.norm((guess.quad - camera).mean(axis=0)))
        off_screen = float(np.linalg.norm((guess.quad - screen).mean(axis=0)))
        if guess.motion == "own":
            thing.moved_with["own"] += 1
        elif abs(off_camera - off_screen) > _MOVED_PX:
            thing.moved_with["camera" if off_camera < off_screen else "screen"] += 1

    def _owner_at(self, look: Look, quad: Points, thing: Thing) -> Thing | None:
        (near,) = may_overlap(rectangles([quad]), look.rectangles)
        for region in (look.regions[int(number)] for number in np.flatnonzero(near)):
            owner = self._owners.get((look.number, region.box))
            if owner is not None and owner is not thing and likeness(region.quad, quad) >= _SAME_PLACE:
                return owner
        return None

    def _unite(self, earlier: Thing, later: Thing) -> None:
        """Join two that are one, unless both were seen at once."""
        both = earlier.sights.keys() & later.sights.keys()
        if any(later.sights[number].box >= 0 and earlier.sights[number].box >= 0 for number in both):
            return
        for number, sight in later.sights.items():
            if number not in earlier.sights or sight.box >= 0:
                earlier.sights[number] = sight
            if sight.box >= 0:
                self._owners[number, sight.box] = earlier
        earlier.patches |= later.patches
        earlier.moved_with += later.moved_with
        later.sights.clear()


def _pairs(guesses: dict[int, _Guess], live: Sequence[Thing], look: Look, rules: Rules) -> Iterable[tuple[int, Region]]:
    """Things and boxes that belong together, each used once, the best first."""
    likely = {place: guess for place, guess in guesses.items() if guess.score >= rules.supported_score}
    near = may_overlap(rectangles([guess.quad for guess in likely.values()]), look.rectangles)
    fits = []
    for (place, guess), row in zip(likely.items(), near, strict=True):
        for region in (look.regions[int(number)] for number in np.flatnonzero(row)):
            if region.label == live[place].label:
                fit = _fit(guess.quad, region.quad, look)
                if fit >= _SAME_PLACE:
                    fits.append((fit + guess.score, place, region))
    used: set[int] = set()
    boxes: set[int] = set()
    for _, place, region in sorted(fits, key=lambda fit: (-fit[0], fit[1], fit[2].box)):
        if place not in used and region.box not in boxes:
            used.add(place)
            boxes.add(region.box)
            yield place, region


def _side_middle(quad: Points, side: int) -> Points:
    return np.asarray((quad[side] + quad[(side + 1) % 4]) / 2)


def _innermost(quad: Points, look: Look) -> int:
    """The side of a quad that lies farthest from the picture's border."""
    middles = np.stack([_side_middle(quad, side) for side in range(4)])
    return int(np.argmax(np.minimum(middles, look.size_px - middles).min(axis=1)))


def _is_taken(quad: Points, places: Sequence[Points]) -> bool:
    """Whether another thing was already found in a place."""
    (near,) = may_overlap(rectangles([quad]), rectangles(places))
    return any(likeness(quad, places[int(number)]) >= _SAME_PLACE for number in np.flatnonzero(near))


def _fit(quad: Points, other: Points, look: Look) -> float:
    """How well two places agree; of a box that the border cuts off only what there is of it must."""
    shared = shared_area(quad, other)
    areas = area(quad), area(other)
    fit = shared / max(1e-9, sum(areas) - shared)
    if fit < _SAME_PLACE and look.clips(other):
        return shared / max(1e-9, min(areas)) - _CLIPPED
    return fit
