"""Cutting a timeline into shards."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from mpr.pipeline.context import Span

# A shard may grow to this many times the wished length to end on a keyframe; a file with hardly any keyframes is cut
# between them all the same, at the price of decoding a stretch twice.
_MOST_STRETCH = 3.0
# A timeline that is shorter than so many shards is cut into as many, at least half as long as wished, so that several
# workers share what one would wait for; they grow less, since one long shard would spoil that.
_FEW = 4
_LEAST_SHARE = 0.5
_MOST_STRETCH_OF_FEW = 1.5


def plan_shards(duration_s: float, *, shard_s: float, keyframes_s: Sequence[float] = ()) -> list[Span]:
    """Spans that cover [0, duration_s) without gap or overlap, about `shard_s` long, cut at keyframes where possible,
    so that a decoder that starts at a span's beginning wastes nothing. Raises ValueError unless `shard_s` is positive.
    """
    if not shard_s > 0:
        raise ValueError(f"a shard cannot be {shard_s} s long")
    are_few = duration_s < _FEW * shard_s
    length_s = max(_LEAST_SHARE * shard_s, duration_s / _FEW) if are_few else shard_s
    longest_s = length_s * (_MOST_STRETCH_OF_FEW if are_few else _MOST_STRETCH)
    spans: list[Span] = []
    start_s = 0.0
    marks = sorted(keyframes_s)
    while start_s < duration_s or not spans:
        wished_s = start_s + length_s
        at = bisect_left(marks, wished_s - 1e-6)
        on_keyframe = at < len(marks) and marks[at] <= start_s + longest_s
        end_s = marks[at] if on_keyframe else wished_s
        if duration_s - end_s < length_s / 4:
            end_s = duration_s
        spans.append(Span(number=len(spans), start_s=start_s, end_s=end_s))
        start_s = end_s
    return spans
