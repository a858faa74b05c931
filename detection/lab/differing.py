"""The frames in which a stage of two jobs on one timeline saw something else.

What a stage saw in a frame is a bag of items: boxes, lines, texts, sightings. Frames are compared by the items that
only one of the two has. Stored outputs never change under their keys, so an answer that was found is kept for a while.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import msgspec
import numpy as np

from detection.overlays import OVERLAYS
from detection.records import Report, Scenes
from detection.regions import unpack
from mpr.errors import NotFound
from mpr.jobs.models import Job, StageOutput
from mpr.jobs.outputs import find_output, read_output
from mpr.pipeline import codec
from mpr.storage.buckets import timeline_folder
from profiles.families import registry

Item = bytes
Bag = Mapping[int, Sequence[Item]]

_KEPT_ANSWERS = 64
_REPORT, _SCENES = "compile_report", "filter_scenes"


@dataclass(frozen=True, kw_only=True)
class Differing:
    """A frame with how many items only the job before and only the job after has there."""

    seq: int
    t_s: float
    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The frames that differ, in time order, of so many that either job kept; `is_same` says that both jobs share one
    output, so that nothing had to be looked at."""

    frames: tuple[Differing, ...]
    frames_in_all: int
    is_same: bool


def comparable_stages(before: Job, after: Job) -> list[str]:
    """The stages that have an overlay and an output in both jobs, in running order."""
    there = [set(job.outputs.values_list("stage_name", flat=True)) for job in (before, after)]
    return [
        name for name in after.plan["pipeline"]["stages"] if name in OVERLAYS and all(name in names for names in there)
    ]


def differing_frames(before: Job, after: Job, stage_name: str) -> Compared:
    """Raises NotFound for a stage without overlay, and when one of the jobs has no output of it."""
    if stage_name not in _ITEMS:
        raise NotFound(f"There is no overlay of “{stage_name}”.")
    rows = [find_output(job, name) for job in (before, after) for name in (stage_name, _SCENES)]
    key = tuple(tuple(row.output["artifacts"]) for row in rows)
    found = _answers.get((str(before.timeline_id), stage_name, *key))
    if found is None:
        found = _compare(before, after, stage_name, rows)
        _answers.put((str(before.timeline_id), stage_name, *key), found)
    return found


def _compare(before: Job, after: Job, stage_name: str, rows: Sequence[StageOutput]) -> Compared:
    scenes: list[Scenes] = [read_output(job, _SCENES)[0] for job in (before, after)]
    times = {kept.frame.seq: kept.frame.pts_s for one in scenes for kept in one.frames}
    is_same = rows[0].cache_key == rows[2].cache_key and rows[1].cache_key == rows[3].cache_key
    frames: list[Differing] = []
    if not is_same:
        for old, new in _records(before, stage_name, rows[0], rows[2]):
            frames += _differing(_bag(stage_name, old, scenes[0]), _bag(stage_name, new, scenes[1]), times)
    return Compared(
        frames=tuple(sorted(frames, key=lambda frame: (frame.t_s, frame.seq))),
        frames_in_all=len(times),
        is_same=is_same,
    )


def _records(job: Job, stage_name: str, *rows: StageOutput) -> Iterator[tuple[list[Any], list[Any]]]:
    """What both gave, shard by shard where they have the same shards; what is equal to the byte is left out."""
    blobs, kind = timeline_folder(job.timeline_id), registry().stage(stage_name).output
    old, new = (row.output["artifacts"] for row in rows)
    if len(old) != len(new):
        yield [codec.decode(blobs.read(key), kind) for key in old], [codec.decode(blobs.read(key), kind) for key in new]
        return
    for key, other in zip(old, new, strict=True):
        if key != other and (mine := blobs.read(key)) != (theirs := blobs.read(other)):
            yield [codec.decode(mine, kind)], [codec.decode(theirs, kind)]


def _bag(stage_name: str, records: Iterable[Any], scenes: Scenes) -> Bag:
    if stage_name == _REPORT:
        return _counted(next(iter(records)), scenes)
    bag: dict[int, list[Item]] = {}
    for record in records:
        for seq, item in _ITEMS[stage_name](record):
            bag.setdefault(seq, []).append(msgspec.msgpack.encode(item))
    return bag


def _differing(old: Bag, new: Bag, times: Mapping[int, float]) -> Iterator[Differing]:
    for seq in {*old, *new}:
        mine, theirs = Counter(old.get(seq, ())), Counter(new.get(seq, ()))
        lost, gained = (mine - theirs).total(), (theirs - mine).total()
        if (lost or gained) and seq in times:
            yield Differing(seq=seq, t_s=times[seq], before=lost, after=gained)


def _counted(report: Report, scenes: Scenes) -> Bag:
    """The brands that count in each frame."""
    starts = np.array([kept.frame.pts_s for kept in scenes.frames])
    bag: dict[int, list[Item]] = {}
    for brand in report.brands:
        for start_s, end_s in brand.intervals:
            # Rounding may have moved the start by a microsecond.
            first, behind = np.searchsorted(starts, (start_s - 1e-6, end_s))
            for kept in scenes.frames[first:behind]:
                bag.setdefault(kept.frame.seq, []).append(brand.brand.encode())
    return bag


def _of_regions(regions: Any) -> Iterator[tuple[int, Any]]:
    columns = unpack(regions)
    for row, seq in enumerate(columns.seq.tolist()):
        yield seq, (columns.quad(row), round(float(columns.marks[row]), 4))


def _of_matches(settled: Any) -> Iterator[tuple[int, Any]]:
    for match in settled.matches:
        yield match.seq, (match.brand, match.quad, match.text)
    for question in settled.unresolved:
        for sighting in question.sightings:
            yield sighting.seq, (None, sighting.quad, question.text)


_ITEMS: Mapping[str, Callable[[Any], Iterable[tuple[int, Any]]]] = {
    _SCENES: lambda scenes: ((kept.frame.seq, (kept.shot, kept.start_s, kept.end_s)) for kept in scenes.frames),
    "field_segmentation": lambda fields: ((field.seq, (field.hull, field.mask_png)) for field in fields.frames),
    "detect_edges": lambda edges: (
        (frame.seq, thing) for frame in edges.frames for things in (frame.lines, frame.hints) for thing in things
    ),
    "detect_objects": lambda objects: ((frame.seq, box) for frame in objects.frames for box in frame.boxes),
    "track_objects": lambda tracks: (
        (view.seq, (view.quad, view.box >= 0, track.start_s, track.end_s))
        for track in tracks.tracks
        for view in track.views
    ),
    "preprocess": lambda crops: ((crop.seq, (crop.quad, crop.jpeg)) for crop in crops.crops),
    "run_ocr": lambda texts: ((text.seq, (text.text, text.quad)) for text in texts.candidates),
    "embed_regions": _of_regions,
    **dict.fromkeys(("match_brands", "match_logos", "escalate_vlm", "escalate_cloud"), _of_matches),
    _REPORT: lambda report: (),
}


class _Answers:
    """The last answers, the least recently asked for going first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], Compared] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[Any, ...]) -> Compared | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: tuple[Any, ...], answer: Compared) -> None:
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > _KEPT_ANSWERS:
                self._kept.popitem(last=False)


_answers = _Answers()
