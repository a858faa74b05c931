"""What the stages before compile_report would give for a broadcast of any length, the same every time.

Shots of three to twelve seconds follow one another. Most show a pitch, along whose far edge boards with brands lie that
move with the camera, now and then a jersey, and a sponsor beside the clock that stays where it is. Every tenth word is
read and not settled.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from detection.records import (
    BrandMatch,
    Candidate,
    Fields,
    FrameField,
    KeptFrame,
    Matches,
    Motion,
    Quad,
    Question,
    Scenes,
    Shot,
)
from mpr.pipeline.frames import Frame

WIDTH_PX, HEIGHT_PX = 1280, 720
_SHARD_S = 10.0
_BOARDS = 6
_DOUBTFUL = 0.1


@dataclass(frozen=True, kw_only=True)
class Broadcast:
    """`fields` is one record a shard, as field_segmentation gives it."""

    scenes: Scenes
    matches: Matches
    fields: list[Fields]


@dataclass(frozen=True, kw_only=True)
class _Sign:
    """A mark in a shot: its box at the shot's beginning, in pixels, and how many pixels it moves in a second."""

    brand: str
    box: tuple[float, float, float, float]
    speed_px: float
    motion: Motion

    def quad(self, since_s: float) -> Quad:
        left, top, width, height = self.box
        left += self.speed_px * since_s
        return ((left, top), (left + width, top + 3), (left + width, top + 3 + height), (left, top + height))


def draw(duration_s: float, *, fps: float = 1.5, brands: int = 60, seed: int = 3) -> Broadcast:
    """A broadcast of so many seconds, sampled so many times a second."""
    dice = random.Random(seed)
    shots = list(_shots(duration_s, dice))
    scenes = Scenes(shots=shots, frames=list(_frames(shots, fps)), dropped=0)
    names = [f"Brand {number:03d}" for number in range(brands)]
    signs = {shot.number: _signs(names, dice) for shot in shots}
    return Broadcast(scenes=scenes, matches=_matches(scenes, signs, dice), fields=list(_fields(scenes)))


def _shots(duration_s: float, dice: random.Random) -> Iterator[Shot]:
    start_s, number = 0.0, 0
    while start_s < duration_s:
        end_s = min(duration_s, round(start_s + dice.uniform(3, 12), 2))
        yield Shot(number=number, start_s=start_s, end_s=end_s)
        start_s, number = end_s, number + 1


def _frames(shots: list[Shot], fps: float) -> Iterator[KeptFrame]:
    for shot in shots:
        count = max(1, round((shot.end_s - shot.start_s) * fps))
        edges = np.linspace(shot.start_s, shot.end_s, count + 1).round(3).tolist()
        for start_s, end_s in pairwise(edges):
            pts_s = round((start_s + end_s) / 2, 3)
            frame = Frame(
                seq=round(pts_s * 1000), pts_s=pts_s, width_px=WIDTH_PX, height_px=HEIGHT_PX,
                pack=f"frames/{int(pts_s // _SHARD_S)}.pack", offset=0, size=1,
            )  # fmt: skip
            yield KeptFrame(frame=frame, shot=shot.number, start_s=start_s, end_s=end_s)


def _signs(names: list[str], dice: random.Random) -> list[_Sign]:
    speed_px = dice.choice((0.0, 20.0, -40.0, 90.0))
    chosen = dice.sample(names, _BOARDS)
    signs = [
        _Sign(brand=name, box=(20 + 210 * place, 210 + 5 * place, 150, 34), speed_px=speed_px, motion="camera")
        for place, name in enumerate(chosen)
    ]
    # The same brand twice, side by side, and one over the other.
    signs.append(_Sign(brand=chosen[0], box=(900, 400, 160, 40), speed_px=speed_px, motion="camera"))
    signs.append(_Sign(brand=chosen[0], box=(980, 415, 160, 40), speed_px=speed_px, motion="camera"))
    signs.append(_Sign(brand=chosen[1], box=(600, 420, 60, 26), speed_px=speed_px / 2 + 15, motion="own"))
    signs.append(_Sign(brand=names[0], box=(60, 40, 110, 30), speed_px=0.0, motion="screen"))
    return signs


def _matches(scenes: Scenes, signs: dict[int, list[_Sign]], dice: random.Random) -> Matches:
    matches: list[BrandMatch] = []
    open_ones: dict[tuple[int, int], list[Candidate]] = {}
    starts = {shot.number: shot.start_s for shot in scenes.shots}
    doubtful = {
        (shot, place) for shot, all_ in signs.items() for place in range(len(all_)) if dice.random() < _DOUBTFUL
    }
    for kept in scenes.frames:
        for place, sign in enumerate(signs[kept.shot]):
            quad = sign.quad(kept.frame.pts_s - starts[kept.shot])
            seen = {
                "seq": kept.frame.seq, "quad": quad, "sharpness": round(dice.uniform(100, 1500), 2),
                "contrast": round(dice.uniform(0.08, 0.3), 4), "start_s": kept.start_s, "end_s": kept.end_s,
                "boundary_error_s": 0.04, "motion": sign.motion,
            }  # fmt: skip
            if (kept.shot, place) in doubtful:
                open_ones.setdefault((kept.shot, place), []).append(Candidate(box=place, **seen))
                continue
            matches.append(
                BrandMatch(
                    boxes=[place], brand=sign.brand, text=sign.brand.upper(),
                    confidence=round(dice.uniform(0.6, 1.0), 4), method="ocr", **seen,
                )
            )  # fmt: skip
    matches.sort(key=lambda match: (match.seq, match.brand))
    unresolved = [
        Question(
            text=f"WORD {place}", reason="Two brands are near.", nearest_brand=signs[shot][place].brand,
            nearest_score=0.7, sightings=sightings, best=0,
        )
        for (shot, place), sightings in sorted(open_ones.items())
    ]  # fmt: skip
    return Matches(matches=matches, unresolved=unresolved)


def _fields(scenes: Scenes) -> Iterator[Fields]:
    hull = [(0.0, 300.0), (400.0, 250.0), (900.0, 250.0), (1280.0, 320.0), (1280.0, 720.0), (0.0, 720.0)]
    mask = np.zeros((90, 160), np.uint8)
    cv2.fillPoly(mask, [np.array([(0, 38), (50, 31), (112, 31), (160, 40), (160, 90), (0, 90)])], 255)
    png = bytes(cv2.imencode(".png", mask)[1])
    by_shard: dict[int, list[FrameField]] = {}
    for kept in scenes.frames:
        shift = 3.0 * (kept.frame.seq // 1000 % 20)
        moved = [(x, y + shift) for x, y in hull]
        entry = FrameField(seq=kept.frame.seq, share=0.6, hull=moved, mask_png=png)
        by_shard.setdefault(int(kept.frame.pts_s // _SHARD_S), []).append(entry)
    return (Fields(frames=by_shard[number]) for number in sorted(by_shard))
