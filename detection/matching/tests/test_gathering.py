from __future__ import annotations

from typing import Any

import pytest

from detection.matching.gathering import gather, half_step_s
from detection.records import KeptFrame, TextCandidate, Texts, Track, Tracks, View
from mpr.pipeline.frames import Frame

QUAD = ((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0))


def kept(*times_s: float, shot: int = 0) -> list[KeptFrame]:
    """Frames as extract_frames numbers them, by their milliseconds."""
    return [
        KeptFrame(
            frame=Frame(
                seq=round(1000 * at_s), pts_s=at_s, width_px=640, height_px=360, pack="p", offset=0, size=1
            ),
            shot=shot, start_s=at_s - 0.25, end_s=at_s + 0.25,
        )
        for at_s in times_s
    ]  # fmt: skip


def reading(seq: int, track: int = -1) -> TextCandidate:
    return TextCandidate(
        seq=seq, box=0, quad=QUAD, text="HEINEKEN", score=0.9, sharpness=100.0, contrast=0.3, track=track
    )


@pytest.mark.parametrize(
    ("frames", "error_s"),
    [
        pytest.param(kept(0.25, 0.75, 1.25), 0.25, id="two a second"),
        pytest.param(kept(0.25, 0.75) + kept(7.0, 7.5, shot=1), 0.25, id="what lies between shots is no step"),
        pytest.param(kept(0.25), 0.25, id="one frame: half its cell"),
    ],
)
def test_half_a_sampling_step(frames: list[KeptFrame], error_s: float) -> None:
    assert half_step_s(frames) == pytest.approx(error_s)


def test_a_track_gives_its_sights_their_time_their_error_and_its_motion() -> None:
    frames = {frame.frame.seq: frame for frame in kept(0.25, 0.75, 1.25)}
    edges = [(0.12, 0.5), (0.5, 1.0), (1.0, 1.36)]
    views = [
        View(seq=seq, box=0, quad=QUAD, start_s=start_s, end_s=end_s, sharpness=90.0, contrast=0.2)
        for seq, (start_s, end_s) in zip(frames, edges, strict=True)
    ]
    track = Track(
        number=0, shot=0, label="text", start_s=0.12, end_s=1.36, start_cause="vanished", end_cause="edge",
        start_error_s=0.2, end_error_s=0.04, motion="screen", views=views,
    )  # fmt: skip

    (batch,) = gather([Texts(candidates=[reading(750, track=0)])], [Tracks(tracks=[track])], frames, 0.25)

    ((seen,),) = batch.values()
    told: list[Any] = [(sight.start_s, sight.end_s, sight.boundary_error_s, sight.motion) for sight in seen.sights]
    assert told == [(0.12, 0.5, 0.2, "screen"), (0.5, 1.0, 0.0, "screen"), (1.0, 1.36, 0.04, "screen")]


def test_without_a_track_a_sight_stands_for_its_frame() -> None:
    frames = {frame.frame.seq: frame for frame in kept(0.25, 0.75)}

    (batch,) = gather([Texts(candidates=[reading(750)])], None, frames, 0.25)

    ((seen,),) = batch.values()
    (sight,) = seen.sights
    assert (sight.start_s, sight.end_s, sight.boundary_error_s, sight.motion) == (0.5, 1.0, 0.25, None)
