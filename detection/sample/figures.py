"""Players and other people on the pitch: a jointed body seen from any side, drawn as a flat cut-out with two tones.

A body is posed in its own axes (forward, left, up; unit: body height), turned to its heading and seen by a level
camera. Limbs are capsules painted from far to near.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.ripmap import Pixels
from detection.sample.typefaces import ink
from detection.sample.wordmarks import Colour, Wordmark

Joint = tuple[float, float, float]

BODY_M = 1.84
# Sprite canvas in body heights: room for strides and lifted arms.
_WIDE, _TALL, _FEET = 1.1, 1.16, 1.08
_SHIFT = 4


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What a person wears; colours are BGR. `sponsor` is on the chest."""

    shirt: Colour
    trim: Colour
    shorts: Colour
    socks: Colour
    sponsor: Wordmark | None = None
    long_sleeves: bool = False


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is drawn."""

    kit: Kit
    skin: Colour
    hair: Colour
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class ChestMark:
    """The sponsor on a sprite: quad in sprite px, the height of its letters, the share not hidden by the own arms."""

    brand: str
    mode: str
    quad: NDArray[np.float64]
    height_px: float
    free: float


@dataclass(frozen=True, kw_only=True)
class Sprite:
    """A premultiplied BGRA cut-out; `foot_px` is where it stands, `body_px` how tall the body is."""

    layer: Pixels
    foot_px: tuple[float, float]
    body_px: float
    chest: ChestMark | None


def draw_figure(
    person: Person, *, yaw_rad: float, phase_rad: float, effort: float, body_px: int, cheers: bool = False
) -> Sprite:
    """A person `body_px` tall, who may throw up the arms.

    Yaw 0 runs to the right of the picture, a quarter turn on runs away from the camera; `effort` 0 stands, 1 sprints;
    `phase_rad` is where in the stride.
    """
    fine = 2 if body_px <= 150 else 1
    unit = body_px * fine
    layer = np.zeros((round(_TALL * unit), round(_WIDE * unit), 4), np.uint8)
    brush = _Brush(layer, unit, yaw_rad)
    pose = _pose(phase_rad, effort)
    if cheers:
        pose = replace(pose, arms=tuple(_raised(arm[0]) for arm in pose.arms))
    parts = _parts(person, pose)
    parts.sort(key=lambda part: brush.depth(part.joints), reverse=True)
    torso_at = next(index for index, part in enumerate(parts) if part.name == "torso")
    for part in parts[:torso_at]:
        brush.limb(part)
    chest = _torso(brush, person, pose, yaw_rad)
    front = parts[torso_at + 1 :]
    for part in front:
        brush.limb(part)
    _head(brush, person, pose, yaw_rad, detailed=body_px >= 300)
    if chest is not None:
        over = np.zeros_like(layer)
        for part in front:
            _Brush(over, unit, yaw_rad).limb(part)
        chest = _freed(chest, over[..., 3], fine)
    if fine > 1:
        size = (layer.shape[1] // fine, layer.shape[0] // fine)
        layer = np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Sprite(layer=layer, foot_px=(_WIDE * body_px / 2, _FEET * body_px), body_px=float(body_px), chest=chest)


@dataclass(frozen=True)
class _Part:
    name: str
    joints: tuple[Joint, ...]
    radii: tuple[float, ...]
    colours: tuple[Colour, ...]


class _Brush:
    """Draws in body units onto a BGRA layer, as seen from the side the yaw gives."""

    def __init__(self, layer: Pixels, unit_px: float, yaw_rad: float) -> None:
        self.layer = layer
        self.plain = unit_px < 450
        self.unit_px = unit_px
        self._cos, self._sin = math.cos(yaw_rad), math.sin(yaw_rad)

    def at(self, joint: Joint) -> tuple[float, float]:
        forward, left, up = joint
        # Running right, the left side is away from the camera; running away, it is to the left.
        x = forward * self._cos - left * self._sin
        return (x + _WIDE / 2) * self.unit_px, (_FEET - up) * self.unit_px

    def depth(self, joints: tuple[Joint, ...]) -> float:
        return sum(forward * self._sin + left * self._cos for forward, left, _ in joints) / len(joints)

    def limb(self, part: _Part) -> None:
        points = [self.at(joint) for joint in part.joints]
        for index, colour in enumerate(part.colours):
            ends = points[index], points[index + 1]
            radii = part.radii[index] * self.unit_px, part.radii[index + 1] * self.unit_px
            # Drawn small, the second tone would not show on what is thin.
            if self.plain and part.name not in ("shorts", "sleeve"):
                self.capsule(ends, radii, shaded(colour, 0.93))
                continue
            self.capsule(ends, radii, shaded(colour, 0.78))
            lit = tuple((x - 0.22 * r, y - 0.1 * r) for (x, y), r in zip(ends, radii, strict=True))
            self.capsule((lit[0], lit[1]), (radii[0] * 0.7, radii[1] * 0.7), colour)

    def capsule(
        self, ends: tuple[tuple[float, float], tuple[float, float]], radii: tuple[float, float], colour: Colour
    ) -> None:
        """A limb with round ends; drawn small, its taper would not show and one thick stroke does."""
        (x0, y0), (x1, y1) = ends
        if self.plain or abs(radii[0] - radii[1]) < 0.05 * radii[0]:
            first, last = (round(x0 * 16), round(y0 * 16)), (round(x1 * 16), round(y1 * 16))
            cv2.line(self.layer, first, last, (*colour, 255), max(1, round(radii[0] + radii[1])), cv2.LINE_AA, _SHIFT)
            return
        length = math.hypot(x1 - x0, y1 - y0)
        if length > 1e-3:
            nx, ny = -(y1 - y0) / length, (x1 - x0) / length
            self.fill(
                [
                    (x0 + nx * radii[0], y0 + ny * radii[0]),
                    (x1 + nx * radii[1], y1 + ny * radii[1]),
                    (x1 - nx * radii[1], y1 - ny * radii[1]),
                    (x0 - nx * radii[0], y0 - ny * radii[0]),
                ],
                colour,
            )
        for (x, y), radius in zip(ends, radii, strict=True):
            self.disc((x, y), radius, colour)

    def fill(self, corners: list[tuple[float, float]], colour: Colour) -> None:
        points = np.round(np.array(corners) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(self.layer, [points], (*colour, 255), cv2.LINE_AA, _SHIFT)

    def disc(self, centre: tuple[float, float], radius: float, colour: Colour) -> None:
        at = round(centre[0] * 2**_SHIFT), round(centre[1] * 2**_SHIFT)
        cv2.circle(self.layer, at, max(1, round(radius * 2**_SHIFT)), (*colour, 255), -1, cv2.LINE_AA, _SHIFT)

    def oval(self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
        at = round(centre[0] * 2**_SHIFT), round(centre[1] * 2**_SHIFT)
        axes = max(1, round(radii[0] * 2**_SHIFT)), max(1, round(radii[1] * 2**_SHIFT))
        cv2.ellipse(self.layer, at, axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA, _SHIFT)


@dataclass(frozen=True)
class _Pose:
    hips: Joint
    chest: Joint
    head: Joint
    legs: tuple[tuple[Joint, Joint, Joint, Joint], ...]
    arms: tuple[tuple[Joint, Joint, Joint], ...]


def _pose(phase_rad: float, effort: float) -> _Pose:
    """Joints of a stride: thighs swing against each other, a knee bends while its leg swings forward, arms oppose."""
    lean = 0.03 + 0.14 * effort
    bob = 0.012 * effort * math.cos(2 * phase_rad)
    hips = (0.0, 0.0, 0.515 + bob)
    chest = (0.31 * math.sin(lean), 0.0, hips[2] + 0.31 * math.cos(lean))
    head = (chest[0] + 0.105 * math.sin(lean + 0.1), 0.0, chest[2] + 0.115)
    legs, arms = [], []
    for side, start in ((1, 0.0), (-1, math.pi)):
        swing = phase_rad + start
        thigh = effort * (0.18 + 0.72 * math.sin(swing)) + (1 - effort) * 0.04 * side
        bend = 0.08 + effort * (0.3 + 1.15 * max(0.0, math.cos(swing)) ** 1.3)
        hip = (hips[0], side * 0.055, hips[2])
        knee = _swing(hip, thigh, 0.255)
        ankle = _swing(knee, thigh - bend, 0.25)
        toe = (ankle[0] + 0.075 * math.cos(thigh - bend) + 0.01, ankle[1] + side * 0.008, max(0.005, ankle[2] - 0.015))
        legs.append((hip, knee, ankle, toe))
        upper = effort * -0.85 * math.sin(swing) - 0.05
        elbow_bend = 0.25 + 1.25 * effort
        shoulder = (chest[0], side * 0.12, chest[2] - 0.02)
        elbow = _swing((shoulder[0], side * 0.15, shoulder[2]), upper, 0.165)
        wrist = _swing(elbow, upper + elbow_bend, 0.15)
        arms.append((shoulder, elbow, (wrist[0], side * (0.165 - 0.06 * effort), wrist[2])))
    drop = min(leg[2][2] for leg in legs) - 0.03
    return _Pose(
        hips=_lowered(hips, drop),
        chest=_lowered(chest, drop),
        head=_lowered(head, drop),
        legs=tuple(tuple(_lowered(joint, drop) for joint in leg) for leg in legs),  # type: ignore[misc]
        arms=tuple(tuple(_lowered(joint, drop) for joint in arm) for arm in arms),  # type: ignore[misc]
    )


def _raised(shoulder: Joint) -> tuple[Joint, Joint, Joint]:
    """An arm thrown up from its shoulder."""
    side = math.copysign(1.0, shoulder[1])
    elbow = (shoulder[0], shoulder[1] + side * 0.07, shoulder[2] + 0.1)
    return shoulder, elbow, (elbow[0], elbow[1] - side * 0.01, elbow[2] + 0.12)


def _lowered(joint: Joint, drop: float) -> Joint:
    return joint[0], joint[1], joint[2] - drop


def _swing(joint: Joint, angle_rad: float, length: float) -> Joint:
    """A joint hanging below another, swung forward by an angle."""
    return joint[0] + length * math.sin(angle_rad), joint[1], joint[2] - length * math.cos(angle_rad)


def _parts(person: Person, pose: _Pose) -> list[_Part]:
    kit, skin = person.kit, person.skin
    parts = [_Part("torso", (pose.hips, pose.chest), (), ())]
    for leg in pose.legs:
        hip, knee, ankle, toe = leg
        hem = _between(hip, knee, 0.72)
        calf = _between(knee, ankle, 0.18)
        parts.append(_Part("boot", (ankle, toe), (0.026, 0.02), ((34, 30, 28),)))
        parts.append(_Part("leg", (hem, knee, calf, ankle), (0.043, 0.038, 0.04, 0.024), (skin, skin, kit.socks)))
        parts.append(_Part("shorts", (hip, hem), (0.061, 0.057), (kit.shorts,)))
    for shoulder, elbow, wrist in pose.arms:
        if kit.long_sleeves:
            parts.append(_Part("hand", (_between(elbow, wrist, 0.8), wrist), (0.024, 0.026), (skin,)))
            parts.append(_Part("sleeve", (shoulder, elbow, wrist), (0.05, 0.038, 0.03), (kit.shirt, kit.shirt)))
            continue
        cuff = _between(shoulder, elbow, 0.7)
        parts.append(_Part("arm", (cuff, elbow, wrist), (0.034, 0.029, 0.024), (skin, skin)))
        parts.append(_Part("sleeve", (shoulder, cuff), (0.05, 0.042), (kit.shirt,)))
    return parts


def _between(first: Joint, second: Joint, share: float) -> Joint:
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )


def _torso(brush: _Brush, person: Person, pose: _Pose, yaw_rad: float) -> ChestMark | None:
    """Shirt and shorts' waist, then a number on the back or the sponsor on the chest, whichever faces the camera."""
    kit, unit = person.kit, brush.unit_px
    (hx, hy), (cx, cy) = brush.at(pose.hips), brush.at(pose.chest)
    broad = abs(math.sin(yaw_rad))
    waist, chest = (0.075 + 0.025 * broad) * unit, (0.085 + 0.05 * broad) * unit
    brush.capsule(((hx, hy - 0.01 * unit), (hx, hy + 0.02 * unit)), (waist * 0.98, waist), shaded(kit.shorts, 0.8))
    for share, colour in ((1.0, shaded(kit.shirt, 0.8)), (0.82, kit.shirt)):
        shift = -0.06 * chest * (1 - share) * 5
        outline = [
            (hx - waist * share + shift, hy + 0.015 * unit),
            (hx - waist * share * 0.98 + shift, hy - 0.1 * unit),
            (cx - chest * share + shift, cy + 0.02 * unit),
            (cx - chest * share * 0.75 + shift, cy - 0.035 * unit),
            (cx + chest * share * 0.75 + shift, cy - 0.035 * unit),
            (cx + chest * share + shift, cy + 0.02 * unit),
            (hx + waist * share * 0.98 + shift, hy - 0.1 * unit),
            (hx + waist * share + shift, hy + 0.015 * unit),
        ]
        brush.fill(outline, colour)
    brush.capsule(
        ((cx - 0.03 * unit, cy - 0.04 * unit), (cx + 0.03 * unit, cy - 0.04 * unit)), (0.018 * unit,) * 2, kit.trim
    )
    facing = -math.sin(yaw_rad)
    if unit < 190 or abs(facing) < 0.5:
        return None
    middle = (cx + (hx - cx) * 0.36, cy + (hy - cy) * 0.36)
    if facing < 0:
        if person.number is not None:
            _letter(brush, ink(str(person.number), "Oswald", 160), middle, 0.15 * unit, 0.16 * unit * broad, kit.trim)
        return None
    if kit.sponsor is None:
        return None
    letters, _, _, line_px = kit.sponsor.lockup("word")
    quad, scale = _letter(brush, letters, middle, 0.075 * unit, 0.158 * unit * broad, kit.trim)
    return ChestMark(brand=kit.sponsor.brand.name, mode="word", quad=quad, height_px=line_px * scale, free=1.0)


