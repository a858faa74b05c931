from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detection.quads import overlap, rectangle
from detection.records import Box, ExemplarsGiven, FrameObjects, Objects, Regions, Scenes, Track, Tracks, View
from detection.regions import unpack
from detection.stages import embed_regions
from detection.stages.embed_regions import Config, Inputs
from mpr.pipeline.codec import decode, encode
from mpr.pipeline.context import Context

from .conftest import Shoot
from .logo_scenes import SIGN_PX, PlainEmbedder, lawn, with_sign


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> PlainEmbedder:
    plain = PlainEmbedder()
    monkeypatch.setattr(embed_regions, "load_embedder", lambda threads, device, at_once: plain)
    return plain


def regions_of(scenes: Scenes, ctx: Context, *, boxes: Any = (), tracks: Any = None, **config: Any) -> Regions:
    objects = Objects(
        frames=[
            FrameObjects(
                seq=kept.frame.seq, boxes=[Box(quad=quad, label="text", score=0.9, source="text") for quad in boxes]
            )
            for kept in scenes.frames
        ]
    )
    inputs = Inputs(
        filter_scenes=scenes, detect_objects=objects, exemplars_given=ExemplarsGiven(),
        track_objects=None if tracks is None else Tracks(tracks=tracks),
    )  # fmt: skip
    return embed_regions.run(inputs, Config(**config), ctx)


def test_a_sign_is_among_the_regions_with_its_measures(shoot: Shoot, embedder: PlainEmbedder) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 200), with_sign(lawn(), "star", 260)])
    found = regions_of(scenes, ctx)
    assert found.seqs == [0, 1]
    assert found.counts() == {"frames": 2, "regions": sum(found.counts_of)}
    columns = unpack(found)
    for seq, left_px in ((0, 200), (1, 260)):
        sign = rectangle(left_px, 120, left_px + SIGN_PX, 120 + SIGN_PX)
        rows = np.flatnonzero(columns.seq == seq)
        best = max(rows, key=lambda row: overlap(columns.quad(row), sign))
        assert overlap(columns.quad(best), sign) > 0.7
        assert columns.sharpness[best] > 100
        assert 0.1 < columns.contrast[best] < 0.5
        assert columns.marks[best] > 0.5
        assert np.linalg.norm(columns.vectors[best]) == pytest.approx(1.0, abs=1e-2)
    assert set(columns.track.tolist()) == {-1}


def test_the_record_is_the_same_every_time_and_comes_back_whole(shoot: Shoot, embedder: PlainEmbedder) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 200)])
    found = regions_of(scenes, ctx)
    assert encode(found) == encode(regions_of(scenes, ctx, frames_at_once=1))
    assert decode(encode(found), Regions) == found


def test_a_frame_without_anything_is_looked_at_and_has_no_regions(shoot: Shoot, embedder: PlainEmbedder) -> None:
    found = regions_of(*shoot([lawn()]))
    assert (found.seqs, found.counts_of, len(unpack(found))) == ([0], [0], 0)
    nothing = regions_of(*shoot([]))
    assert (nothing.seqs, len(unpack(nothing))) == ([], 0)


def test_frames_that_come_soon_after_another_are_left_out(shoot: Shoot, embedder: PlainEmbedder) -> None:
    pictures = [with_sign(lawn(), "star", 200) for _ in range(5)]
    assert regions_of(*shoot(pictures), min_gap_s=1.0).seqs == [0, 2, 4]


def test_what_moves_with_a_track_is_looked_at_in_its_clearest_views_alone(
    shoot: Shoot, embedder: PlainEmbedder
) -> None:
    scenes, ctx = shoot([with_sign(lawn(), "star", 200) for _ in range(6)])
    sign = rectangle(200, 120, 200 + SIGN_PX, 120 + SIGN_PX)
    views = [
        View(seq=seq, box=0, quad=sign, start_s=seq / 2, end_s=seq / 2 + 0.5, contrast=0.2,
             sharpness=900.0 if seq in (1, 4) else 90.0)
        for seq in range(6)
    ]  # fmt: skip
    track = Track(
        number=3, shot=0, label="text", start_s=0.0, end_s=3.0, start_cause="cut", end_cause="cut", start_error_s=0.0,
        end_error_s=0.0, motion="camera", views=views,
    )  # fmt: skip
    columns = unpack(regions_of(scenes, ctx, boxes=[sign], tracks=[track], views_per_track=2))
    assert set(columns.seq[columns.track == 3].tolist()) == {1, 4}
    seen = embedder.seen
    regions_of(scenes, ctx, boxes=[sign], tracks=[track], views_per_track=0)
    assert embedder.seen - seen > seen


def test_what_is_no_mark_is_not_kept_and_of_many_the_likeliest_are(shoot: Shoot, embedder: PlainEmbedder) -> None:
    scenes, ctx = shoot([with_sign(with_sign(lawn(), "star", 100), "leaf", 400)])
    everything = unpack(regions_of(scenes, ctx, min_mark=0.0))
    middle = float(sorted(everything.marks)[len(everything) // 2])
    some = unpack(regions_of(scenes, ctx, min_mark=middle))
    assert 0 < len(some) < len(everything)
    assert some.marks.min() >= middle - 1e-3
    two = unpack(regions_of(scenes, ctx, max_kept=2))
    assert sorted(two.marks) == pytest.approx(sorted(everything.marks)[-2:])


def test_a_job_that_is_stopped_stops_soon(shoot: Shoot, embedder: PlainEmbedder) -> None:
    from mpr.errors import Interrupted

    def stop(done: int, total: int) -> None:
        raise Interrupted

    scenes, ctx = shoot([lawn() for _ in range(20)], on_progress=stop)
    with pytest.raises(Interrupted):
        regions_of(scenes, ctx)
