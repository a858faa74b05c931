"""Shots are where the drawn clips change, and near-duplicates give their time to the frame they look like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest

from detection.records import Frames, Scenes
from detection.stages.filter_scenes import STAGE, Config, Inputs, run
from mpr.errors import Interrupted
from mpr.pipeline.codec import encode
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, Image, encode_jpeg
from mpr.pipeline.timeline import TimelineFacts

FPS = 25
WIDTH, HEIGHT = 320, 180


def scenery(seed: int) -> Image:
    """A wide picture full of things for a camera to move over."""
    random = np.random.default_rng(seed)
    picture = np.full((HEIGHT + 80, 4 * WIDTH, 3), random.integers(40, 200, 3), np.uint8)
    for _ in range(60):
        corner = random.integers(0, [4 * WIDTH, HEIGHT + 80])
        opposite = corner + random.integers(20, 160, 2)
        colour = [int(level) for level in random.integers(0, 255, 3)]
        cv2.rectangle(picture, tuple(map(int, corner)), tuple(map(int, opposite)), colour, -1)
    return picture


def view(place: Image, x: int) -> Image:
    return place[40 : 40 + HEIGHT, x : x + WIDTH]


STADIUM, CROWD, STUDIO = scenery(1), scenery(2), scenery(3)


def pan(place: Image, count: int, *, start: int = 0, step: float = 1.0) -> list[Image]:
    return [view(place, start + int(number * step)) for number in range(count)]


def hard_cuts() -> list[Image]:
    return pan(STADIUM, 30) + pan(CROWD, 30, step=4) + pan(STUDIO, 30, step=0)


def cut_to_the_same_place() -> list[Image]:
    """Another camera on the same scene: same colours, other picture."""
    return pan(STADIUM, 30) + pan(STADIUM, 30, start=600)


def flash(length: int) -> list[Image]:
    pictures = [picture.copy() for picture in pan(STADIUM, 60)]
    for number in range(30, 30 + length):
        pictures[number] = cv2.addWeighted(pictures[number], 0.2, np.full_like(pictures[number], 255), 0.8, 0)
    return pictures


def dissolve(length: int) -> list[Image]:
    shares = [min(1.0, max(0.0, (number - 39) / (length + 1))) for number in range(80 + length)]
    before, after = pan(STADIUM, len(shares)), pan(CROWD, len(shares), start=180)
    return [
        cv2.addWeighted(old, 1 - share, new, share, 0) for old, new, share in zip(before, after, shares, strict=True)
    ]


def fade_through_black() -> list[Image]:
    out = [(view(STADIUM, 30) * (1 - number / 12)).astype(np.uint8) for number in range(1, 13)]
    into = [(view(CROWD, 30) * (number / 12)).astype(np.uint8) for number in range(1, 13)]
    return pan(STADIUM, 30) + out + [np.zeros_like(out[0])] * 3 + into + pan(CROWD, 30, start=30)


def whip_pan(step: int) -> list[Image]:
    """A camera that stands, swings across the whole scene and stands again."""
    return [view(STADIUM, 0)] * 15 + pan(STADIUM, 960 // step, step=step) + [view(STADIUM, 960)] * 15


def zoom(rate: float) -> list[Image]:
    """A camera that stands, zooms in, `rate` times larger each frame, and stands again."""
    factors = [1.0] * 15 + [rate**number for number in range(1, 26)] + [rate**25] * 15
    pictures = []
    for factor in factors:
        width, height = WIDTH * 2 / factor, HEIGHT * 1.4 / factor
        corners = np.array([[640 - width / 2, 130 - height / 2], [640 + width / 2, 130 - height / 2],
                            [640 - width / 2, 130 + height / 2]], np.float32)  # fmt: skip
        onto = np.array([[0, 0], [WIDTH, 0], [0, HEIGHT]], np.float32)
        pictures.append(
            cv2.warpAffine(STADIUM, cv2.getAffineTransform(corners, onto), (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
        )
    return pictures


def player_runs_past() -> list[Image]:
    pictures = [view(STADIUM, 100).copy() for _ in range(60)]
    for number, picture in enumerate(pictures):
        cv2.circle(picture, (number * 8 - 80, 90), 70, (20, 20, 220), -1)
    return pictures


def caption_fades_in() -> list[Image]:
    pictures = [view(STADIUM, 100).copy() for _ in range(60)]
    for number, picture in enumerate(pictures):
        share = min(1.0, max(0.0, (number - 25) / 10))
        picture[120:170, 20:300] = (picture[120:170, 20:300] * (1 - share) + np.array([160, 20, 20]) * share).astype(
            np.uint8
        )
    return pictures


def noisy(pictures: Sequence[Image], *, sigma: float = 2.0) -> list[Image]:
    random = np.random.default_rng(0)
    return [
        np.clip(picture.astype(np.float32) + random.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)
        for picture in pictures
    ]


class Strips:
    """What extract_frames makes of pictures, with the packs it would write."""

    def __init__(self) -> None:
        self._packs: dict[str, bytes] = {}

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        return self._packs[key][offset : offset + size]

    def strip(
        self,
        pictures: Sequence[Image],
        *,
        times_s: Sequence[float] | None = None,
        sample_every: int = 12,
        repeats: Sequence[int] = (),
        scan_px: tuple[int, int] = (WIDTH, HEIGHT),
    ) -> Frames:
        """`repeats` are the numbers of the samples that are near-duplicates of the one before."""
        times = times_s or [round(number / FPS, 6) for number in range(len(pictures))]
        key, pack, scan = f"scan-{len(self._packs)}.pack", b"", []
        for number, (time_s, picture) in enumerate(zip(times, pictures, strict=True)):
            grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            jpeg = encode_jpeg(cv2.resize(grey, scan_px, interpolation=cv2.INTER_AREA), quality=85)
            scan.append(
                Frame(
                    seq=number, pts_s=time_s, width_px=scan_px[0], height_px=scan_px[1], pack=key, offset=len(pack),
                    size=len(jpeg),
                )
            )  # fmt: skip
            pack += jpeg
        self._packs[key] = pack
        samples = [
            Frame(seq=place, pts_s=time_s, width_px=WIDTH, height_px=HEIGHT, pack="p", offset=place, size=1)
            for place, time_s in enumerate(times[::sample_every])
        ]
        return Frames(
            frames=[frame for place, frame in enumerate(samples) if place not in repeats],
            repeats_s=[samples[place].pts_s for place in repeats],
            scan=scan,
            decoded=len(pictures),
            keyframes_only=False,
        )

    def scenes(
        self, parts: Sequence[Frames], *, duration_s: float, config: Config | None = None, **more: Any
    ) -> Scenes:
        facts = TimelineFacts(
            chunks=[], duration_s=duration_s, fps=FPS, width_px=WIDTH, height_px=HEIGHT, keyframes_s=[]
        )
        blobs: Any = self
        context = Context(
            span=Span(number=0, start_s=0.0, end_s=duration_s), blobs=blobs, media=blobs, prefix="", **more
        )
        return run(Inputs(extract_frames=parts, timeline=facts), config or Config(), context)


@pytest.fixture
def strips() -> Strips:
    return Strips()


def split(frames: Frames, pieces: int) -> list[Frames]:
    """The same, as that many shards give it."""
    ends = [round(len(frames.scan) * number / pieces) for number in range(pieces + 1)]
    marks = [frames.scan[end].pts_s if end < len(frames.scan) else 1e9 for end in ends]
    marks[0] = -1.0
    parts = []
    for start_s, end_s in pairwise(marks):
        scan = [frame for frame in frames.scan if start_s <= frame.pts_s < end_s]
        parts.append(
            Frames(
                frames=[frame for frame in frames.frames if start_s <= frame.pts_s < end_s],
                repeats_s=[time_s for time_s in frames.repeats_s if start_s <= time_s < end_s],
                scan=scan,
                decoded=len(scan),
                keyframes_only=False,
            )
        )
    return parts


def starts_of(pictures: Sequence[Image], config: Config | None = None, **more: Any) -> list[int]:
    """The numbers of the pictures at which shots begin, the first shot left out."""
    strips = Strips()
    found = strips.scenes([strips.strip(noisy(pictures), **more)], duration_s=len(pictures) / FPS, config=config)
    return [round(shot.start_s * FPS) for shot in found.shots[1:]]


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        pytest.param(hard_cuts, [30, 60], id="hard cuts"),
        pytest.param(cut_to_the_same_place, [30], id="cut to the same place"),
        pytest.param(lambda: flash(1), [], id="flash of one frame"),
        pytest.param(lambda: flash(4), [], id="flash of four frames"),
        pytest.param(lambda: whip_pan(4), [], id="pan"),
        pytest.param(lambda: whip_pan(20), [], id="fast pan"),
        pytest.param(lambda: whip_pan(80), [], id="whip pan"),
        pytest.param(lambda: zoom(1.01), [], id="zoom"),
        pytest.param(lambda: zoom(1.04), [], id="fast zoom"),
        pytest.param(player_runs_past, [], id="player runs past"),
        pytest.param(caption_fades_in, [], id="caption fades in"),
        pytest.param(lambda: pan(STADIUM, 60, step=0), [], id="still"),
    ],
)
def test_cuts_are_exact_and_movement_is_none(clip: Callable[[], list[Image]], expected: list[int]) -> None:
    assert starts_of(clip()) == expected


@pytest.mark.parametrize("gap_s", [0.5, 1.0, 10.0])
def test_each_picture_of_a_slide_show_is_a_shot(strips: Strips, gap_s: float) -> None:
    """One frame each: no picture has neighbours of its own shot."""
    places = [view(scenery(seed), 100) for seed in range(10, 16)]
    times_s = [place * gap_s for place in range(6)]
    shown = strips.strip(places, times_s=times_s, sample_every=1)
    found = strips.scenes([shown], duration_s=6 * gap_s)
    assert [shot.start_s for shot in found.shots] == times_s
    assert [kept.shot for kept in found.frames] == list(range(6))


def test_slow_movement_in_footage_of_few_pictures_is_no_cut(strips: Strips) -> None:
    times_s = [float(place) for place in range(8)]
    moving = [*noisy(pan(STADIUM, 4, step=3)), *noisy(pan(CROWD, 4, step=3))]
    found = strips.scenes([strips.strip(moving, times_s=times_s, sample_every=1)], duration_s=8.0)
    assert [shot.start_s for shot in found.shots] == [0.0, 4.0]


def test_keyframes_are_apart_because_they_were_chosen(strips: Strips) -> None:
    times_s = [place / 2 for place in range(8)]
    swinging = pan(STADIUM, 8, step=120)
    shown = strips.strip(swinging, times_s=times_s, sample_every=1)
    assert len(strips.scenes([shown], duration_s=4.0).shots) > 1
    chosen = Frames(frames=shown.frames, scan=shown.scan, decoded=8, keyframes_only=True)
    assert len(strips.scenes([chosen], duration_s=4.0).shots) == 1


@pytest.mark.parametrize("length", [8, 12, 16, 25])
def test_a_dissolve_parts_shots_about_its_middle(length: int) -> None:
    (start,) = starts_of(dissolve(length))
    assert 40 <= start <= 40 + length


@pytest.mark.parametrize("length", [12, 16, 25])
def test_dissolves_need_not_be_looked_for(length: int) -> None:
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


@pytest.mark.parametrize("scan_px", [(64, 36), (128, 72), (640, 360), (180, 320)], ids=str)
def test_small_pictures_of_any_size_do(scan_px: tuple[int, int]) -> None:
    assert starts_of(hard_cuts() + dissolve(12), scan_px=scan_px)[:3] == [30, 60, 90]


def test_sharding_changes_nothing(strips: Strips) -> None:
    frames = strips.strip(noisy(hard_cuts() + dissolve(12)), repeats=(7, 9, 14))
    whole = strips.scenes([frames], duration_s=7.28)
    assert len(whole.shots) == 5
    for pieces in (2, 7, 31):
        assert encode(strips.scenes(split(frames, pieces), duration_s=7.28)) == encode(whole)


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


def test_a_frame_stands_for_the_time_half_way_to_its_neighbours(strips: Strips) -> None:
    found = strips.scenes([strips.strip(noisy(hard_cuts()))], duration_s=3.6)
    # Sampled at 0, .48, .96 | 1.44, 1.92 | 2.4, 2.88, 3.36; cuts at 1.2 and 2.4.
    assert [(round(kept.start_s, 2), round(kept.end_s, 2)) for kept in found.frames] == [
        (0, 0.24), (0.24, 0.72), (0.72, 1.2), (1.2, 1.68), (1.68, 2.4), (2.4, 2.64), (2.64, 3.12), (3.12, 3.6),
    ]  # fmt: skip
    assert [kept.shot for kept in found.frames] == [0, 0, 0, 1, 1, 2, 2, 2]
    assert found.dropped == 0
    assert_covers(found, analysed_s=3.6)


def test_near_duplicates_give_their_time_to_the_frame_before(strips: Strips) -> None:
    frames = strips.strip(noisy(pan(STUDIO, 250, step=0)), repeats=[*range(1, 9), *range(10, 18), 19, 20])
    found = strips.scenes([frames], duration_s=10.0)
    assert [kept.frame.pts_s for kept in found.frames] == [0.0, 4.32, 8.64]
    assert (found.dropped, found.counts()) == (18, {"shots": 1, "frames": 3, "dropped": 18})
    assert [round(kept.end_s, 2) for kept in found.frames] == [4.08, 8.4, 10.0]
    assert_covers(found, analysed_s=10.0)


def test_no_cut_lies_between_near_duplicates(strips: Strips) -> None:
    """What extract_frames found to be the same picture is one shot, so that no shot is without a picture."""
    found = strips.scenes([strips.strip(noisy(hard_cuts()), repeats=(3,))], duration_s=3.6)
    assert [shot.start_s for shot in found.shots] == [0.0, 2.4]
    assert_covers(found, analysed_s=3.6)


def test_a_shot_without_a_sampled_frame_is_not_analysed(strips: Strips) -> None:
    frames = strips.strip(noisy(pan(STADIUM, 25) + pan(CROWD, 9) + pan(STUDIO, 30)), sample_every=24)
    found = strips.scenes([frames], duration_s=2.56)
    assert [shot.start_s for shot in found.shots] == [0.0, 1.0, 1.36]
    assert [kept.shot for kept in found.frames] == [0, 0, 2]
    assert_covers(found, analysed_s=2.2)


def test_a_sparse_strip_of_keyframes_still_parts_shots(strips: Strips) -> None:
    pictures = noisy(pan(STADIUM, 8, step=6) + pan(CROWD, 8, step=6))
    frames = strips.strip(pictures, times_s=[number * 0.5 for number in range(16)], sample_every=1)
    assert [shot.start_s for shot in strips.scenes([frames], duration_s=8.0).shots] == [0.0, 4.0]


def test_one_picture_is_one_shot(strips: Strips) -> None:
    found = strips.scenes([strips.strip(pan(STADIUM, 1))], duration_s=0.04)
    assert [(shot.start_s, shot.end_s) for shot in found.shots] == [(0.0, 0.04)]
    assert [(kept.start_s, kept.end_s) for kept in found.frames] == [(0.0, 0.04)]


def test_shards_that_gave_nothing_are_no_obstacle(strips: Strips) -> None:
    nothing = Frames(frames=[], scan=[], decoded=0, keyframes_only=False)
    found = strips.scenes([nothing, strips.strip(pan(STADIUM, 25)), nothing], duration_s=1.0)
    assert (len(found.shots), len(found.frames)) == (1, 3)
    assert strips.scenes([nothing], duration_s=1.0).counts() == {"shots": 1, "frames": 0, "dropped": 0}


def test_the_part_of_a_span(strips: Strips) -> None:
    found = strips.scenes([strips.strip(noisy(hard_cuts()))], duration_s=3.6)
    part = found.within(Span(number=0, start_s=1.0, end_s=2.0))
    assert [kept.frame.pts_s for kept in part.frames] == [1.44, 1.92]
    assert [shot.number for shot in part.shots] == [1]


def test_progress_can_stop_the_stage(strips: Strips) -> None:
    def stop(done: int, total: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        strips.scenes([strips.strip(pan(STADIUM, 25))], duration_s=1.0, on_progress=stop)


def test_the_stage_says_what_it_reads() -> None:
    assert [read.name for read in STAGE.reads] == ["extract_frames", "timeline"]