def _letter(
    brush: _Brush, mask: Pixels, middle: tuple[float, float], most_tall: float, most_wide: float, colour: Colour
) -> tuple[NDArray[np.float64], float]:
    """Prints a mask flat on the layer, as large as fits; returns its quad and vertical scale."""
    rows, columns = mask.shape
    scale = min(most_tall / rows, most_wide / columns)
    width, height = columns * scale, rows * scale
    left, top = middle[0] - width / 2, middle[1] - height / 2
    x0, y0 = math.floor(left), math.floor(top)
    size = (math.ceil(left + width) - x0 + 1, math.ceil(top + height) - y0 + 1)
    small = cv2.resize(mask, (max(1, round(width)), max(1, round(height))), interpolation=cv2.INTER_AREA)
    move = np.array([[width / small.shape[1], 0, left - x0], [0, height / small.shape[0], top - y0]])
    cover = cv2.warpAffine(small, move, size, flags=cv2.INTER_LINEAR)[..., None].astype(np.uint16)
    under = brush.layer[y0 : y0 + size[1], x0 : x0 + size[0]]
    tone = np.array((*colour, 255), np.uint16)
    under[:] = ((under * (255 - cover) + tone * cover + 127) // 255).astype(np.uint8)
    quad = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])
    return quad - 0.5, scale


