"""Chapters for players: WebVTT and FFmpeg metadata.

Chapters must not overlap, and airings of several brands do. So a chapter is a stretch of shots that show the same
brands, named by them; chapters of one brand are its events.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detection.records import Report
from detection.report.facts import JobFacts

NOTHING = "No brand"
_MOST_NAMED = 6
_LINE_BREAKS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_SPECIAL = re.compile(r"([=;#\\])")


@dataclass(frozen=True, kw_only=True)
class Chapter:
    start_s: float
    end_s: float
    title: str


def chapters(report: Report, *, brand: str | None = None) -> list[Chapter]:
    """In time order, without overlap, each of some length."""
    if brand is not None:
        events = [event for entry in report.brands if entry.brand == brand for event in entry.events]
        return [Chapter(start_s=event.start_s, end_s=event.end_s, title=brand) for event in events]
    joined: list[Chapter] = []
    for chapter in _shots(report):
        if joined and joined[-1].title == chapter.title:
            joined[-1] = Chapter(start_s=joined[-1].start_s, end_s=chapter.end_s, title=chapter.title)
        else:
            joined.append(chapter)
    return joined


def webvtt(found: Sequence[Chapter]) -> Iterator[bytes]:
    """A chapter file by https://www.w3.org/TR/webvtt1/."""
    yield b"WEBVTT\n"
    for number, chapter in enumerate(found, 1):
        title = _LINE_BREAKS.sub(" ", chapter.title).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        times = f"{_vtt_time(chapter.start_s)} --> {_vtt_time(chapter.end_s)}"
        yield f"\n{number}\n{times}\n{title}\n".encode()


def ffmetadata(found: Sequence[Chapter], facts: JobFacts) -> Iterator[bytes]:
    """The form of https://ffmpeg.org/ffmpeg-formats.html#Metadata-2, in milliseconds."""
    yield f";FFMETADATA1\ntitle={_escaped(facts.video.filename)}\n".encode()
    for chapter in found:
        start, end = round(chapter.start_s * 1000), round(chapter.end_s * 1000)
        title = _escaped(chapter.title)
        yield f"\n[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={max(start + 1, end)}\ntitle={title}\n".encode()


def _shots(report: Report) -> Iterator[Chapter]:
    starts = {entry.brand: [span[0] for span in entry.intervals] for entry in report.brands}
    for shot in report.shots:
        # No exposure goes across a cut, so what begins in a shot lies in it.
        seen = [
            name
            for name, begins in starts.items()
            if (at := bisect_left(begins, shot.start_s)) < len(begins) and begins[at] < shot.end_s
        ]
        names = sorted(seen)
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        title = ", ".join(names[:_MOST_NAMED]) + more if names else NOTHING
        yield Chapter(start_s=shot.start_s, end_s=shot.end_s, title=title)


def _vtt_time(time_s: float) -> str:
    thousandths = round(time_s * 1000)
    seconds = thousandths // 1000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{thousandths % 1000:03d}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _LINE_BREAKS.sub(" ", text))
