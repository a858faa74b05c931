"""What people said of a job's findings, and what was measured with that applied.

Seconds are of the timeline. A span names the sightings of its brand that lie in it for the most part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from detection.report import sightings
from detection.report.ground import Ground
from detection.report.kept import Kept
from detection.report.measured import Measured
from detection.report.questions import Open
from detection.report.sightings import Bools, Instances
from detection.report.spans import Ints, Stretches, covered_us, to_us

Span = tuple[float, float]
Spans = Mapping[str, Sequence[Span]]


@dataclass(frozen=True, kw_only=True)
class Named:
    """An open question, by what was read and when it was seen, that is this brand."""

    text: str
    span: Span
    brand: str


@dataclass(frozen=True, kw_only=True)
class Dismissed:
    """An open question that is no brand, or none that counts."""

    text: str
    span: Span


@dataclass(frozen=True, kw_only=True)
class Ends:
    """A brand's exposure within `span` begins at `start_s` and ends at `end_s` instead."""

    brand: str
    span: Span
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """`accepted` and `rejected` are by brand: seconds in which a person confirmed that it is seen, and those in which
    what was taken for it is something else. `renamed` leads from a brand that was found to the spans of it that are
    another, by that other one. `joined` spans are one event each, at the moments `parted` one event ends and another
    begins; these, `ends` and `accepted` go by the brand's new name."""

    accepted: Spans = field(default_factory=dict)
    rejected: Spans = field(default_factory=dict)
    renamed: Mapping[str, Spans] = field(default_factory=dict)
    named: Sequence[Named] = ()
    dismissed: Sequence[Dismissed] = ()
    ends: Sequence[Ends] = ()
    joined: Spans = field(default_factory=dict)
    parted: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def renamed_to(self) -> list[str]:
        """The new names, in order."""
        return sorted({other for to in self.renamed.values() for other in to})


NONE = Reviews()

# What a person confirmed.
_CERTAIN = 1.0


def stretches(spans: Spans, names: Sequence[str]) -> Stretches:
    """The spans of these brands; others are left out."""
    numbers = {name: number for number, name in enumerate(names)}
    rows = [(numbers[name], *span) for name, some in sorted(spans.items()) if name in numbers for span in some]
    return Stretches(
        brand=np.array([row[0] for row in rows], np.int64),
        start_us=to_us(row[1] for row in rows),
        end_us=to_us(row[2] for row in rows),
    )


def moments(times: Mapping[str, Sequence[float]], names: Sequence[str]) -> Stretches:
    """Moments as stretches without length."""
    return stretches({name: [(time_s, time_s) for time_s in some] for name, some in times.items()}, names)


def rejected(instances: Instances, reviews: Reviews, names: Sequence[str]) -> Bools:
    """Which instances lie for the most part in time that was rejected for their brand."""
    return _mostly_in(instances, stretches(reviews.rejected, names))


def reviewed(measured: Measured, reviews: Reviews) -> Measured:
    """What was measured as people see it: without what was rejected, other brands under their name, questions that
    are brands among the sightings and no longer open, with the starts and ends that were given."""
    if reviews == NONE:
        return measured
    names = sorted({*measured.names, *reviews.renamed_to, *(one.brand for one in reviews.named)})
    brand, stays = _renamed(measured, reviews, names), ~rejected(measured.instances, reviews, measured.names)
    found = _rows(replace(measured.instances, brand=brand), stays)
    ground, texts, open_ = measured.ground.where(stays), list(measured.texts), measured.open
    numbers = {name: number for number, name in enumerate(names)}
    for one in reviews.named:
        rows = _asked(open_, one.text, one.span)
        added = _instances(open_, rows, measured.kept, brand=numbers[one.brand], record=len(texts))
        texts.append(one.text)
        found, ground = _together(found, added), _more_ground(ground, added)
    answered = [(one.text, one.span) for one in reviews.named] + [(one.text, one.span) for one in reviews.dismissed]
    for text, span in answered:
        open_ = _settled(open_, _asked(open_, text, span))
    found = _with_ends(found, reviews.ends, numbers, measured.kept)
    order = np.lexsort((found.brand, found.frame))
    order = order[found.end_us[order] > found.start_us[order]]
    return replace(
        measured, names=names, texts=texts, instances=_rows(found, order), ground=ground.where(order), open=open_
    )


def _renamed(measured: Measured, reviews: Reviews, names: Sequence[str]) -> Ints:
    """The brands of the instances, as numbers of the new names."""
    numbers = {name: number for number, name in enumerate(names)}
    place = np.array([numbers[name] for name in measured.names], np.int64)
    brand: Ints = place[measured.instances.brand] if len(place) else measured.instances.brand.copy()
    for other in reviews.renamed_to:
        spans = {name: to[other] for name, to in reviews.renamed.items() if other in to}
        brand[_mostly_in(measured.instances, stretches(spans, measured.names))] = numbers[other]
    return brand


