"""What the probe says of files, and which it turns away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mpr.assets.probe import probe
from mpr.errors import BadVideo
from mpr.pipeline.footage import numbered, write_clip, write_sound


def test_an_ordinary_mp4(tmp_path: Path) -> None:
    found = probe(write_clip(tmp_path / "clip.mp4", numbered(50), keyframe_every=10, sound=True))
    assert (found.duration_s, found.fps, found.width, found.height) == (2.0, 25.0, 96, 64)
    assert (found.video_codec, found.audio_codec) == ("h264", "aac")
    assert found.bitrate > 0
    properties = found.properties
    assert properties.keyframes_s == [0.0, 0.4, 0.8, 1.2, 1.6]
    assert (properties.frame_count, properties.rotation_deg, properties.notes) == (50, 0, [])
    assert (properties.pixel_format, properties.variable_frame_rate) == ("yuv420p", False)
    assert (properties.start_time_s, properties.origin_ticks) == (0.0, 0)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("clip.mkv", "libx264"),
        ("clip.ts", "libx264"),
        ("clip.ts", "mpeg2video"),
        ("clip.avi", "mpeg4"),
        ("clip.avi", "libx264"),
        ("clip.mxf", "mpeg2video"),
        ("clip.webm", "libvpx-vp9"),
    ],
)
def test_other_containers_agree(name: str, codec: str, tmp_path: Path) -> None:
    found = probe(write_clip(tmp_path / name, numbered(30), codec=codec))
    assert found.duration_s == pytest.approx(1.2, abs=0.002)
    assert (found.fps, found.properties.frame_count) == (pytest.approx(25, abs=0.05), 30)
    assert not found.properties.variable_frame_rate


def test_time_counts_from_the_first_frame_where_the_file_starts_elsewhere(tmp_path: Path) -> None:
    found = probe(write_clip(tmp_path / "clip.ts", numbered(25), start_s=7.0))
    assert found.properties.start_time_s > 6.9
    assert found.properties.keyframes_s[0] == 0.0
    assert found.duration_s == pytest.approx(1.0, abs=1e-3)


def test_one_frame_lasts_one_frame(tmp_path: Path) -> None:
    found = probe(write_clip(tmp_path / "clip.mp4", numbered(1)))
    assert (found.duration_s, found.fps, found.properties.frame_count) == (0.04, 25.0, 1)
    assert found.properties.keyframes_s == [0.0]


@pytest.mark.parametrize(("turn", "size"), [(90, (64, 96)), (180, (96, 64)), (270, (64, 96))])
def test_size_is_as_shown_after_rotation(turn: int, size: tuple[int, int], tmp_path: Path) -> None:
    found = probe(write_clip(tmp_path / "clip.mp4", numbered(5), rotation_deg=turn))
    assert (found.properties.rotation_deg, (found.width, found.height)) == (turn, size)


def test_size_is_as_shown_for_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", numbered(5), options={"x264-params": "sar=4/3"})
    assert (probe(path).width, probe(path).height) == (128, 64)


def test_a_varying_frame_rate_is_noticed(tmp_path: Path) -> None:
    times = list(np.cumsum([0.04, 0.1, 0.04, 0.04, 0.3] * 4))
    found = probe(write_clip(tmp_path / "clip.mkv", numbered(20), times_s=times))
    assert found.properties.variable_frame_rate


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (100, 64, 96, 3), np.uint8)
    path = write_clip(tmp_path / "clip.mkv", list(noise), keyframe_every=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = probe(path)
    assert 1.0 < found.duration_s < 3.0
    assert found.properties.notes[0].startswith("The file is cut off: its header says 4.0 s")


def test_an_mp4_with_its_index_in_front_may_be_cut_off(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (100, 64, 96, 3), np.uint8)
    path = write_clip(tmp_path / "clip.mp4", list(noise), keyframe_every=10, options={"crf": "20"})
    fast_start = _index_in_front(path)
    fast_start.write_bytes(fast_start.read_bytes()[: fast_start.stat().st_size // 2])
    found = probe(fast_start)
    assert 1.0 < found.duration_s < 3.0
    assert "cut off" in found.properties.notes[0]


def test_sound_alone_is_turned_away(tmp_path: Path) -> None:
    with pytest.raises(BadVideo, match="only sound"):
        probe(write_sound(tmp_path / "clip.mp4"))


def test_a_codec_that_nobody_knows_is_turned_away(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", numbered(5))
    whole = path.read_bytes()
    assert whole.count(b"avc1") == 2  # a brand and the sample description
    path.write_bytes(whole.replace(b"avc1", b"zzz9"))
    with pytest.raises(BadVideo, match=r"codec|decoded"):
        probe(path)


def test_a_track_without_a_decodable_frame_is_turned_away(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", numbered(20))
    whole = path.read_bytes()
    begin, end = whole.index(b"mdat") + 4, whole.index(b"moov") - 4
    path.write_bytes(whole[:begin] + bytes(end - begin) + whole[end:])
    with pytest.raises(BadVideo, match="no frame of it can be decoded"):
        probe(path)


def test_messages_use_the_name_they_are_given(tmp_path: Path) -> None:
    (tmp_path / "a1b2").write_bytes(b"")
    with pytest.raises(BadVideo, match=r"^final\.mp4 is empty"):
        probe(tmp_path / "a1b2", name="final.mp4")


def _index_in_front(path: Path) -> Path:
    """The same clip as a file that can be played while it is still being copied."""
    import av

    copy = path.with_name("front.mp4")
    with av.open(str(path)) as source, av.open(str(copy), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return copy
