"""Cutting a timeline into shards."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from mpr.pipeline.context import Span

# A shard may grow to this many times the wished length to end on a keyframe; a file with hardly any keyframes is cut
# between them all the same, at the price of decoding a stretch twice.
_MOST_STRETCH = 3.0
# What would be one shard or two of different length is halved, so that two workers share it: near its middle, within
# this share of it, at a keyframe.
_LEAST_HALVED, _MOST_HALVED = 0.8, 2.0
_MIDDLE_SHARE = 0.15


def plan_shards(duration_s: float, *, shard_s: float, keyframes_s: Sequence[float] = ()) -> list[Span]:
    """Spans that cover [0, duration_s) without gap or overlap, about `shard_s` long, cut at keyframes where possible,
    so that a decoder that starts at a span's beginning wastes nothing. Raises ValueError unless `shard_s` is positive.
    """
    if not shard_s > 0:
        raise ValueError(f"a shard cannot be {shard_s} s long")
    if _LEAST_HALVED * shard_s <= duration_s < _MOST_HALVED * shard_s:
        return _halves(duration_s, keyframes_s)
    spans: list[Span] = []
    start_s = 0.0
    marks = sorted(keyframes_s)
    while start_s < duration_s or not spans:
        wished_s = start_s + shard_s
        at = bisect_left(marks, wished_s - 1e-6)
        on_keyframe = at < len(marks) and marks[at] <= start_s + _MOST_STRETCH * shard_s
        end_s = marks[at] if on_keyframe else wished_s
        if duration_s - end_s < shard_s / 4:
            end_s = duration_s
        spans.append(Span(number=len(spans), start_s=start_s, end_s=end_s))
        start_s = end_s
    return spans


def _halves(duration_s: float, keyframes_s: Sequence[float]) -> list[Span]:
    middle_s = duration_s / 2
    near = [mark_s for mark_s in keyframes_s if abs(mark_s - middle_s) <= _MIDDLE_SHARE * duration_s]
    cut_s = min(near, key=lambda mark_s: (abs(mark_s - middle_s), mark_s), default=middle_s)
    return [Span(number=0, start_s=0.0, end_s=cut_s), Span(number=1, start_s=cut_s, end_s=duration_s)]