def _mostly_in(instances: Instances, spans: Stretches) -> Bools:
    within = covered_us(instances.brand, instances.start_us, instances.end_us, spans)
    mask: Bools = 2 * within > instances.end_us - instances.start_us
    return mask


def _rows(instances: Instances, rows: Any) -> Instances:
    return Instances(**{column.name: getattr(instances, column.name)[rows] for column in fields(Instances)})


def _together(first: Instances, second: Instances) -> Instances:
    return Instances(
        **{
            column.name: np.concatenate([getattr(first, column.name), getattr(second, column.name)])
            for column in fields(Instances)
        }
    )


def _asked(found: Open, text: str, span: Span) -> Ints:
    """The rows of the questions with this text that are seen in the span."""
    numbers = [number for number, question in enumerate(found.asked) if question.text == text]
    start_us, end_us = to_us(span).tolist()
    mine = np.isin(found.question, numbers)
    meets = mine & (found.start_us < end_us) & (found.end_us > start_us)
    return np.flatnonzero(mine & np.isin(found.question, found.question[meets]))


def _settled(found: Open, rows: Ints) -> Open:
    """The same without any time for these rows, which keep their places."""
    end_us = found.end_us.copy()
    end_us[rows] = found.start_us[rows]
    return replace(found, end_us=end_us)


def _instances(found: Open, rows: Ints, kept: Kept, *, brand: int, record: int) -> Instances:
    """Sightings of a question as those of a brand that a person named. What was open was read, so they count as text;
    their time may be wrong by half of what their frame stands for."""
    lies = sightings.lie(found.outline[rows])
    seen = np.flatnonzero(lies.seen & (found.end_us[rows] > found.start_us[rows]))
    rows, count = rows[seen], len(seen)
    frame = found.frame[rows]
    cells = [kept.frames[place] for place in frame.tolist()]
    return Instances(
        frame=frame,
        shot=kept.shot[frame],
        brand=np.full(count, brand),
        record=np.full(count, record),
        rung=np.zeros(count, np.int64),
        start_us=found.start_us[rows],
        end_us=found.end_us[rows],
        error_s=np.array([(cell.end_s - cell.start_s) / 2 for cell in cells], float),
        motion=np.zeros(count, np.int64),
        outline=found.outline[rows],
        box=lies.box[seen],
        area=lies.area[seen],
        visible=found.visible[rows],
        centre=lies.centre[seen],
        position=lies.position[seen],
        sharpness=found.sharpness[rows],
        contrast=found.contrast[rows],
        confidence=np.full(count, _CERTAIN),
    )


def _more_ground(ground: Ground, added: Instances) -> Ground:
    """The ground with that of further instances, for which the hull's bounds stand for the hull."""
    bounds = ground.bounds[added.frame]
    off = np.maximum(np.maximum(bounds[:, :2] - added.centre, added.centre - bounds[:, 2:]), 0.0)
    away = np.where(np.isnan(bounds[:, 0]), np.inf, np.hypot(off[:, 0], off[:, 1]))
    return replace(
        ground,
        away=np.concatenate([ground.away, away]),
        worn=np.concatenate([ground.worn, np.zeros(len(added), bool)]),
    )


def _with_ends(found: Instances, given: Iterable[Ends], numbers: Mapping[str, int], kept: Kept) -> Instances:
    """Sightings cut off at the ends that were given, the first and the last drawn out to them as far as their shot
    goes. What has no time left ends where it starts."""
    start_us, end_us, error_s = found.start_us.copy(), found.end_us.copy(), found.error_s.copy()
    of_brand: dict[int, Ints] = {}
    for one in given:
        brand = numbers.get(one.brand, -1)
        if brand not in of_brand:
            of_brand[brand] = np.flatnonzero(found.brand == brand)
        rows = of_brand[brand]
        low_us, high_us = to_us(one.span).tolist()
        inside = np.minimum(found.end_us[rows], high_us) - np.maximum(found.start_us[rows], low_us)
        rows = rows[2 * inside > found.end_us[rows] - found.start_us[rows]]
        if not len(rows):
            continue
        first_us, last_us = to_us((one.start_s, one.end_s)).tolist()
        opens, closes = rows[found.start_us[rows].argmin()], rows[found.end_us[rows].argmax()]
        start_us[rows] = np.maximum(start_us[rows], first_us)
        end_us[rows] = np.minimum(end_us[rows], last_us)
        start_us[opens] = max(min(start_us[opens], first_us), int(kept.shot_start_us[found.frame[opens]]))
        end_us[closes] = min(max(end_us[closes], last_us), int(kept.shot_end_us[found.frame[closes]]))
        end_us[rows] = np.maximum(start_us[rows], end_us[rows])
        error_s[rows[(start_us[rows] == first_us) | (end_us[rows] == last_us)]] = 0.0
    return replace(found, start_us=start_us, end_us=end_us, error_s=error_s)
