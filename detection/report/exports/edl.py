"""CMX 3600 edit decision list: every event as a cut of the footage, one behind the other.

The source is the footage from 00:00:00:00, the record side a reel of all events in time order; a comment behind each
names the clip, the brand and what is known of it. Timecode counts frames without dropping any, as `FCM` says, so at
29.97 frames a second it runs behind the clock; at a rate that is not whole, the next whole number is counted by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from detection.records import Event, Report
from detection.report.facts import JobFacts
from detection.report.words import PLACEMENTS, clock

# A field of a comment is one line of plain text.
_LINE_BREAKS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_REEL = "AX"


def airings_edl(report: Report, facts: JobFacts, *, brand: str | None = None) -> Iterator[bytes]:
    """The events of all brands, or of one."""
    rate = facts.video.fps or 25.0
    counted = max(1, round(rate))
    title = f"{facts.video.filename} {brand or 'all brands'}"
    yield f"TITLE: {_one_line(title)}\nFCM: NON-DROP FRAME\n".encode()
    events = [
        (event.start_s, entry.brand, event)
        for entry in report.brands
        if brand in (None, entry.brand)
        for event in entry.events
    ]
    record = 0
    for number, (_, name, event) in enumerate(sorted(events, key=lambda row: row[:2]), 1):
        first, last = round(event.start_s * rate), round(event.end_s * rate)
        length = max(1, last - first)
        codes = [_timecode(frame, counted) for frame in (first, first + length, record, record + length)]
        record += length
        yield f"\n{number:03d}  {_REEL:<8} V     C        {' '.join(codes)}\n{_comments(name, event, facts)}".encode()


def _comments(name: str, event: Event, facts: JobFacts) -> str:
    what = f"{name}, {PLACEMENTS.get(event.placement, event.placement)}, confidence {event.confidence:.2f}"
    return (
        f"* FROM CLIP NAME: {_one_line(facts.video.filename)}\n"
        f"* COMMENT: {_one_line(what)}\n"
        f"* COMMENT: {clock(event.start_s)} TO {clock(event.end_s)}\n"
    )


def _timecode(frame: int, rate: int) -> str:
    seconds, frames = divmod(frame, rate)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"


def _one_line(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text)
