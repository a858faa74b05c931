"""Watching footage: the file itself by ranges, or a copy that browsers can play."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mpr.assets.ingest import ingest
from mpr.assets.playback import clips, clips_of_asset, playback_of_asset, plays_itself
from mpr.assets.prepared import MediaChunk, Rendition, RenditionKind, WorkState
from mpr.assets.preparing import ask_for, prepare
from mpr.assets.timelines import timeline_of
from mpr.pipeline.footage import number_of, numbered, write_clip
from mpr.storage.buckets import media_in, media_out

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def playable(tmp_path: Path, workspace: Any) -> Any:
    return ingest(write_clip(tmp_path / "a.mp4", numbered(50), sound=True), workspace=workspace)


@pytest.fixture
def foreign(tmp_path: Path, workspace: Any) -> Any:
    """What no browser plays: MPEG-2 in a transport stream, ten seconds of it, that begins at no round time."""
    path = write_clip(tmp_path / "a.ts", numbered(250), codec="mpeg2video", sound=True)
    return ingest(path, workspace=workspace)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_whole_file(client: Any, playable: Any) -> None:
    answer = client.get(f"/assets/{playable.pk}/video")
    assert answer.status_code == 200
    assert body(answer) == media_in.read(playable.file_path)
    assert answer["Content-Type"] == "video/mp4"
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"] == f'"{playable.sha256}"'
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("header", "part"),
    [("bytes=10-19", slice(10, 20)), ("bytes=-7", slice(-7, None)), ("bytes=500-", slice(500, None))],
)
def test_a_range(client: Any, playable: Any, header: str, part: slice) -> None:
    whole = media_in.read(playable.file_path)
    answer = client.get(f"/assets/{playable.pk}/video", headers={"Range": header})
    assert answer.status_code == 206
    got = body(answer)
    assert got == whole[part]
    start = range(len(whole))[part].start
    assert answer["Content-Range"] == f"bytes {start}-{start + len(got) - 1}/{len(whole)}"
    assert answer["Content-Length"] == str(len(got))


def test_a_range_behind_the_end_is_not_satisfiable(client: Any, playable: Any) -> None:
    answer = client.get(f"/assets/{playable.pk}/video", headers={"Range": "bytes=99999999-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{playable.file_size}"


def test_a_range_of_other_content_is_answered_with_all_of_it(client: Any, playable: Any) -> None:
    address = f"/assets/{playable.pk}/video"
    same = client.get(address, headers={"Range": "bytes=0-3", "If-Range": f'"{playable.sha256}"'})
    other = client.get(address, headers={"Range": "bytes=0-3", "If-Range": '"other"'})
    assert (same.status_code, len(body(same))) == (206, 4)
    assert (other.status_code, len(body(other))) == (200, playable.file_size)


def test_what_the_browser_has_is_not_sent_again(client: Any, playable: Any) -> None:
    address = f"/assets/{playable.pk}/video"
    assert client.get(address, headers={"If-None-Match": f'"{playable.sha256}"'}).status_code == 304


def test_head_tells_the_size_and_sends_nothing(client: Any, playable: Any) -> None:
    answer = client.head(f"/assets/{playable.pk}/video")
    assert answer["Content-Length"] == str(playable.file_size)
    assert answer.content == b""


def test_a_stranger_finds_no_video_and_nobody_is_sent_to_sign_in(
    stranger_client: Any, anonymous_client: Any, playable: Any
) -> None:
    for part in ("video", "proxy/0.mp4", "player"):
        address = f"/assets/{playable.pk}/{part}"
        assert stranger_client.get(address).status_code == 404
        assert anonymous_client.get(address).status_code == 302
    assert stranger_client.post(f"/assets/{playable.pk}/player").status_code == 404
    assert not Rendition.objects.exists()


def test_a_file_that_is_gone_is_told(client: Any, playable: Any) -> None:
    media_in.delete(playable.file_path)
    answer = client.get(f"/assets/{playable.pk}/video")
    assert answer.status_code == 404
    assert "no longer stored" in answer.content.decode()


def test_a_file_that_browsers_play_is_one_clip(playable: Any) -> None:
    (clip,) = clips_of_asset(playable)
    assert (clip.address, clip.start_s, clip.duration_s, clip.media_start_s, clip.fps) == (
        f"/assets/{playable.pk}/video", 0.0, 2.0, 0.0, 25.0,
    )  # fmt: skip
    assert clips(timeline_of(playable, profile_name="soccer_broadcast")) == (clip,)


def test_chunks_are_played_from_their_source(playable: Any) -> None:
    timeline = timeline_of(playable, profile_name="soccer_broadcast")
    keys = ("chunks/one.mp4", "chunks/two.mp4")
    parts = []
    for key, source_s, start_s in zip(keys, (0.96, 0.0), (0.0, 0.48), strict=True):
        MediaChunk.objects.create(
            asset=playable, key=key, start_s=source_s, end_s=source_s + 0.48, wished_start_s=source_s,
            wished_end_s=source_s + 0.48,
        )  # fmt: skip
        parts.append({**timeline.facts["chunks"][0], "key": key, "start_s": start_s, "duration_s": 0.48})
    timeline.chunk_paths = list(keys)
    timeline.facts = {**timeline.facts, "chunks": parts, "duration_s": 0.96}
    assert [(clip.start_s, clip.duration_s, clip.media_start_s) for clip in clips(timeline)] == [
        (0.0, 0.48, 0.96),
        (0.48, 0.48, 0.0),
    ]


@pytest.mark.parametrize(
    ("fields", "properties"),
    [
        ({"video_codec": "hevc"}, {}),
        ({"audio_codec": "ac3"}, {}),
        ({"width": 8192}, {}),
        ({}, {"pixel_format": "yuv422p10le"}),
        ({}, {"start_time_s": 10.0}),
        ({}, {"container": "mpegts"}),
    ],
    ids=str,
)
def test_what_not_every_browser_plays_is_not_played_itself(playable: Any, fields: Any, properties: Any) -> None:
    assert plays_itself(playable)
    for name, value in fields.items():
        setattr(playable, name, value)
    playable.properties = {**playable.properties, **properties}
    assert not plays_itself(playable)


def test_of_other_footage_a_copy_is_made_with_the_frames_at_their_times(client: Any, foreign: Any) -> None:
    assert playback_of_asset(foreign).state == "missing"
    assert client.get(f"/assets/{foreign.pk}/video").status_code == 409
    page = client.post(f"/assets/{foreign.pk}/player").content.decode()
    assert "so a copy is being made" in page
    (row,) = Rendition.objects.all()
    assert client.get(f"/assets/{foreign.pk}/proxy/0.mp4").status_code == 404
    prepare("rendition", str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.error_message) == (WorkState.DONE, "")
    (clip,) = clips_of_asset(foreign)
    assert (clip.address, clip.start_s, clip.duration_s) == (f"/assets/{foreign.pk}/proxy/0.mp4", 0.0, 10.0)
    answer = client.get(clip.address, headers={"Range": "bytes=4-7"})
    assert (answer.status_code, body(answer)) == (206, b"ftyp")
    with media_out.local(row.key) as path, av.open(str(path)) as container:
        shown = [(frame.time, number_of(frame.to_ndarray(format="bgr24"))) for frame in container.decode(video=0)]
        container.seek(0)
        heard_s = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
        assert container.streams.video[0].codec_context.name == "h264"
    assert [number for _, number in shown] == list(range(250))
    assert np.allclose([time_s for time_s, _ in shown], [number / 25 for number in range(250)], atol=1e-4)
    assert heard_s == pytest.approx(10.0, abs=0.1)


def test_the_copy_of_the_same_footage_is_made_once(foreign: Any) -> None:
    (row,) = ask_for(foreign, RenditionKind.PROXY)
    assert ask_for(foreign, RenditionKind.PROXY) == [row]
    prepare("rendition", str(row.pk))
    row.refresh_from_db()
    media_out.write(row.key, b"kept")
    Rendition.objects.update(state=WorkState.PENDING)
    prepare("rendition", str(row.pk))
    assert media_out.read(row.key) == b"kept"


def test_a_copy_that_cannot_be_made_says_why_and_can_be_tried_again(client: Any, foreign: Any) -> None:
    data = media_in.read(foreign.file_path)
    media_in.delete(foreign.file_path)
    (row,) = ask_for(foreign, RenditionKind.PROXY)
    prepare("rendition", str(row.pk))
    page = client.get(f"/assets/{foreign.pk}/player").content.decode()
    assert "is not in media_in" in page
    assert "Try again" in page
    media_in.write(foreign.file_path, data)
    client.post(f"/assets/{foreign.pk}/player")
    row.refresh_from_db()
    assert row.state == WorkState.PENDING
    prepare("rendition", str(row.pk))
    assert playback_of_asset(replace_row(foreign)).state == "ready"


def replace_row(asset: Any) -> Any:
    return type(asset).objects.get(pk=asset.pk)


def test_footage_that_is_not_ready_plays_nothing(playable: Any) -> None:
    playable.status = "error"
    playable.error_message = "It is broken; export it again."
    found = playback_of_asset(playable)
    assert (found.state, found.sentence, found.clips) == ("none", "It is broken; export it again.", ())
    assert replace(found, share=0.5).clips_json == "[]"
