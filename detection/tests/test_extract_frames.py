"""Frames come out at the right times, whatever the footage and however it is cut into shards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detection.records import Frames
from detection.stages.extract_frames import STAGE, Config, Inputs, run
from mpr.assets.probe import probe
from mpr.errors import Interrupted
from mpr.pipeline.blobs import Folder
from mpr.pipeline.codec import encode
from mpr.pipeline.context import Context, Span
from mpr.pipeline.footage import number_of, numbered, write_clip
from mpr.pipeline.frames import FrameReader, Image
from mpr.pipeline.shards import plan_shards
from mpr.pipeline.timeline import Chunk, TimelineFacts

Log = list[tuple[str, str]]

EVERY_FRAME = Config(keyframes_only="never")


def facts_of(*paths: Path) -> TimelineFacts:
    chunks: list[Chunk] = []
    keyframes: list[float] = []
    start_s = 0.0
    for path in paths:
        found = probe(path)
        chunks.append(
            Chunk(
                key=path.name,
                sha256="",
                start_s=start_s,
                duration_s=found.duration_s,
                origin_ticks=found.properties.origin_ticks,
            )
        )
        keyframes += [round(start_s + time_s, 6) for time_s in found.properties.keyframes_s]
        start_s = round(start_s + found.duration_s, 6)
    return TimelineFacts(
        chunks=chunks,
        duration_s=start_s,
        fps=found.fps,
        width_px=found.width,
        height_px=found.height,
        keyframes_s=keyframes,
    )


def even_spans(duration_s: float, step_s: float) -> list[Span]:
    count = int(duration_s / step_s) + 1
    spans = [(number * step_s, min((number + 1) * step_s, duration_s)) for number in range(count)]
    return [
        Span(number=number, start_s=start_s, end_s=end_s)
        for number, (start_s, end_s) in enumerate(spans)
        if start_s < end_s
    ]


def extract(
    facts: TimelineFacts, folder: Path, spans: Sequence[Span] | None = None, config: Config = EVERY_FRAME, **more: Any
) -> list[Frames]:
    whole = [Span(number=0, start_s=0.0, end_s=facts.duration_s)]
    return [
        run(
            Inputs(timeline=facts),
            config,
            Context(span=span, blobs=Folder(folder / "out"), media=Folder(folder), prefix=f"{span.number}", **more),
        )
        for span in spans or whole
    ]


def kept(parts: Sequence[Frames]) -> list[tuple[int, float]]:
    return [(frame.seq, frame.pts_s) for part in parts for frame in part.frames]


def scanned(parts: Sequence[Frames], folder: Path) -> list[tuple[float, bytes]]:
    """Times and JPEGs of the strip, read as the last call of `extract` has written it."""
    reader = FrameReader(Folder(folder / "out"))
    return [(picture.pts_s, reader.jpeg(picture)) for part in parts for picture in part.scan]


def shown_numbers(parts: Sequence[Frames], folder: Path) -> list[int]:
    reader = FrameReader(Folder(folder / "out"))
    return [number_of(reader.read(frame)) for part in parts for frame in part.frames]


def test_the_first_frame_of_each_slot_is_kept(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", numbered(60)))
    parts = extract(facts, tmp_path)
    assert kept(parts) == [(0, 0.0), (520, 0.52), (1000, 1.0), (1520, 1.52), (2000, 2.0)]
    assert shown_numbers(parts, tmp_path) == [0, 13, 25, 38, 50]
    (part,) = parts
    assert part.counts() == {"frames": 5, "repeats": 0, "decoded": 60}
    assert {(frame.width_px, frame.height_px) for frame in part.frames} == {(96, 64)}


def test_the_scan_strip_shows_every_frame_in_small(tmp_path: Path) -> None:
    (part,) = extract(facts_of(write_clip(tmp_path / "clip.mp4", numbered(60))), tmp_path)
    pictures = list(FrameReader(Folder(tmp_path / "out")).pictures(part.scan))
    assert [number_of(picture) for picture in pictures] == list(range(60))
    assert {picture.shape for picture in pictures} == {(213, 320, 3)}
    assert [(frame.seq, frame.pts_s) for frame in part.scan] == [(number, number / 25) for number in range(60)]
    assert {(frame.width_px, frame.height_px) for frame in part.scan} == {(320, 213)}


VARYING_S = list(np.cumsum([0.04, 0.2, 0.01, 0.7, 0.03, 0.04, 0.33, 1.3, 0.02, 0.02] * 4))


@pytest.mark.parametrize("step_s", [0.13, 0.4, 0.77, 1.5])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("clip.mp4", {}),
        ("clip.mp4", {"b_frames": 3, "options": {"x264-params": "open-gop=1:b-pyramid=normal"}}),
        ("clip.mkv", {"times_s": VARYING_S}),
        ("clip.ts", {}),
        ("clip.ts", {"codec": "mpeg2video", "start_s": 5.0}),
        ("clip.avi", {"codec": "mpeg4"}),
        ("clip.webm", {"codec": "libvpx-vp9"}),
        ("clip.mp4", {"codec": "libx265"}),
    ],
    ids=["mp4", "open gop", "varying rate", "ts", "mpeg2 ts that starts late", "avi", "webm", "hevc"],
)
def test_sharding_changes_nothing(name: str, arguments: dict[str, Any], step_s: float, tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / name, numbered(40), **arguments))
    config = Config(fps=3, keyframes_only="never")
    log: Log = []
    whole = extract(facts, tmp_path, config=config, on_log=lambda level, message: log.append((level, message)))
    numbers, strip = shown_numbers(whole, tmp_path), scanned(whole, tmp_path)
    assert (len(strip), log) == (40, [])
    for spans in (
        even_spans(facts.duration_s, step_s),
        plan_shards(facts.duration_s, shard_s=step_s, keyframes_s=facts.keyframes_s),
    ):
        parts = extract(facts, tmp_path, spans, config, on_log=lambda level, message: log.append((level, message)))
        assert (kept(parts), log) == (kept(whole), [])
        assert scanned(parts, tmp_path) == strip
        assert shown_numbers(parts, tmp_path) == numbers


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", numbered(30)))
    assert encode(extract(facts, tmp_path)[0]) == encode(extract(facts, tmp_path)[0])


def test_keyframes_alone_are_decoded_where_they_come_often_enough(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", numbered(60), keyframe_every=10))
    (part,) = extract(facts, tmp_path, config=Config(fps=2.5))
    assert (part.keyframes_only, part.decoded) == (True, 6)
    assert kept([part]) == [(0, 0.0), (400, 0.4), (800, 0.8), (1200, 1.2), (1600, 1.6), (2000, 2.0)]
    assert shown_numbers([part], tmp_path) == [0, 10, 20, 30, 40, 50]
    strip = scanned([part], tmp_path)
    parts = extract(facts, tmp_path, even_spans(facts.duration_s, 0.7), Config(fps=2.5))
    assert (kept(parts), scanned(parts, tmp_path)) == (kept([part]), strip)

    for config in (Config(fps=3), Config(fps=2.5, keyframes_only="never")):
        (part,) = extract(facts, tmp_path, config=config)
        assert (part.keyframes_only, part.decoded) == (False, 60)


def test_one_frame_is_enough(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", numbered(1)))
    for config in (Config(), EVERY_FRAME):
        parts = extract(facts, tmp_path, config=config)
        assert (kept(parts), len(scanned(parts, tmp_path))) == ([(0, 0.0)], 1)


def test_a_span_without_frames_is_empty_and_stores_nothing(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mkv", numbered(3), times_s=[0.0, 0.1, 3.0]))
    (part,) = extract(facts, tmp_path, [Span(number=0, start_s=1.0, end_s=2.0)])
    assert (part.frames, part.scan, part.decoded) == ([], [], 0)
    assert not (tmp_path / "out").exists()


def _colour(pixel: np.ndarray[Any, Any]) -> str:
    return ("blue", "green", "red")[int(np.argmax(pixel))] if pixel.max() > 90 else "black"


def corners(picture: np.ndarray[Any, Any]) -> dict[str, str]:
    """Which colour the clip of `test_rotation_is_applied` shows in each corner."""
    height, width = picture.shape[:2]
    places = {"top left": (0.1, 0.1), "top right": (0.1, 0.9), "bottom left": (0.9, 0.1), "bottom right": (0.9, 0.9)}
    return {place: _colour(picture[int(y * height), int(x * width)]) for place, (y, x) in places.items()}


@pytest.mark.parametrize(
    ("turn", "size", "red_at"),
    [
        (0, (96, 64), "top left"),
        (90, (64, 96), "bottom left"),
        (180, (96, 64), "bottom right"),
        (270, (64, 96), "top right"),
    ],
)
def test_rotation_is_applied(turn: int, size: tuple[int, int], red_at: str, tmp_path: Path) -> None:
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:32, :48] = (0, 0, 255)
    facts = facts_of(write_clip(tmp_path / "clip.mp4", [picture] * 5, rotation_deg=turn))
    (part,) = extract(facts, tmp_path)
    shown = FrameReader(Folder(tmp_path / "out")).read(part.frames[0])
    assert (part.frames[0].width_px, part.frames[0].height_px) == size == (shown.shape[1], shown.shape[0])
    assert [place for place, colour in corners(shown).items() if colour == "red"] == [red_at]


@pytest.mark.parametrize(
    ("codec", "pixel_format", "name"),
    [
        ("libx264", "yuv444p", "clip.mp4"),
        ("libx264", "yuv420p10le", "clip.mp4"),
        ("libx264", "gray", "clip.mp4"),
        ("libx264rgb", "bgr24", "clip.mkv"),
        ("ffv1", "yuv422p16le", "clip.mkv"),
        ("ffv1", "bgra", "clip.mkv"),
        ("prores_ks", "yuva444p10le", "clip.mov"),
        ("mjpeg", "yuvj422p", "clip.mov"),
    ],
)
def test_odd_pixel_formats(codec: str, pixel_format: str, name: str, tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / name, numbered(30), codec=codec, pixel_format=pixel_format))
    parts = extract(facts, tmp_path)
    assert shown_numbers(parts, tmp_path) == [0, 13, 25]


def test_odd_sizes(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", numbered(5, width_px=101, height_px=67), pixel_format="yuv444p")
    (part,) = extract(facts_of(clip), tmp_path)
    assert (part.frames[0].width_px, part.frames[0].height_px) == (101, 67)
    assert shown_numbers([part], tmp_path) == [0]


def test_interlaced_footage(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", numbered(30), options={"x264-params": "interlaced=1"}))
    assert shown_numbers(extract(facts, tmp_path), tmp_path) == [0, 13, 25]


def test_footage_is_scaled_down_to_the_largest_height_and_to_square_pixels(tmp_path: Path) -> None:
    pictures = numbered(5, width_px=240, height_px=120)
    facts = facts_of(write_clip(tmp_path / "clip.mp4", pictures, options={"x264-params": "sar=3/2"}))
    (part,) = extract(facts, tmp_path, config=Config(max_height_px=64, scan_width_px=96))
    assert (part.frames[0].width_px, part.frames[0].height_px) == (192, 64)
    assert FrameReader(Folder(tmp_path / "out")).read(part.scan[0]).shape == (32, 96, 3)


def test_untagged_high_definition_is_taken_for_bt709(tmp_path: Path) -> None:
    """Encoded as BT.709 but not marked so, as much broadcast footage is."""
    red = np.full((720, 64, 3), (40, 30, 200), np.uint8)
    y, cb, cr = (int(value) for value in _bt709(200, 30, 40))
    planes = np.full((720 * 3 // 2, 64), y, np.uint8)
    planes[720:900], planes[900:] = cb, cr
    facts = facts_of(_write_yuv(tmp_path / "clip.mp4", planes))
    (part,) = extract(facts, tmp_path)
    shown = FrameReader(Folder(tmp_path / "out")).read(part.frames[0])
    assert np.abs(shown[300, 30].astype(int) - red[0, 0]).max() <= 6


def _bt709(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """8-bit limited range Y'CbCr (ITU-R BT.709)."""
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        16 + luma * 219 / 255,
        128 + (blue - luma) / 1.8556 * 224 / 255,
        128 + (red - luma) / 1.5748 * 224 / 255,
    )


