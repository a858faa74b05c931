"""The script that a user would write instead of using MPR.

Reads the video with OpenCV, reads the text of two frames a second with RapidOCR as it comes, compares every text with
every brand by rapidfuzz, and joins hits that follow each other. `python -m benchmarks.accuracy.naive VIDEO BRANDS`
prints a report and what it cost as one line of JSON. It imports nothing of MPR.
"""

from __future__ import annotations

import csv
import json
import logging
import re
import resource
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rapidfuzz import fuzz

FPS = 2.0
_LIKE, _WITHIN = 85, 92
# Names shorter than this must be read letter by letter; those shorter than _LONG are not looked for within texts.
_SHORT, _LONG = 4, 5
_JOIN_STEPS = 1.6


def main() -> None:
    logging.disable(logging.WARNING)
    begun_s = time.monotonic()
    from rapidocr import RapidOCR

    engine = RapidOCR()
    # Both networks take their first picture here, so that the first frame costs what the others do.
    warm = np.full((200, 600, 3), 255, np.uint8)
    engine(cv2.putText(warm, "WARM", (60, 140), cv2.FONT_HERSHEY_SIMPLEX, 4, (0, 0, 0), 9))
    started_s = time.monotonic()
    started_cpu_s = time.process_time()
    video, brands = sys.argv[1:]
    report = analyse(Path(video), read_brands(Path(brands)), engine)
    cost = {
        "start_s": started_s - begun_s,
        "wall_s": time.monotonic() - started_s,
        "cpu_s": time.process_time() - started_cpu_s,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps({"report": report, "cost": cost}))


def analyse(video: Path, brands: Mapping[str, Sequence[str]], engine: Any) -> dict[str, Any]:
    """A report of the video, as far as a script would write one."""
    film = cv2.VideoCapture(str(video))
    fps = film.get(cv2.CAP_PROP_FPS)
    seen: dict[str, list[float]] = {}
    number, due = 0, 0.0
    while True:
        well, frame = film.read()
        if not well:
            break
        if number >= due:
            due += fps / FPS
            for text in engine(frame).txts or ():
                for brand in named(text, brands):
                    seen.setdefault(brand, []).append(number / fps)
        number += 1
    return {
        "schema": "mpr.report/1",
        "brands": [{"brand": brand, "events": joined(times, number / fps)} for brand, times in seen.items()],
    }


def read_brands(path: Path) -> dict[str, list[str]]:
    """The ways in which each brand is written, as keys."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["canonical_name"]: [key(row["canonical_name"]), *map(key, filter(None, row["aliases"].split(";")))]
            for row in csv.DictReader(file)
        }


def key(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def named(text: str, brands: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """The brands that a text names."""
    read = key(text)
    if len(read) < 2:
        return []
    return [brand for brand, names in brands.items() if any(is_like(read, name) for name in names)]


def is_like(read: str, name: str) -> bool:
    if min(len(name), len(read)) < _SHORT:
        return read == name
    if fuzz.ratio(read, name) >= _LIKE:
        return True
    return len(name) >= _LONG and len(read) >= len(name) and fuzz.partial_ratio(name, read) >= _WITHIN


def joined(times: Iterable[float], duration_s: float) -> list[dict[str, float]]:
    """Events of one sampling step per hit; hits in neighbouring samples are one event."""
    step_s = 1 / FPS
    spans: list[list[float]] = []
    for time_s in sorted(set(times)):
        if spans and time_s - spans[-1][1] <= step_s * _JOIN_STEPS:
            spans[-1][1] = time_s + step_s
        else:
            spans.append([time_s, time_s + step_s])
    return [{"start_s": start, "end_s": min(end, duration_s)} for start, end in spans]


if __name__ == "__main__":
    main()
