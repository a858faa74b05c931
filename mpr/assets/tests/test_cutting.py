"""Cutting without encoding: every frame of a stretch, at its time, with its sound, and nothing else."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from mpr.assets.cutting import ChunkFacts, Stretch, snapped, write_chunk
from mpr.assets.probe import Probe, probe
from mpr.errors import BadVideo, StorageFull
from mpr.pipeline.footage import number_of, numbered, write_clip
from mpr.pipeline.video import open_video, rotation_deg

FRAMES = 200


def cut(source: Path, stretch: Stretch, target: Path) -> tuple[ChunkFacts, list[tuple[float, int]]]:
    """The chunk's facts, and what is shown of it: (seconds since its begin, number painted into the frame)."""
    found = probe(source)
    facts = write_chunk(
        source, stretch, target, name=source.name, origin_ticks=found.properties.origin_ticks,
        is_last=stretch.end_s >= found.duration_s, progress=lambda share: None,
    )  # fmt: skip
    shown = []
    with open_video(target, name="chunk") as video:
        for ticks, frame in video.frames(video.packets()):
            time_s = video.seconds(ticks, origin_ticks=facts.origin_ticks)
            if 0 <= time_s < facts.duration_s:
                shown.append((time_s, number_of(frame.to_ndarray(format="bgr24"))))
    return facts, shown


def stretches(found: Probe, *marks_s: float) -> list[Stretch]:
    marks = [0.0, *marks_s, found.duration_s]
    return snapped(
        list(pairwise(marks)),
        keyframes_s=found.properties.keyframes_s,
        duration_s=found.duration_s,
    )


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("h264.mp4", {"sound": True}),
        ("h264.mov", {"sound": True}),
        ("h264.mkv", {"sound": True}),
        ("h264.flv", {"sound": True}),
        ("h264.ts", {"sound": True}),
        ("late.ts", {"start_s": 9.5}),
        ("open groups.mp4", {"options": {"x264-params": "open-gop=1:scenecut=0:bframes=2"}}),
        ("mpeg2.ts", {"codec": "mpeg2video", "sound": True}),
        ("hevc.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none:open-gop=1"}}),
        ("vp9.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}}),
        ("prores.mov", {"codec": "prores_ks", "pixel_format": "yuv422p10le"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_chunks_of_a_file_are_its_frames_at_their_times(tmp_path: Path, name: str, how: dict[str, Any]) -> None:
    source = write_clip(tmp_path / name, numbered(FRAMES), **how)
    found = probe(source)
    parts = stretches(found, 2.1, 5.0)
    assert len(parts) == 3
    numbers = []
    for part in parts:
        facts, shown = cut(source, part, tmp_path / "chunk")
        assert [time_s for time_s, _ in shown] == pytest.approx(
            [(number / 25) - part.start_s for _, number in shown], abs=1e-5
        )
        assert facts.frame_count == len(shown)
        assert facts.duration_s == pytest.approx(part.end_s - part.start_s)
        numbers += [number for _, number in shown]
        if how.get("sound"):
            with av.open(str(tmp_path / "chunk")) as container:
                heard_s = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
            assert facts.sound == ["aac"]
            assert heard_s == pytest.approx(facts.duration_s, abs=0.06)
    assert numbers == list(range(FRAMES))


def test_sound_and_picture_stay_together(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.ts", numbered(FRAMES), sound=True)
    _, part, _ = stretches(probe(source), 2.1, 5.0)
    cut(source, part, tmp_path / "chunk")
    with av.open(str(tmp_path / "chunk")) as container:
        first = {kind: next(container.decode(**{kind: 0})).time for kind in ("video",)}
        container.seek(0)
        first["audio"] = next(container.decode(audio=0)).time
    assert first["video"] == 0
    assert first["audio"] == pytest.approx(0, abs=0.03)


def test_a_turned_picture_stays_turned(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", numbered(FRAMES), rotation_deg=90)
    cut(source, stretches(probe(source), 4.0)[1], tmp_path / "chunk")
    with open_video(tmp_path / "chunk", name="chunk") as video:
        assert rotation_deg(next(video.frames(video.packets()))[1]) == 90


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    times_s = [number / 25 + (0.011 if number % 3 else 0) for number in range(FRAMES)]
    source = write_clip(tmp_path / "a.mp4", numbered(FRAMES), times_s=times_s)
    for part in stretches(probe(source), 4.0):
        _, shown = cut(source, part, tmp_path / "chunk")
        assert [time_s + part.start_s for time_s, _ in shown] == pytest.approx(
            [times_s[number] for _, number in shown], abs=2e-5
        )


def test_the_same_cut_is_the_same_file(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", numbered(FRAMES), sound=True)
    part = stretches(probe(source), 4.0)[1]
    for name in ("one", "two"):
        cut(source, part, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_an_avi_is_refused_with_a_sentence(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.avi", numbered(50), codec="mpeg4")
    whole = Stretch(wished_start_s=0, wished_end_s=1, start_s=0, end_s=1)
    with pytest.raises(BadVideo, match="is an AVI, which does not say when its frames are shown"):
        cut(source, whole, tmp_path / "chunk")


def test_a_full_disk_is_told(tmp_path: Path, full_disk: Path) -> None:
    pictures = numbered(FRAMES, width_px=640, height_px=360)
    source = write_clip(tmp_path / "a.mov", pictures, codec="prores_ks", pixel_format="yuv422p10le")
    with pytest.raises(StorageFull, match=r"The disk is full, so a chunk of a\.mov could not be written"):
        cut(source, stretches(probe(source), 7.0)[0], full_disk / "chunk")


@pytest.mark.parametrize(
    ("wished", "falls"),
    [((0.4, 3.2), (0.0, 3.0)), ((1.6, 9.9), (2.0, 10.0)), ((2.5, 7.5), (2.0, 7.0)), ((5.0, 6.0), (5.0, 6.0))],
)
def test_cuts_fall_on_the_nearest_keyframe(wished: tuple[float, float], falls: tuple[float, float]) -> None:
    (found,) = snapped([wished], keyframes_s=[float(second) for second in range(10)], duration_s=10.0)
    assert (found.start_s, found.end_s) == falls
    assert (found.wished_start_s, found.wished_end_s) == wished


def test_of_a_stretch_between_two_keyframes_nothing_is_left() -> None:
    assert snapped([(2.1, 2.3), (3.0, 4.0)], keyframes_s=[0.0, 2.0, 3.0, 4.0], duration_s=5.0) == [
        Stretch(wished_start_s=3.0, wished_end_s=4.0, start_s=3.0, end_s=4.0)
    ]
