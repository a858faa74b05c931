"""A broadcast that nobody filmed: what the stages before match_brands would give, of any length, the same every time.

Shots of some seconds show four brands on boards and a word that is none, which move with the camera and of which every
fifth reading is damaged, and the score panel. All brands are seen in an hour, and half of all readings are of brands.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from itertools import groupby
from typing import Any

import cv2
import numpy as np

from detection.records import (
    Crops,
    Fields,
    FrameField,
    Frames,
    KeptFrame,
    Objects,
    Quad,
    Scenes,
    Shot,
    TextCandidate,
    Texts,
    Track,
    Tracks,
    View,
)
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Frame, Image, encode_jpeg

WIDTH_PX, HEIGHT_PX = 1280, 720
FPS = 2
SCAN_FPS = 25
SCAN_WIDTH_PX, SCAN_HEIGHT_PX = 320, 180
TEXTS_PER_HOUR = 50_000
_SYLLABLES = (
    "ba", "ne", "ro", "ti", "lon", "mar", "ves", "ku", "dor", "pin", "sa", "gel", "ri", "tan", "os", "el", "fi", "zu",
    "hal", "mi", "vor", "kel", "ta", "ju",
)  # fmt: skip
_BOARDS = 5
_SIGNS = _BOARDS + 3
_MISREAD = 0.2


def brand_names(count: int) -> list[str]:
    """So many different names; every third has two words."""
    draw = random.Random(1)
    names: set[str] = set()
    while len(names) < count:
        words = 1 + (len(names) % 3 == 0)
        names.add(" ".join(_word(draw, 2, 3).title() for _ in range(words)))
    return sorted(names)


class Broadcast:
    """`outputs` are what the stages give for a span of it. The small pictures that cuts are found by are drawn and
    stored in `pictures_to`, the timeline's folder, where it is given."""

    def __init__(self, duration_s: float, *, brands: int = 200, pictures_to: Blobs | None = None) -> None:
        self.duration_s = duration_s
        self._names = brand_names(brands)
        self._pictures_to = pictures_to
        draw = random.Random(2)
        starts = [0.0]
        while starts[-1] < duration_s:
            # On the grid of the footage, away from its sampled frames.
            starts.append(starts[-1] + draw.randrange(75, 300) / SCAN_FPS)
        self._starts_s = starts[:-1]
        self._views: dict[int, Image] = {}

    def outputs(self) -> dict[str, Callable[[Span], Any]]:
        """In the order of the pipeline. Of the stages that no measured stage reads only the artifacts are there."""
        return {
            "extract_frames": self.frames,
            "filter_scenes": lambda span: self.scenes,
            "field_segmentation": self.fields,
            "detect_objects": lambda span: Objects(frames=[]),
            "track_objects": self.tracks,
            "preprocess": lambda span: Crops(crops=[]),
            "run_ocr": self.texts,
        }

    def frames(self, span: Span) -> Frames:
        """Two frames per second, and with pictures the scan strip."""
        frames = [self._frame(seq) for seq in self._seqs(span)]
        scan = [] if self._pictures_to is None else self._scan(span, self._pictures_to)
        return Frames(frames=frames, scan=scan, decoded=len(scan), keyframes_only=False)

    def _scan(self, span: Span, blobs: Blobs) -> list[Frame]:
        pack, key, scan = bytearray(), f"scan-{span.number}.pack", []
        for tick in range(round(span.start_s * SCAN_FPS), round(span.end_s * SCAN_FPS)):
            jpeg = self._picture(tick / SCAN_FPS)
            scan.append(
                Frame(
                    seq=len(scan), pts_s=tick / SCAN_FPS, width_px=SCAN_WIDTH_PX, height_px=SCAN_HEIGHT_PX, pack=key,
                    offset=len(pack), size=len(jpeg),
                )
            )  # fmt: skip
            pack += jpeg
        blobs.write(key, bytes(pack))
        return scan

    @cached_property
    def scenes(self) -> Scenes:
        ends = [*self._starts_s[1:], self.duration_s]
        shots = [
            Shot(number=n, start_s=start, end_s=end)
            for n, (start, end) in enumerate(zip(self._starts_s, ends, strict=True))
        ]
        kept = []
        for seq in range(round(self.duration_s * FPS)):
            shot = shots[self._shot(seq / FPS)]
            half_s = 0.5 / FPS
            start_s = shot.start_s if seq / FPS - 2 * half_s < shot.start_s else seq / FPS - half_s
            end_s = shot.end_s if seq / FPS + 2 * half_s >= shot.end_s else seq / FPS + half_s
            kept.append(KeptFrame(frame=self._frame(seq), shot=shot.number, start_s=start_s, end_s=end_s))
        return Scenes(shots=shots, frames=kept, dropped=0)

    def fields(self, span: Span) -> Fields:
        hull = [(0.0, 300.0), (400.0, 250.0), (900.0, 250.0), (1280.0, 320.0), (1280.0, 720.0), (0.0, 720.0)]
        return Fields(
            frames=[FrameField(seq=seq, share=0.6, hull=hull, mask_png=_MASK_PNG) for seq in self._seqs(span)]
        )

    def tracks(self, span: Span) -> Tracks:
        """One for every sign of every shot, with a view in every frame."""
        by_shot = {
            number: list(seqs) for number, seqs in groupby(self._seqs(span), key=lambda seq: self._shot(seq / FPS))
        }
        tracks = [
            self._track(number * _SIGNS + box, shot, box, seqs, span)
            for number, (shot, seqs) in enumerate(by_shot.items())
            for box in range(_SIGNS)
        ]
        return Tracks(tracks=tracks)

    def _track(self, number: int, shot: int, box: int, seqs: list[int], span: Span) -> Track:
        found = self.scenes.shots[shot]
        start_s, end_s = max(found.start_s, span.start_s), min(found.end_s, span.end_s)
        edges = [start_s, *((seq - 0.5) / FPS for seq in seqs[1:]), end_s]
        views = [
            View(seq=seq, box=box, quad=self._quad(seq, box, self._signs(seq)[box]), start_s=edges[at],
                 end_s=edges[at + 1], sharpness=800.0, contrast=0.2)
            for at, seq in enumerate(seqs)
        ]  # fmt: skip
        return Track(
            number=number, shot=shot, label="text", start_s=start_s, end_s=end_s,
            start_cause="cut" if start_s == found.start_s else "shard", start_error_s=0.0,
            end_cause="cut" if end_s == found.end_s else "shard", end_error_s=0.0,
            motion="camera" if box < _BOARDS else "screen", views=views,
        )  # fmt: skip

    def texts(self, span: Span) -> Texts:
        seqs = self._seqs(span)
        first = self._shot(seqs[0] / FPS) if seqs else 0
        return Texts(candidates=[text for seq in seqs for text in self._texts_of(seq, first)])

    def _texts_of(self, seq: int, first_shot: int) -> list[TextCandidate]:
        per_frame = TEXTS_PER_HOUR / 3600 / FPS
        count = int((seq + 1) * per_frame) - int(seq * per_frame)
        signs = self._signs(seq)
        number = (self._shot(seq / FPS) - first_shot) * _SIGNS
        draw = random.Random(f"frame {seq}")
        return [
            self._text(seq, box, signs[box], number + box, draw) for box in sorted(draw.sample(range(_SIGNS), count))
        ]

    def _signs(self, seq: int) -> list[str]:
        return [*self._boards(self._shot(seq / FPS)), *_panel(seq)]

    def _quad(self, seq: int, box: int, sign: str) -> Quad:
        """Boards lie across the picture and pan with it; the panel's texts stand side by side at the top."""
        in_panel = box >= _BOARDS
        height = 24.0 if in_panel else 24.0 + 6.0 * (box % 4)
        width = height * 0.6 * len(sign)
        x = 40.0 + 90.0 * (box - _BOARDS) if in_panel else 20.0 + 220.0 * box + 4.0 * (seq % 20)
        y = 40.0 if in_panel else 220.0 + 70.0 * box
        return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))

    def _text(self, seq: int, box: int, sign: str, track: int, draw: random.Random) -> TextCandidate:
        misread = box < _BOARDS and draw.random() < _MISREAD
        return TextCandidate(
            seq=seq, box=box, track=track, quad=self._quad(seq, box, sign),
            text=_misread(sign, draw) if misread else sign, score=round(draw.uniform(0.6 if misread else 0.8, 1.0), 4),
            sharpness=round(draw.uniform(100, 2000), 3), contrast=round(draw.uniform(0.1, 0.3), 4),
        )  # fmt: skip

    def _boards(self, shot: int) -> list[str]:
        """What a shot shows besides the score panel: brands, and a word that is none."""
        draw = random.Random(f"shot {shot}")
        return [*(name.upper() for name in draw.sample(self._names, _BOARDS - 1)), _word(draw, 2, 4)]

    def _frame(self, seq: int) -> Frame:
        return Frame(
            seq=seq, pts_s=seq / FPS, width_px=WIDTH_PX, height_px=HEIGHT_PX, pack="frames.pack", offset=0, size=1
        )

    def _seqs(self, span: Span) -> range:
        return range(-int(-span.start_s * FPS // 1), -int(-span.end_s * FPS // 1))

    def _shot(self, time_s: float) -> int:
        return bisect_right(self._starts_s, time_s) - 1

    def _picture(self, time_s: float) -> bytes:
        """What the shot shows at that moment: its own colours, panned."""
        shot = self._shot(time_s)
        if shot not in self._views:
            noise = np.random.default_rng(shot).integers(0, 256, (6, 12, 3), np.uint8)
            self._views = {shot: np.asarray(cv2.resize(noise, (640, 180), interpolation=cv2.INTER_CUBIC), np.uint8)}
        at = round(10 * (time_s - self._starts_s[shot])) % (640 - SCAN_WIDTH_PX)
        return encode_jpeg(self._views[shot][:, at : at + SCAN_WIDTH_PX], quality=85)


def _word(draw: random.Random, least: int, most: int) -> str:
    return "".join(draw.choices(_SYLLABLES, k=draw.randint(least, most)))


def _panel(seq: int) -> list[str]:
    """Clock, team and score as overlaid on every frame."""
    second = seq // FPS
    return [f"{second // 60:02d}:{second % 60:02d}", "KEL", f"{second // 1500}-{second // 2400}"]


def _misread(sign: str, draw: random.Random) -> str:
    """One letter lost or changed, or an end cut off."""
    at = draw.randrange(len(sign))
    return draw.choice((sign[:at] + sign[at + 1 :], sign[:at] + draw.choice("EILOSTZ018") + sign[at + 1 :], sign[:-2]))


def _mask() -> bytes:
    mask = np.zeros((90, 160), np.uint8)
    cv2.fillPoly(mask, [np.array([(0, 38), (50, 31), (112, 31), (160, 40), (160, 90), (0, 90)])], 255)
    return bytes(cv2.imencode(".png", mask)[1])


_MASK_PNG = _mask()
