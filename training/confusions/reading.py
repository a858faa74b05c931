"""What the text reader makes of drawn lines."""

from __future__ import annotations

import random
from collections.abc import Iterator

from detection.inference.ppocr import load_text_reader
from detection.matching.normal import normalise
from detection.stages.run_ocr import batches
from mpr.pipeline.frames import Image
from training.confusions.drawing import draw_text, picture_of
from training.confusions.typefaces import draw_face

_ROUND = 512
_BATCH = 16


def read_lines(count: int, seed: int) -> Iterator[tuple[str, str, float]]:
    """(drawn, read, score) in comparable letters. What is read too badly to be aligned is left out: it says nothing of
    single letters."""
    reader = load_text_reader(1, "cpu")
    for first in range(0, count, _ROUND):
        drawn: list[str] = []
        pictures: list[Image] = []
        for number in range(first, min(first + _ROUND, count)):
            draw = random.Random(f"{seed} {number}")
            font, script = draw_face(draw)
            drawn.append(draw_text(draw, script=script))
            pictures.append(picture_of(drawn[-1], font, draw))
        for batch in batches([reader.width_px(picture) for picture in pictures], _BATCH):
            readings = reader.read([pictures[place] for place in batch])
            for place, reading in zip(batch, readings, strict=True):
                truth, letters = normalise(drawn[place]).letters, normalise(reading.text).letters
                if letters and reading.score >= 0.5 and abs(len(letters) - len(truth)) <= max(2, len(truth) // 3):
                    yield truth, letters, reading.score
