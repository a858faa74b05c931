"""From the stages' records to what was seen in every shot, a few shots at a time so that memory stays flat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from statistics import median

from detection.matching.geometry import turned_as
from detection.matching.seen import Seen, Sight
from detection.records import KeptFrame, Quad, TextCandidate, Texts, Track, Tracks, View

# So many sights are matched together: enough to make it fast, few enough to hold.
_BATCH = 3000
_IN_ORDER, _SEQ = attrgetter("seq", "box"), attrgetter("seq")


def half_step_s(kept: Sequence[KeptFrame]) -> float:
    """Half a sampling step. What begins between two samples is credited from the middle between them, so by so much
    its time may be wrong."""
    steps_s = [after.frame.pts_s - before.frame.pts_s for before, after in pairwise(kept) if after.shot == before.shot]
    return round(median(steps_s) / 2, 6) if steps_s else sum(one.end_s - one.start_s for one in kept) / 2


def gather(
    texts: Sequence[Texts],
    tracks: Sequence[Tracks] | None,
    kept: Mapping[int, KeptFrame],
    error_s: float,
    *,
    on_shard: Callable[[int], None] = lambda done: None,
) -> Iterator[dict[int, list[Seen]]]:
    """What was seen by shot, in time order, some whole shots at a time. `kept` are frames by their seq."""
    ready: dict[int, list[Seen]] = {}
    under_way: dict[int, list[Seen]] = defaultdict(list)
    waiting = 0
    for done, (shard, followed) in enumerate(zip(texts, tracks or _none(len(texts)), strict=True), start=1):
        tracked: dict[int, list[TextCandidate]] = defaultdict(list)
        for seq, readings in groupby(sorted(shard.candidates, key=_IN_ORDER), key=_SEQ):
            frame = kept[seq]
            for reading in readings:
                if followed is not None and reading.track >= 0:
                    tracked[reading.track].append(reading)
                else:
                    under_way[frame.shot].append(Seen(sights=(_cell(reading, frame, error_s),), readings=(reading,)))
        for number, some in tracked.items():
            assert followed is not None
            track = followed.tracks[number]
            under_way[track.shot].append(Seen(sights=tuple(_sights(track, some, kept)), readings=tuple(some)))
        # A shot may go on in the next shard, an earlier one may not.
        for shot in sorted(under_way)[:-1]:
            ready[shot] = under_way.pop(shot)
            waiting += sum(len(seen.sights) for seen in ready[shot])
        if waiting >= _BATCH:
            yield ready
            ready, waiting = {}, 0
        on_shard(done)
    ready |= {shot: under_way[shot] for shot in sorted(under_way)}
    if ready:
        yield ready


def _none(count: int) -> Iterable[None]:
    return (None for _ in range(count))


def _cell(reading: TextCandidate, frame: KeptFrame, error_s: float) -> Sight:
    """Without a track a reading stands for its frame."""
    return Sight(
        seq=reading.seq,
        at_s=frame.frame.pts_s,
        box=reading.box,
        quad=reading.quad,
        outline=reading.quad,
        start_s=frame.start_s,
        end_s=frame.end_s,
        boundary_error_s=error_s,
        sharpness=reading.sharpness,
        contrast=reading.contrast,
    )


def _sights(track: Track, readings: Sequence[TextCandidate], kept: Mapping[int, KeptFrame]) -> list[Sight]:
    """The track's views. Only at its own ends its time may be wrong: between them one view goes over into the next."""
    turn = _turn(track.views, readings)
    errors_s = [0.0] * len(track.views)
    errors_s[0] = track.start_error_s
    errors_s[-1] = max(errors_s[-1], track.end_error_s)
    motion = track.motion
    return [
        Sight(
            seq=view.seq,
            at_s=kept[view.seq].frame.pts_s,
            box=view.box,
            quad=_turned(view.quad, turn),
            outline=_turned(view.outline or view.quad, turn),
            start_s=view.start_s,
            end_s=view.end_s,
            boundary_error_s=error_s,
            sharpness=view.sharpness,
            contrast=view.contrast,
            motion=motion,
        )
        for view, error_s in zip(track.views, errors_s, strict=True)
    ]


def _turned(quad: Quad, turn: int) -> Quad:
    return quad if turn == 0 else (*quad[turn:], *quad[:turn])  # type: ignore[return-value]


def _turn(views: Sequence[View], readings: Sequence[TextCandidate]) -> int:
    """Where in the views' quads the text begins: tall text is turned before it is read."""
    first = readings[0]
    for view in views:
        if view.seq == first.seq:
            return turned_as(view.quad, first.quad)
    return 0