def _write_yuv(path: Path, planes: np.ndarray[Any, Any]) -> Path:
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = planes.shape[1], planes.shape[0] * 2 // 3, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode(None))
    return path


def test_damage_costs_the_frames_it_hits_and_is_logged(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", numbered(100), keyframe_every=20)
    facts = facts_of(path)
    whole = bytearray(path.read_bytes())
    for at in range(len(whole) * 45 // 100, len(whole) * 55 // 100):
        whole[at] ^= 0x5A
    path.write_bytes(bytes(whole))
    log: Log = []
    (part,) = extract(facts, tmp_path, on_log=lambda level, message: log.append((level, message)))
    assert [level for level, _ in log] == ["warning"]
    assert "damaged or missing" in log[0][1]
    assert 40 < part.decoded < 100
    numbers = shown_numbers([part], tmp_path)
    assert (numbers[:3], numbers[-1]) == ([0, 13, 25], 88)


def test_a_file_that_became_shorter_gives_what_is_left_and_says_so(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.ts", numbered(100), keyframe_every=20)
    facts = facts_of(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    log: Log = []
    spans = even_spans(facts.duration_s, 1.0)
    parts = extract(facts, tmp_path, spans, on_log=lambda level, message: log.append((level, message)))
    assert shown_numbers(parts, tmp_path)[:3] == [0, 13, 25]
    assert parts[-1].frames == []
    assert "between 3.0 and 4.0 s" in log[-1][1]


def test_a_timeline_of_two_files_goes_on_in_the_second(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "first.mp4", numbered(33))
    second = write_clip(tmp_path / "second.ts", numbered(60)[33:], start_s=9.0)
    facts = facts_of(first, second)
    whole = extract(facts, tmp_path)
    assert kept(whole) == [(0, 0.0), (520, 0.52), (1000, 1.0), (1520, 1.52), (2000, 2.0)]
    assert shown_numbers(whole, tmp_path) == [0, 13, 25, 38, 50]
    strip = scanned(whole, tmp_path)
    for step_s in (0.3, 0.66, 1.32):
        parts = extract(facts, tmp_path, even_spans(facts.duration_s, step_s))
        assert (kept(parts), scanned(parts, tmp_path)) == (kept(whole), strip)


def place(seed: int) -> Image:
    """A picture that stays as it is, unlike those of other seeds."""
    random = np.random.default_rng(seed)
    blocks = random.integers(30, 220, (9, 16, 3), np.uint8)
    return np.asarray(cv2.resize(blocks, (320, 180), interpolation=cv2.INTER_NEAREST), np.uint8)


def shots(*lengths: int) -> list[Image]:
    """Still shots of so many frames, of two places in turn."""
    return [place(number % 2) for number, length in enumerate(lengths) for _ in range(length)]


def sampled(path: Path, pictures: Sequence[Image], **config: Any) -> tuple[list[float], list[float]]:
    """When frames were stored and when they were repeats."""
    facts = facts_of(write_clip(path / "clip.mp4", pictures))
    (part,) = extract(facts, path, config=Config(keyframes_only="never", **config))
    return [frame.pts_s for frame in part.frames], part.repeats_s


def test_what_did_not_change_is_stored_once(tmp_path: Path) -> None:
    stored, repeats = sampled(tmp_path, shots(250), max_gap_s=4.0)
    assert stored == [0.0, 4.0, 8.0]
    assert repeats == [number + half for number in range(10) for half in (0.0, 0.52) if number + half not in stored]


def test_a_new_shot_is_stored_and_so_is_the_old_one_when_it_comes_back(tmp_path: Path) -> None:
    assert sampled(tmp_path, shots(30, 20, 40)) == ([0.0, 1.52, 2.0], [0.52, 1.0, 2.52, 3.0, 3.52])


def test_the_old_shot_is_stored_anew_when_another_lay_between_two_samples(tmp_path: Path) -> None:
    stored, repeats = sampled(tmp_path, shots(27, 2, 21))
    assert (stored, repeats) == ([0.0, 1.52], [0.52, 1.0])


def test_a_shot_between_two_samples_is_sampled_a_moment_after_its_cut(tmp_path: Path) -> None:
    assert sampled(tmp_path, shots(27, 8, 40), fps=1) == ([0.0, 1.2, 2.0], [1.0])


def test_shots_at_both_ends_of_a_shard_are_sampled(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", shots(55, 25)))
    spans = even_spans(facts.duration_s, 1.6)
    first, second = extract(facts, tmp_path, spans, Config(keyframes_only="never", fps=0.5))
    # The second shard begins at 1.6 s, its shots are cut at 2.2 s and its slot begins at 2.0 s.
    assert [frame.pts_s for frame in first.frames] == [0.0]
    assert [frame.pts_s for frame in second.frames] == [2.0, 2.32]


def test_every_shard_stores_what_it_shows_first(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", shots(100)))
    parts = extract(facts, tmp_path, even_spans(facts.duration_s, 1.6))
    assert [[frame.pts_s for frame in part.frames] for part in parts] == [[0.0], [2.0], [3.52]]
    assert [time_s for part in parts for time_s in part.repeats_s] == [0.52, 1.0, 1.52, 2.52, 3.0]


def test_all_samples_are_stored_when_asked(tmp_path: Path) -> None:
    assert sampled(tmp_path, shots(50), duplicate_change=0) == ([0.0, 0.52, 1.0, 1.52], [])


def test_a_sparser_strip_when_asked(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", numbered(50)))
    config = Config(keyframes_only="never", scan_fps=12.5)
    parts = extract(facts, tmp_path, config=config)
    strip = scanned(parts, tmp_path)
    assert [time_s for time_s, _ in strip] == [round(number * 0.08, 6) for number in range(25)]
    assert scanned(extract(facts, tmp_path, even_spans(2.0, 0.33), config), tmp_path) == strip


def test_progress_is_told_and_can_stop_the_stage(tmp_path: Path) -> None:
    facts = facts_of(write_clip(tmp_path / "clip.mp4", numbered(60)))
    told: list[tuple[int, int]] = []
    extract(facts, tmp_path, on_progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]

    def stop(done: int, total: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        extract(facts, tmp_path, on_progress=stop)


def test_pictures_are_faithful(tmp_path: Path) -> None:
    """A drawn picture comes out as it went in, but for compression."""
    picture = np.zeros((240, 320, 3), np.uint8)
    picture[:] = (60, 140, 40)
    cv2.putText(picture, "NORDWIND", (20, 130), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 4, cv2.LINE_AA)
    clip = write_clip(tmp_path / "clip.mp4", [picture] * 5, pixel_format="yuv444p", options={"crf": "10"})
    (part,) = extract(facts_of(clip), tmp_path)
    shown = FrameReader(Folder(tmp_path / "out")).read(part.frames[0])
    assert np.abs(shown.astype(int) - picture).mean() < 3


def test_the_stage_says_what_it_reads() -> None:
    assert [read.name for read in STAGE.reads] == ["timeline"]
    assert STAGE.output is Frames


@pytest.mark.parametrize(
    ("pixel_format", "range_"), [("yuv420p", "tv"), ("yuvj420p", "pc"), ("yuv444p", "tv"), ("yuv420p10le", "tv")]
)
def test_the_scan_strip_has_the_same_levels_in_any_format(pixel_format: str, range_: str, tmp_path: Path) -> None:
    picture = np.zeros((180, 320, 3), np.uint8)
    picture[:, 160:] = 255
    picture[:, 80:160] = 128
    clip = write_clip(
        tmp_path / "clip.mp4", [picture] * 3, pixel_format=pixel_format, options={"crf": "5", "color_range": range_}
    )
    (part,) = extract(facts_of(clip), tmp_path)
    (shown, *_) = FrameReader(Folder(tmp_path / "out")).pictures(part.scan)
    assert [abs(int(shown[90, x].mean()) - level) <= 4 for x, level in ((40, 0), (120, 128), (240, 255))] == [True] * 3
    assert np.ptp(shown.astype(int), axis=2).max() == 0


def test_the_scan_strip_is_averaged_and_not_picked(tmp_path: Path) -> None:
    """Stripes finer than its pixels become an even grey."""
    picture = np.zeros((720, 1280, 3), np.uint8)
    picture[:, ::2] = 255
    clip = write_clip(tmp_path / "clip.mp4", [picture] * 2, pixel_format="yuv444p", options={"crf": "5"})
    (part,) = extract(facts_of(clip), tmp_path)
    (shown, *_) = FrameReader(Folder(tmp_path / "out")).pictures(part.scan)
    assert shown.shape == (180, 320, 3)
    assert np.abs(shown.astype(int) - 127).max() <= 6