def _freed(chest: ChestMark, front: Pixels, fine: int) -> ChestMark:
    left, top = np.floor(chest.quad.min(axis=0)).astype(int)
    right, bottom = np.ceil(chest.quad.max(axis=0)).astype(int) + 1
    hidden = float(front[max(0, top) : bottom, max(0, left) : right].mean()) / 255
    return ChestMark(
        brand=chest.brand,
        mode=chest.mode,
        quad=(chest.quad + 0.5) / fine - 0.5,
        height_px=chest.height_px / fine,
        free=1.0 - hidden,
    )


def _head(brush: _Brush, person: Person, pose: _Pose, yaw_rad: float, *, detailed: bool) -> None:
    """Neck, skull, hair and, towards the camera, a sketched face."""
    unit = brush.unit_px
    x, y = brush.at(pose.head)
    neck = brush.at(_between(pose.chest, pose.head, 0.35))
    brush.capsule(((neck[0], neck[1]), (x, y + 0.03 * unit)), (0.028 * unit, 0.03 * unit), shaded(person.skin, 0.72))
    towards, aside = -math.sin(yaw_rad), math.cos(yaw_rad)
    width = (0.05 - 0.004 * abs(aside)) * unit
    brush.oval((x, y - 0.035 * unit), (width * 1.08, 0.064 * unit), person.hair)
    if towards < -0.6:
        return
    face = x + aside * 0.014 * unit
    brush.oval((face, y - 0.012 * unit), (width * 0.92, 0.058 * unit), shaded(person.skin, 0.86))
    brush.oval((face - 0.006 * unit, y - 0.014 * unit), (width * 0.78, 0.05 * unit), person.skin)
    brush.oval((x - aside * 0.006 * unit, y - 0.062 * unit), (width * 1.0, 0.032 * unit), person.hair)
    if not detailed:
        return
    look = face + aside * 0.022 * unit
    dark = shaded(person.skin, 0.35)
    for side in (-1, 1) if towards > 0.3 else (0,):
        eye = (look + side * 0.019 * unit * max(0.35, towards), y - 0.016 * unit)
        brush.oval(eye, (0.0052 * unit, 0.0042 * unit), dark)
        brush.oval((eye[0], eye[1] - 0.013 * unit), (0.011 * unit, 0.0028 * unit), person.hair)
    brush.oval((look + aside * 0.012 * unit, y + 0.006 * unit), (0.007 * unit, 0.011 * unit), shaded(person.skin, 0.82))
    brush.oval((look, y + 0.027 * unit), (0.014 * unit * max(0.5, towards), 0.003 * unit), shaded(person.skin, 0.55))


@lru_cache(maxsize=1024)
def shaded(colour: Colour, share: float) -> Colour:
    """A colour with `share` of its light."""
    return tuple(min(255, round(value * share)) for value in colour)  # type: ignore[return-value]
