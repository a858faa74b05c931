from __future__ import annotations

import msgspec
import pytest

from mpr.errors import NotFound
from mpr.pipeline.timeline import Chunk, TimelineFacts


def _facts(*durations_s: float) -> TimelineFacts:
    chunks = [
        Chunk(
            key=f"chunks/{number}.mp4", sha256=str(number) * 64, start_s=sum(durations_s[:number]), duration_s=length_s
        )
        for number, length_s in enumerate(durations_s)
    ]
    return TimelineFacts(
        chunks=chunks, duration_s=sum(durations_s), fps=25.0, width_px=64, height_px=36, keyframes_s=[0.0]
    )


@pytest.mark.parametrize(
    ("time_s", "key"),
    [
        (0.0, "chunks/0.mp4"),
        (9.999, "chunks/0.mp4"),
        (10.0, "chunks/1.mp4"),
        (14.5, "chunks/2.mp4"),
        (17.9, "chunks/2.mp4"),
    ],
    ids=["beginning", "before a joint", "at a joint", "in the last", "before the end"],
)
def test_each_moment_has_its_chunk(time_s: float, key: str) -> None:
    assert _facts(10.0, 4.5, 3.5).chunk_at(time_s).key == key


@pytest.mark.parametrize("time_s", [-0.001, 18.0, 100.0])
def test_outside_there_is_nothing(time_s: float) -> None:
    with pytest.raises(NotFound, match=rf"^The timeline has nothing at {time_s:.3f} s\.$"):
        _facts(10.0, 4.5, 3.5).chunk_at(time_s)


def test_an_empty_timeline_has_nothing_anywhere() -> None:
    with pytest.raises(NotFound):
        _facts().chunk_at(0.0)


def test_facts_survive_the_way_through_the_database() -> None:
    facts = _facts(10.0, 4.5)
    assert msgspec.convert(msgspec.to_builtins(facts), TimelineFacts) == facts
