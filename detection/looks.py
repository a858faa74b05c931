"""Finding text in two looks: a small picture of the whole frame first, then its parts where that is not enough.

A network's work grows with the pixels it sees. In a small picture large text is found as well as in a large one (often
better, since the network sees a whole word at once), and small text leaves at least a trace. So what is large and clear
counts as it was found; around the rest windows are laid and looked through at the scale their text needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.inference.findings import Found
from detection.inference.ppocr import TextDetector, TextSearch, found_text, stepped, working_size
from detection.inference.text_boxes import CORE, Map, TextBox, text_boxes
from detection.quads import area, bounds, common_area, overlap, sides
from detection.records import Quad
from detection.windows import Region, cost_px, windows
from mpr.pipeline.frames import Image

# A small frame is enlarged for the first look, but not to a blur.
_MOST_ENLARGED = 2.0
# At the first look a line may be a pixel high, and a trace of one shorter than a box must be.
_LEAST_TRACE_PX = 1.0
# Where a picture changes by less than so many grey levels (standard deviation) there is no text: on plain ground the
# network makes out something now and then. What it takes for faint text so many times as high as final text is none
# either: large text is plain to see. And of a crowd's hundred specks the likeliest are enough.
_LEAST_CHANGE, _MOST_FAINT_HEIGHTS, _MOST_REGIONS = 1.5, 2.0, 60
# Room around what is looked at again, in heights of the text: the rest of a word lies along its line.
_ALONG, _ACROSS = 1.0, 0.6
_LEAST_HEIGHT_PX = 4.0
# Large text that is not clear is looked at again at up to so much less than its own size.
_LEAST_SCALE = 0.5
# Boxes that share so much of the smaller one are of one thing.
_SAME_SHARE = 0.3
# Text takes up so much of a board's height, and a board that is less filled than this has text that was not seen.
_TEXT_SHARE, _EMPTY_SHARE = 0.6, 0.25


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """The frame is seen with its long side at `side_px`. Boxes with at least `threshold` count; those as sure as the
    whole look asks and at least `final_height_px` high in this picture are final. From `trace_threshold` on, everything
    else is looked at again."""

    side_px: int
    threshold: float
    final_height_px: float
    trace_threshold: float


@dataclass(frozen=True, kw_only=True)
class Looks:
    """How a frame is looked at. Without a `first` look only `whole` is taken; it is also taken where the second look
    would cost more than `whole_share` of it, and its threshold, ratio and least height hold for all. The second look
    sees text about `closer_height_px` high, and the frame at most `most_enlarged` times as large."""

    first: FirstLook | None
    whole: TextSearch
    whole_share: float
    closer_height_px: float
    most_enlarged: float


def find_text(detector: TextDetector, image: Image, looks: Looks, boards: Sequence[Quad] = ()) -> list[Found]:
    """Text boxes of a BGR picture of any size. `boards` are looked at again where they seem to be empty."""
    height, width = image.shape[:2]
    if looks.first is None:
        found, doubtful, regions = detector.find(image, looks.whole), [], []
    else:
        size = first_size(width, height, looks.first.side_px)
        to_frame = np.array([width / size[0], height / size[1]], np.float32)
        small = cast(Image, cv2.resize(image, size))
        final, unclear = sorted_out(detector.probabilities(small), small, looks.first, looks.whole)
        found = _results(final, to_frame, image, looks)
        doubtful = _results([box for box in unclear if box.score >= looks.first.threshold], to_frame, image, looks)
        regions = [text_region(box, to_frame, looks) for box in unclear[:_MOST_REGIONS]]
    regions += [board_region(quad, looks) for quad in boards if _mostly_empty(quad, [*found, *doubtful])]
    found += new_text(found, second_look(detector, image, regions, looks))
    # What the second look does not see at all stays as the first one saw it.
    return found + [one for one in doubtful if not any(_one_thing(one, other) for other in found)]


def first_size(width_px: int, height_px: int, side_px: int) -> tuple[int, int]:
    """Width and height of a frame at the first look."""
    scale = min(_MOST_ENLARGED, side_px / max(width_px, height_px))
    return stepped(width_px * scale), stepped(height_px * scale)


def sorted_out(
    probabilities: Map, small: Image, first: FirstLook, whole: TextSearch
) -> tuple[list[TextBox], list[TextBox]]:
    """What the map of a first look holds: text that is final, and what is to be looked at again, likeliest first.
    `small` is the picture it was made from."""
    boxes = _traces(probabilities, CORE, first, whole)
    if first.trace_threshold < CORE:
        seen = np.zeros(probabilities.shape, np.uint8)
        for box in boxes:
            cv2.fillPoly(seen, [np.round(box.corners).astype(np.int32)], 1)
        fainter = _traces(probabilities, first.trace_threshold, first, whole)
        boxes += [box for box in fainter if not _within(seen, box)]
    final: list[TextBox] = []
    unclear: list[TextBox] = []
    for box in boxes:
        if _plain(small, box):
            continue
        if box.score >= whole.threshold and box.height_px >= first.final_height_px:
            final.append(box)
        elif box.score >= first.threshold or box.height_px <= _MOST_FAINT_HEIGHTS * first.final_height_px:
            unclear.append(box)
    unclear.sort(key=lambda box: (-box.score, box.corners.tolist()))
    return final, unclear


def text_region(box: TextBox, to_frame: NDArray[np.float32], looks: Looks) -> Region:
    """The surroundings of a box of the first look, in frame pixels."""
    top_left, top_right, _, bottom_left = box.corners
    along, down = top_right - top_left, bottom_left - top_left
    room = np.array([_ALONG, _ACROSS]) * max(box.height_px, _LEAST_HEIGHT_PX)
    if np.hypot(*down) > np.hypot(*along):
        room = room[::-1]
    right, below = along / max(1.0, np.hypot(*along)) * room[0], down / max(1.0, np.hypot(*down)) * room[1]
    outline = box.corners + np.array([-right - below, right - below, right + below, below - right])
    (x0, y0), (x1, y1) = outline.min(axis=0) * to_frame, outline.max(axis=0) * to_frame
    wanted = looks.closer_height_px / (box.height_px * float(to_frame[1]))
    scale = min(looks.most_enlarged, max(_LEAST_SCALE, wanted))
    return Region(left=float(x0), top=float(y0), right=float(x1), bottom=float(y1), scale=scale)


def board_region(quad: Quad, looks: Looks) -> Region:
    """A board whose text was not seen, in frame pixels."""
    left, top, right, bottom = bounds(quad)
    room = _ACROSS * _TEXT_SHARE * sides(quad)[1]
    wanted = looks.closer_height_px / max(1.0, _TEXT_SHARE * sides(quad)[1])
    return Region(
        left=left - room,
        top=top - room,
        right=right + room,
        bottom=bottom + room,
        scale=min(looks.most_enlarged, max(_LEAST_SCALE, wanted)),
    )


def second_look(detector: TextDetector, image: Image, regions: Sequence[Region], looks: Looks) -> list[Found]:
    """Text in these parts of a frame, or in all of it where that costs less."""
    if not regions:
        return []
    height, width = image.shape[:2]
    chosen = windows(regions, width_px=width, height_px=height)
    whole_width, whole_height = working_size(width, height, looks.whole)
    if looks.first is not None and cost_px(chosen) > looks.whole_share * whole_width * whole_height:
        return detector.find(image, looks.whole)
    found = []
    for window in chosen:
        for box in text_boxes(
            detector.probabilities(window.picture(image)),
            threshold=looks.whole.threshold,
            unclip_ratio=looks.whole.unclip_ratio,
        ):
            one = found_text(window.to_frame(box.corners), box.score, width_px=width, height_px=height)
            if min(sides(one.quad)) >= looks.whole.min_height_px:
                found.append((window.cuts(box.corners, image), one))
    # Windows overlap: of what two of them show, the surer box counts, and before all one that is whole.
    kept: list[Found] = []
    for _, one in sorted(found, key=lambda item: (item[0], -item[1].score, item[1].quad)):
        kept += new_text(kept, [one])
    return kept


def new_text(known: Sequence[Found], found: Sequence[Found]) -> list[Found]:
    """Of `found` what is not there yet: neither much the same as a known box nor mostly within one."""
    return [
        one
        for one in found
        if all(
            overlap(one.quad, other.quad) < 0.5 and common_area(one.quad, other.quad) < 0.7 * area(one.quad)
            for other in known
        )
    ]


def _mostly_empty(quad: Quad, found: Sequence[Found]) -> bool:
    return sum(common_area(quad, one.quad) for one in found) < _EMPTY_SHARE * area(quad)


def _one_thing(one: Found, other: Found) -> bool:
    shared = common_area(one.quad, other.quad)
    return shared >= _SAME_SHARE * min(area(one.quad), area(other.quad))


def _results(boxes: Sequence[TextBox], to_frame: NDArray[np.float32], image: Image, looks: Looks) -> list[Found]:
    height, width = image.shape[:2]
    found = [found_text(box.corners * to_frame, box.score, width_px=width, height_px=height) for box in boxes]
    return [one for one in found if min(sides(one.quad)) >= looks.whole.min_height_px]


def _traces(probabilities: Map, core: float, first: FirstLook, whole: TextSearch) -> list[TextBox]:
    return text_boxes(
        probabilities,
        threshold=first.trace_threshold,
        unclip_ratio=whole.unclip_ratio,
        core=core,
        least_core_px=_LEAST_TRACE_PX,
    )


def _plain(small: Image, box: TextBox) -> bool:
    height, width = small.shape[:2]
    left, top = np.clip(np.floor(box.corners.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(box.corners.max(axis=0)).astype(int), 1, (width, height))
    return float(small[top:bottom, left:right].std(axis=(0, 1)).max()) < _LEAST_CHANGE


def _within(seen: NDArray[np.uint8], box: TextBox) -> bool:
    height, width = seen.shape
    x, y = np.clip(box.corners.mean(axis=0).astype(int), 0, (width - 1, height - 1))
    return bool(seen[y, x])
