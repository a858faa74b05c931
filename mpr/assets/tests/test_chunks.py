"""Chunks of an asset: where they may lie, that they are made, deleted and had back, and the timelines made of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from mpr.assets import chunks, working
from mpr.assets.filmstrip import shot_starts
from mpr.assets.ingest import ingest
from mpr.assets.prepared import MediaChunk, RenditionKind, WorkState
from mpr.assets.preparing import ask_for, prepare, read_strip
from mpr.assets.timelines import facts_of, timeline_of
from mpr.errors import BadInput, NotFound, Refused
from mpr.pipeline.context import Span
from mpr.pipeline.footage import number_of, numbered, write_clip
from mpr.pipeline.playback import Converter, shown_frames
from mpr.storage.buckets import media_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asset(tmp_path: Path, workspace: Any) -> Any:
    """Eight seconds with a keyframe every 0.48 s."""
    return ingest(write_clip(tmp_path / "a.mp4", numbered(200), sound=True), workspace=workspace)


def work(*rows: Any) -> None:
    for row in rows:
        prepare(working.kind_of(row), str(row.pk))
        row.refresh_from_db()


def made(asset: Any, *wishes: tuple[float, float]) -> list[MediaChunk]:
    found = chunks.split(asset, wishes)
    work(*found)
    assert [(chunk.state, chunk.error_message) for chunk in found] == [(WorkState.DONE, "")] * len(found)
    return found


def test_by_time_the_whole_is_covered_and_a_short_rest_goes_with_the_last(asset: Any) -> None:
    assert chunks.every(asset, 3) == [(0.0, 3.0), (3.0, 6.0), (6.0, 8.0)]
    assert chunks.every(asset, 3.9) == [(0.0, 3.9), (3.9, 8.0)]
    assert chunks.every(asset, 60) == [(0.0, 8.0)]


def test_by_shots_no_chunk_is_shorter_than_asked(asset: Any) -> None:
    starts_s = [0.5, 2.2, 2.9, 5.0, 7.5]
    assert chunks.at_shots(asset, starts_s, least_s=2) == [(0.0, 2.2), (2.2, 5.0), (5.0, 8.0)]
    assert chunks.at_shots(asset, [], least_s=2) == [(0.0, 8.0)]


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ([], "Name at least one stretch"),
        ([(3, 2)], "cannot reach from 0:00:03.000 to 0:00:02.000"),
        ([(2, 9)], "within the 0:00:08.000 of a.mp4"),
        ([(0, 3), (2, 5)], "overlap at 0:00:02.000"),
        ([(1.0, 1.1)], "lies between two keyframes"),
        ([(0, 1)] * 501, "more than 500 chunks"),
    ],
)
def test_stretches_that_make_no_sense_are_refused_with_a_sentence(asset: Any, wishes: Any, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        chunks.split(asset, wishes)
    assert not MediaChunk.objects.exists()


@pytest.mark.parametrize("every_s", [0.0, -1, 0.01, float("nan")])
def test_a_time_that_makes_no_chunks_is_refused(asset: Any, every_s: float) -> None:
    with pytest.raises(BadInput):
        chunks.every(asset, every_s)
    with pytest.raises(BadInput):
        chunks.at_shots(asset, [], least_s=every_s)


def test_footage_without_keyframe_times_cannot_be_split(asset: Any) -> None:
    asset.properties = {**asset.properties, "keyframes_s": []}
    with pytest.raises(Refused, match="does not say where its keyframes are"):
        chunks.split(asset, [(0, 4)])


def test_a_chunk_is_made_once_and_remembers_where_it_was_wished(asset: Any) -> None:
    (chunk,) = made(asset, (2.0, 5.0))
    assert (chunk.wished_start_s, chunk.wished_end_s, chunk.start_s, chunk.end_s) == (2.0, 5.0, 1.92, 4.8)
    assert media_in.size(chunk.key) == chunk.file_size
    assert chunks.split(asset, [(1.95, 4.7)]) == [chunk]
    assert MediaChunk.objects.count() == 1


def test_the_same_choice_is_the_same_timeline_and_another_order_another_one(asset: Any) -> None:
    first, second = made(asset, (0, 3), (5, 8))
    one = chunks.timeline_of_chunks([first, second], profile_name="soccer_broadcast")
    assert chunks.timeline_of_chunks([first, second], profile_name="other") == one
    other = chunks.timeline_of_chunks([second, first], profile_name="soccer_broadcast")
    assert other != one
    assert [chunk.start_s for chunk in facts_of(other).chunks] == [0.0, second.duration_s]


def test_a_timeline_of_chunks_plays_their_frames_one_behind_the_other(asset: Any) -> None:
    first, second = made(asset, (0, 3), (5, 8))
    facts = facts_of(chunks.timeline_of_chunks([second, first], profile_name="soccer_broadcast"))
    assert facts.fps == pytest.approx(25.0)
    converter = Converter(96, 64)
    whole = Span(number=0, start_s=0.0, end_s=facts.duration_s)
    shown = [
        (frame.time_s, number_of(converter.picture(frame.frame)))
        for frame in shown_frames(
            facts,
            whole,
            media_in,
            threads=1,
            keyframes_only=False,
            deblocks_all=True,
            on_damage=lambda chunk, count: None,
        )
    ]
    wanted = [*range(round(second.start_s * 25), 200), *range(round(first.end_s * 25))]
    assert [number for _, number in shown] == wanted
    assert [time_s for time_s, _ in shown] == pytest.approx([place / 25 for place in range(len(wanted))], abs=1e-5)
    assert set(facts.keyframes_s) <= {time_s for time_s, _ in shown}
    assert second.duration_s in facts.keyframes_s


def test_the_chunks_of_all_of_it_have_the_keyframes_of_the_whole(asset: Any) -> None:
    parts = made(asset, (0, 3), (3, 8))
    split = facts_of(chunks.timeline_of_chunks(parts, profile_name="soccer_broadcast"))
    whole = facts_of(timeline_of(asset, profile_name="soccer_broadcast"))
    assert (split.duration_s, split.keyframes_s) == (whole.duration_s, whole.keyframes_s)


def test_only_chunks_that_are_done_make_a_timeline(asset: Any, tmp_path: Path, workspace: Any) -> None:
    (waiting,) = chunks.split(asset, [(0, 3)])
    with pytest.raises(Refused, match="is waiting; choose chunks that are done"):
        chunks.timeline_of_chunks([waiting], profile_name="x")
    (done,) = made(asset, (3, 8))
    with pytest.raises(BadInput, match="once"):
        chunks.timeline_of_chunks([done, done], profile_name="x")
    with pytest.raises(BadInput, match="at least one"):
        chunks.timeline_of_chunks([], profile_name="x")
    other = ingest(write_clip(tmp_path / "b.mp4", numbered(100)), workspace=workspace)
    (foreign,) = made(other, (0, 4))
    with pytest.raises(BadInput, match="of one file"):
        chunks.timeline_of_chunks([done, foreign], profile_name="x")
    with pytest.raises(NotFound, match="has no chunk"):
        chunks.chosen_chunks(asset, [foreign.pk])


def test_a_chunk_in_use_stays_and_another_can_be_deleted_and_had_back(asset: Any, settings: Any) -> None:
    used, spare = made(asset, (0, 3), (3, 8))
    chunks.timeline_of_chunks([used], profile_name="x")
    with pytest.raises(Refused, match=r"1 timeline of a\.mp4 use this chunk"):
        chunks.delete(used.pk)
    chunks.delete(spare.pk)
    with pytest.raises(Refused, match="is deleted"):
        chunks.timeline_of_chunks([MediaChunk.objects.get(pk=spare.pk)], profile_name="x")
    assert chunks.purge() == 0
    assert chunks.restore(spare.pk).deleted_at is None
    chunks.delete(spare.pk)
    long_ago = timezone.now() - timedelta(days=settings.MPR_DELETED_KEEP_DAYS, hours=1)
    MediaChunk.objects.filter(pk=spare.pk).update(deleted_at=long_ago)
    assert chunks.purge() == 1
    assert not media_in.exists(spare.key)
    assert media_in.exists(used.key)
    with pytest.raises(NotFound, match="split the footage again"):
        chunks.restore(spare.pk)


def test_splitting_there_again_takes_a_deletion_back(asset: Any) -> None:
    (chunk,) = made(asset, (0, 3))
    chunks.delete(chunk.pk)
    assert chunks.split(asset, [(0, 3)])[0].deleted_at is None


def test_cancelled_work_writes_nothing_and_can_be_begun_again(asset: Any) -> None:
    (chunk,) = chunks.split(asset, [(0, 3)])
    assert chunks.cancel(chunk.pk).state == WorkState.CANCELLED
    work(chunk)
    assert not media_in.exists(chunk.key)
    assert chunks.try_again(chunk.pk).state == WorkState.PENDING
    work(chunk)
    assert chunk.state == WorkState.DONE
    with pytest.raises(Refused, match="is done"):
        chunks.cancel(chunk.pk)
    with pytest.raises(Refused, match="nothing to try again"):
        chunks.try_again(chunk.pk)


def test_a_chunk_of_broken_footage_fails_with_its_sentence(asset: Any) -> None:
    media_in.write(asset.file_path, b"no video any more" * 100)
    (chunk,) = chunks.split(asset, [(0, 3)])
    work(chunk)
    assert chunk.state == WorkState.FAILED
    assert "a.mp4 is a text file" in chunk.error_message


def test_what_a_dead_worker_held_is_taken_up_again(asset: Any, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(working.messages, "waiting", lambda queue: 0)
    monkeypatch.setattr(working, "_send", lambda row, **how: sent.append(row))
    (chunk,) = chunks.split(asset, [(0, 3)])
    sent.clear()
    past = timezone.now() - timedelta(seconds=1)
    held = {"state": WorkState.RUNNING, "attempts": 1, "lease_token": 3, "lease_expires_at": past, "progress": 0.5}
    MediaChunk.objects.filter(pk=chunk.pk).update(**held)
    assert working.sweep() == 1
    assert sent == [chunk]
    work(chunk)
    assert (chunk.state, chunk.lease_token) == (WorkState.DONE, 4)
    MediaChunk.objects.filter(pk=chunk.pk).update(**{**held, "attempts": settings.MPR_SHARD_ATTEMPTS})
    working.sweep()
    chunk.refresh_from_db()
    assert (chunk.state, chunk.error_message[:30]) == (WorkState.FAILED, "Its worker died every time it ")


def test_the_filmstrip_shows_the_keyframes_at_their_times_and_tells_shots(tmp_path: Path, workspace: Any) -> None:
    import numpy as np

    random = np.random.default_rng(7)
    scenes = [random.integers(0, 255, (4, 6, 3), np.uint8).repeat(16, 0).repeat(16, 1) for _ in range(4)]
    pictures = [scenes[place // 75] for place in range(300)]
    asset = ingest(write_clip(tmp_path / "a.mp4", pictures, keyframe_every=25), workspace=workspace)
    rows = ask_for(asset, RenditionKind.FILMSTRIP)
    work(*rows)
    strips = [read_strip(row.key) for row in rows]
    assert [time_s for strip in strips for time_s in strip.looks_s] == pytest.approx(list(range(12)))
    assert shot_starts(strips) == pytest.approx([3.0, 6.0, 9.0])
    assert strips[0].sheet[:3] == b"\xff\xd8\xff"
