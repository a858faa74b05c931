"""Shots are where the drawn clips change, and near-duplicates lend their time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
import pytest

from detection.records import Frames, ScanPicture, Scenes
from detection.stages.filter_scenes import STAGE, Config, Inputs, run
from mpr.errors import Interrupted
from mpr.pipeline.blobs import Folder
from mpr.pipeline.codec import encode
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, Image, encode_jpeg
from mpr.pipeline.timeline import TimelineFacts

FPS = 25
WIDTH, HEIGHT = 160, 90


def scenery(seed: int) -> Image:
    """A wide picture full of things for a camera to move over."""
    random = np.random.default_rng(seed)
    picture = np.full((HEIGHT + 40, 4 * WIDTH, 3), random.integers(40, 200, 3), np.uint8)
    for _ in range(60):
        corner = random.integers(0, [4 * WIDTH, HEIGHT + 40])
        opposite = corner + random.integers(10, 80, 2)
        colour = [int(level) for level in random.integers(0, 255, 3)]
        cv2.rectangle(picture, tuple(map(int, corner)), tuple(map(int, opposite)), colour, -1)
    return picture


def view(place: Image, x: int) -> Image:
    return place[20 : 20 + HEIGHT, x : x + WIDTH]


STADIUM, CROWD, STUDIO = scenery(1), scenery(2), scenery(3)


def pan(place: Image, count: int, *, start: int = 0, step: float = 0.5) -> list[Image]:
    return [view(place, start + int(number * step)) for number in range(count)]


def hard_cuts() -> list[Image]:
    return pan(STADIUM, 30) + pan(CROWD, 30, step=2) + pan(STUDIO, 30, step=0)


def cut_to_the_same_place() -> list[Image]:
    """Another camera on the same scene: same colours, other picture."""
    return pan(STADIUM, 30) + pan(STADIUM, 30, start=300)


def flash(length: int) -> list[Image]:
    pictures = [picture.copy() for picture in pan(STADIUM, 60)]
    for number in range(30, 30 + length):
        pictures[number] = cv2.addWeighted(pictures[number], 0.2, np.full_like(pictures[number], 255), 0.8, 0)
    return pictures


def dissolve(length: int) -> list[Image]:
    shares = [min(1.0, max(0.0, (number - 39) / (length + 1))) for number in range(80 + length)]
    before, after = pan(STADIUM, len(shares)), pan(CROWD, len(shares), start=90)
    return [
        cv2.addWeighted(old, 1 - share, new, share, 0) for old, new, share in zip(before, after, shares, strict=True)
    ]


def fade_through_black() -> list[Image]:
    out = [(view(STADIUM, 15) * (1 - number / 12)).astype(np.uint8) for number in range(1, 13)]
    into = [(view(CROWD, 15) * (number / 12)).astype(np.uint8) for number in range(1, 13)]
    return pan(STADIUM, 30) + out + [np.zeros_like(out[0])] * 3 + into + pan(CROWD, 30, start=15)


def whip_pan(step: int) -> list[Image]:
    """A camera that stands, swings across the whole scene and stands again."""
    return [view(STADIUM, 0)] * 15 + pan(STADIUM, 480 // step, step=step) + [view(STADIUM, 480)] * 15


def zoom() -> list[Image]:
    scaled = [(1 + number * 0.03, number) for number in range(60)]
    return [view(cv2.resize(STADIUM, None, fx=factor, fy=factor), int(100 * factor)) for factor, _ in scaled]


def player_runs_past() -> list[Image]:
    pictures = [view(STADIUM, 50).copy() for _ in range(60)]
    for number, picture in enumerate(pictures):
        cv2.circle(picture, (number * 4 - 40, 45), 35, (20, 20, 220), -1)
    return pictures


def caption_fades_in() -> list[Image]:
    pictures = [view(STADIUM, 50).copy() for _ in range(60)]
    for number, picture in enumerate(pictures):
        share = min(1.0, max(0.0, (number - 25) / 10))
        picture[60:85, 10:150] = (picture[60:85, 10:150] * (1 - share) + np.array([160, 20, 20]) * share).astype(
            np.uint8
        )
    return pictures


def noisy(pictures: Sequence[Image], *, sigma: float = 2.0) -> list[Image]:
    random = np.random.default_rng(0)
    return [
        np.clip(picture.astype(np.float32) + random.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)
        for picture in pictures
    ]


def strip(pictures: Sequence[Image], *, times_s: Sequence[float] | None = None, sample_every: int = 12) -> Frames:
    """What extract_frames makes of these pictures."""
    times = times_s or [round(number / FPS, 6) for number in range(len(pictures))]
    return Frames(
        frames=[
            Frame(seq=place, pts_s=time_s, width_px=WIDTH, height_px=HEIGHT, pack="p", offset=place, size=1)
            for place, time_s in enumerate(times[::sample_every])
        ],
        looks=[
            encode_jpeg(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), quality=90) for picture in pictures[::sample_every]
        ],
        scan=[
            ScanPicture(
                pts_s=time_s,
                jpeg=encode_jpeg(cv2.resize(picture, (64, 36), interpolation=cv2.INTER_AREA), quality=90),
            )
            for time_s, picture in zip(times, pictures, strict=True)
        ],
        decoded=len(pictures),
        keyframes_only=False,
    )


def split(frames: Frames, pieces: int) -> list[Frames]:
    """The same, as that many shards give it."""
    ends = [round(len(frames.scan) * number / pieces) for number in range(pieces + 1)]
    marks = [frames.scan[end].pts_s if end < len(frames.scan) else 1e9 for end in ends]
    marks[0] = -1.0
    parts = []
    for start_s, end_s in pairwise(marks):
        inside = [place for place, frame in enumerate(frames.frames) if start_s <= frame.pts_s < end_s]
        parts.append(
            Frames(
                frames=[frames.frames[place] for place in inside],
                looks=[frames.looks[place] for place in inside],
                scan=[picture for picture in frames.scan if start_s <= picture.pts_s < end_s],
                decoded=len(inside),
                keyframes_only=False,
            )
        )
    return parts


def scenes(parts: Sequence[Frames], *, duration_s: float, config: Config | None = None) -> Scenes:
    facts = TimelineFacts(chunks=[], duration_s=duration_s, fps=FPS, width_px=WIDTH, height_px=HEIGHT, keyframes_s=[])
    nowhere = Folder(None)  # type: ignore[arg-type]  # the stage reads and writes nothing
    context = Context(span=Span(number=0, start_s=0.0, end_s=duration_s), blobs=nowhere, media=nowhere, prefix="")
    return run(Inputs(extract_frames=parts, timeline=facts), config or Config(), context)


def starts_of(pictures: Sequence[Image], config: Config | None = None) -> list[int]:
    """The numbers of the pictures at which shots begin, the first shot left out."""
    found = scenes([strip(noisy(pictures))], duration_s=len(pictures) / FPS, config=config)
    return [round(shot.start_s * FPS) for shot in found.shots[1:]]


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(hard_cuts, [30, 60], id="hard cuts"),
        pytest.param(cut_to_the_same_place, [30], id="cut to the same place"),
        pytest.param(lambda: flash(1), [], id="flash of one frame"),
        pytest.param(lambda: flash(4), [], id="flash of four frames"),
        pytest.param(lambda: whip_pan(2), [], id="pan"),
        pytest.param(lambda: whip_pan(10), [], id="fast pan"),
        pytest.param(lambda: whip_pan(40), [], id="whip pan"),
        pytest.param(zoom, [], id="zoom"),
        pytest.param(player_runs_past, [], id="player runs past"),
        pytest.param(caption_fades_in, [], id="caption fades in"),
        pytest.param(lambda: pan(STADIUM, 60, step=0), [], id="still"),
    ],
)
def test_cuts_are_exact_and_movement_is_none(clip: Callable[[], list[Image]], expected: list[int]) -> None:
    assert starts_of(clip()) == expected


@pytest.mark.parametrize("length", [8, 12, 16, 25])
def test_a_dissolve_parts_shots_about_its_middle(length: int) -> None:
    (start,) = starts_of(dissolve(length))
    assert 40 <= start <= 40 + length
    assert starts_of(dissolve(length), Config(dissolve_s=0)) == []


def test_a_fade_through_black_parts_shots_once() -> None:
    clip = fade_through_black()
    (start,) = starts_of(clip)
    assert 38 <= start <= 50
    assert starts_of(clip, Config(dissolve_s=0, fade_level=0)) == []


@pytest.mark.parametrize("detector", ["adaptive", "content", "hash"])
def test_every_detector_finds_hard_cuts(detector: str) -> None:
    assert starts_of(hard_cuts(), Config(detector=detector)) == [30, 60]  # type: ignore[arg-type]


def test_shots_shorter_than_allowed_are_one() -> None:
    quick = pan(STADIUM, 30) + pan(CROWD, 5) + pan(STUDIO, 30)
    assert starts_of(quick) == [30]
    assert starts_of(quick, Config(min_shot_s=0.1)) == [30, 35]


def test_sharding_changes_nothing() -> None:
    frames = strip(noisy(hard_cuts() + dissolve(12)))
    whole = scenes([frames], duration_s=7.28)
    assert len(whole.shots) == 5
    for pieces in (2, 7, 31):
        assert encode(scenes(split(frames, pieces), duration_s=7.28)) == encode(whole)


def assert_covers(found: Scenes, *, analysed_s: float) -> None:
    """Kept frames lie in their shots, in order, without gap or overlap within one."""
    for shot in found.shots:
        own = [kept for kept in found.frames if kept.shot == shot.number]
        if not own:
            continue
        assert (own[0].start_s, own[-1].end_s) == (shot.start_s, shot.end_s)
        assert all(one.end_s == other.start_s for one, other in pairwise(own))
        assert all(kept.start_s <= kept.frame.pts_s < kept.end_s for kept in own)
    assert sum(kept.end_s - kept.start_s for kept in found.frames) == pytest.approx(analysed_s)


def test_a_frame_stands_for_the_time_half_way_to_its_neighbours() -> None:
    found = scenes([strip(noisy(hard_cuts()))], duration_s=3.6, config=Config(duplicate_change=0))
    # Sampled at 0, .48, .96 | 1.44, 1.92 | 2.4, 2.88, 3.36; cuts at 1.2 and 2.4.
    assert [(round(kept.start_s, 2), round(kept.end_s, 2)) for kept in found.frames] == [
        (0, 0.24), (0.24, 0.72), (0.72, 1.2), (1.2, 1.68), (1.68, 2.4), (2.4, 2.64), (2.64, 3.12), (3.12, 3.6),
    ]  # fmt: skip
    assert [kept.shot for kept in found.frames] == [0, 0, 0, 1, 1, 2, 2, 2]
    assert_covers(found, analysed_s=3.6)


def test_a_still_picture_is_looked_at_again_every_few_seconds() -> None:
    found = scenes([strip(pan(STUDIO, 250, step=0))], duration_s=10.0, config=Config(max_gap_s=4.0))
    assert [kept.frame.pts_s for kept in found.frames] == [0.0, 4.32, 8.64]
    assert (found.dropped, found.counts()) == (18, {"shots": 1, "frames": 3, "dropped": 18})
    assert [round(kept.end_s, 2) for kept in found.frames] == [4.08, 8.4, 10.0]
    assert_covers(found, analysed_s=10.0)


def test_duplicates_are_not_dropped_across_a_cut() -> None:
    still = pan(STUDIO, 30, step=0)
    found = scenes([strip(still + pan(CROWD, 30, step=0) + still)], duration_s=3.6)
    assert [kept.shot for kept in found.frames] == [0, 1, 2]
    assert_covers(found, analysed_s=3.6)


def test_compression_noise_is_no_change() -> None:
    coded = []
    for number in range(100):
        quality = 60 + 5 * (number % 7)
        data = encode_jpeg(cv2.resize(view(STUDIO, 50), (1280, 720)), quality=quality)
        coded.append(
            cv2.resize(cv2.imdecode(np.frombuffer(data, np.uint8), 1), (256, 144), interpolation=cv2.INTER_AREA)
        )
    found = scenes([strip(coded)], duration_s=4.0)
    assert len(found.frames) == 1


@pytest.mark.parametrize("height_px", [14, 20, 30])
def test_a_score_that_changes_is_never_dropped(height_px: int) -> None:
    """The smallest change that matters: one digit on the scoreboard of an otherwise still 720p picture."""
    pictures = []
    for number in range(48):
        frame = cv2.resize(view(STUDIO, 50), (1280, 720))
        cv2.rectangle(frame, (80, 40), (300, 80), (40, 20, 20), -1)
        text = "0 - 0" if number < 24 else "1 - 0"
        cv2.putText(frame, text, (100, 72), cv2.FONT_HERSHEY_SIMPLEX, height_px / 22, (235, 235, 235), 2, cv2.LINE_AA)
        pictures.append(cv2.resize(frame, (256, 144), interpolation=cv2.INTER_AREA))
    found = scenes([strip(pictures)], duration_s=1.92)
    assert [kept.frame.pts_s for kept in found.frames] == [0.0, 0.96]


def test_slow_change_adds_up() -> None:
    """A board that brightens by less than the threshold per sample is looked at again once it has changed enough."""
    pictures = []
    for number in range(96):
        picture = view(STUDIO, 50).copy()
        picture[50:80, 20:140] = 60 + number // 12 * 6
        pictures.append(picture)
    found = scenes([strip(pictures)], duration_s=3.84)
    assert [kept.frame.pts_s for kept in found.frames] == [0.0, 0.96, 1.92, 2.88]


def test_a_shot_between_two_samples_has_no_frame_and_its_time_is_not_analysed() -> None:
    found = scenes([strip(noisy(pan(STADIUM, 25) + pan(CROWD, 9) + pan(STUDIO, 30)), sample_every=24)], duration_s=2.56)
    assert [shot.start_s for shot in found.shots] == [0.0, 1.0, 1.36]
    assert [kept.shot for kept in found.frames] == [0, 0, 2]
    assert_covers(found, analysed_s=2.2)


def test_a_sparse_strip_of_keyframes_still_parts_shots() -> None:
    pictures = noisy(pan(STADIUM, 8, step=3) + pan(CROWD, 8, step=3))
    found = scenes([strip(pictures, times_s=[number * 0.5 for number in range(16)], sample_every=1)], duration_s=8.0)
    assert [shot.start_s for shot in found.shots] == [0.0, 4.0]


def test_one_picture_is_one_shot() -> None:
    found = scenes([strip(pan(STADIUM, 1))], duration_s=0.04)
    assert [(shot.start_s, shot.end_s) for shot in found.shots] == [(0.0, 0.04)]
    assert [(kept.start_s, kept.end_s) for kept in found.frames] == [(0.0, 0.04)]


def test_shards_that_gave_nothing_are_no_obstacle() -> None:
    nothing = Frames(frames=[], looks=[], scan=[], decoded=0, keyframes_only=False)
    found = scenes([nothing, strip(pan(STADIUM, 25)), nothing], duration_s=1.0)
    assert (len(found.shots), len(found.frames)) == (1, 3)
    assert scenes([nothing], duration_s=1.0).counts() == {"shots": 1, "frames": 0, "dropped": 0}


def test_the_part_of_a_span() -> None:
    found = scenes([strip(noisy(hard_cuts()))], duration_s=3.6)
    part = found.within(Span(number=0, start_s=1.0, end_s=2.0))
    assert [kept.frame.pts_s for kept in part.frames] == [1.44, 1.92]
    assert [shot.number for shot in part.shots] == [1]


def test_progress_can_stop_the_stage() -> None:
    def stop(done: int, total: int) -> None:
        raise Interrupted

    facts = TimelineFacts(chunks=[], duration_s=1.0, fps=FPS, width_px=1, height_px=1, keyframes_s=[])
    nowhere = Folder(None)  # type: ignore[arg-type]
    context = Context(
        span=Span(number=0, start_s=0.0, end_s=1.0), blobs=nowhere, media=nowhere, prefix="", on_progress=stop
    )
    with pytest.raises(Interrupted):
        run(Inputs(extract_frames=[strip(pan(STADIUM, 25))], timeline=facts), Config(), context)


def test_the_stage_says_what_it_reads() -> None:
    assert [read.name for read in STAGE.reads] == ["extract_frames", "timeline"]
