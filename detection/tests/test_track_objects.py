"""Drawn sequences at 25 pictures a second, of which the beginnings and ends of everything are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detection.quads import overlap, quad_of
from detection.records import Box, FrameObjects, Frames, KeptFrame, Objects, Scenes, Shot, Track
from detection.stages import track_objects
from detection.stages.track_objects import Config, Inputs
from mpr.pipeline.blobs import Folder
from mpr.pipeline.codec import encode
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, encode_jpeg

FPS = 25
WIDTH, HEIGHT = 640, 360
STRIP = (320, 180)
EVERY = 12
PICTURES = 75
PICTURE_S = 1 / FPS
INSIDE = Config().inside_share

Paint = Callable[[int], Any]
Place = Callable[[int], Any]


def ground(width: int, height: int, *, seed: int = 3) -> Any:
    """A world to move over: coarse blotches, finer ones on them."""
    rng = np.random.default_rng(seed)
    coarse, fine = (rng.integers(0, 200, (height // step, width // step, 3), np.uint8) for step in (24, 8))
    return cv2.addWeighted(
        cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0.7,
        cv2.resize(fine, (width, height), interpolation=cv2.INTER_CUBIC), 0.3, 0,
    )  # fmt: skip


def board(text: str, *, colour: tuple[int, int, int] = (160, 40, 20), size: tuple[int, int] = (150, 40)) -> Any:
    picture = np.full((size[1], size[0], 3), colour, np.uint8)
    width = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 0.9, 2)[0][0]
    cv2.putText(picture, text, ((size[0] - width) // 2, size[1] - 12), cv2.FONT_HERSHEY_DUPLEX, 0.9, (240,) * 3, 2)
    return picture


def put(picture: Any, part: Any, x: int, y: int) -> Any:
    """The picture with a part pasted into it; what lies outside is cut off."""
    painted = picture.copy()
    height, width = part.shape[:2]
    left, top = max(0, x), max(0, y)
    right, bottom = min(picture.shape[1], x + width), min(picture.shape[0], y + height)
    if left < right and top < bottom:
        painted[top:bottom, left:right] = part[top - y : bottom - y, left - x : right - x]
    return painted


def rectangle(x: float, y: float, width: float = 150, height: float = 40) -> Any:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], np.float64)


def seen(quad: Any) -> Any | None:
    """What a detector would find of a quad: the part in the picture, if it is large enough."""
    cut = np.clip(quad, (0, 0), (WIDTH, HEIGHT))
    return cut if np.ptp(cut[:, 0]) > 30 and np.ptp(cut[:, 1]) > 12 else None


@pytest.fixture
def track(tmp_path: Path) -> Callable[..., list[Track]]:
    """`track(paint, *places, …)` runs the stage on pictures `paint(n)`, with boxes where each of `places(n)` is in
    every twelfth of them."""

    def run(
        paint: Paint,
        *places: Place,
        count: int = PICTURES,
        cuts: Sequence[int] = (),
        missed: Iterable[int] = (),
        span: tuple[int, int] | None = None,
        label: str = "text",
        every: int = EVERY,
        scan_every: int = 1,
        strip: tuple[int, int] = STRIP,
        **changes: Any,
    ) -> list[Track]:
        pictures = [paint(number) for number in range(count)]
        first, last = span or (0, count)
        numbers = range(first, last)
        marks = [0, *cuts, count]
        shots = [
            Shot(number=number, start_s=begin / FPS, end_s=end / FPS)
            for number, (begin, end) in enumerate(pairwise(marks))
        ]
        blobs = Folder(tmp_path)
        kept_numbers = [number for number in numbers if number % every == 0]
        frames = _stored(blobs, "frames.pack", kept_numbers, [pictures[number] for number in kept_numbers])
        scanned = numbers[::scan_every]
        small = [cv2.resize(pictures[number], strip, interpolation=cv2.INTER_AREA) for number in scanned]
        scan = _stored(blobs, "scan.pack", scanned, small)
        kept = [
            KeptFrame(
                frame=frame,
                shot=next(shot.number for shot in shots if shot.start_s <= frame.pts_s < shot.end_s),
                start_s=frame.pts_s,
                end_s=frame.pts_s + every / FPS,
            )
            for frame in frames
        ]
        objects = [
            FrameObjects(
                seq=frame.seq,
                boxes=[
                    Box(quad=quad_of(quad), label=label, score=0.9, source="text")
                    for place in places
                    if number not in missed and (at := place(number)) is not None and (quad := seen(at)) is not None
                ],
            )
            for number, frame in zip(kept_numbers, frames, strict=True)
        ]
        ctx = Context(
            span=Span(number=0, start_s=first / FPS, end_s=last / FPS), blobs=blobs, media=blobs, prefix="shard"
        )
        inputs = Inputs(
            extract_frames=Frames(frames=frames, scan=scan, decoded=len(scan), keyframes_only=False),
            filter_scenes=Scenes(shots=shots, frames=kept, dropped=0).within(ctx.span),
            detect_objects=Objects(frames=objects),
        )
        tracks = track_objects.run(inputs, Config(**changes), ctx)
        assert encode(track_objects.run(inputs, Config(**changes), ctx)) == encode(tracks)
        return tracks.tracks

    return run


def _stored(blobs: Folder, pack: str, numbers: Iterable[int], pictures: Iterable[Any]) -> list[Frame]:
    data, frames = b"", []
    for number, picture in zip(numbers, pictures, strict=True):
        jpeg = encode_jpeg(picture, quality=90)
        frames.append(
            Frame(
                seq=number * 40, pts_s=number / FPS, width_px=picture.shape[1], height_px=picture.shape[0], pack=pack,
                offset=len(data), size=len(jpeg),
            )
        )  # fmt: skip
        data += jpeg
    blobs.write(pack, data)
    return frames


def pictures_of(track: Track) -> tuple[float, float]:
    """First picture and the one after the last."""
    return round(track.start_s * FPS, 3), round(track.end_s * FPS, 3)


def near(found: float, expected: float, by: float = 1) -> bool:
    return abs(found - expected) <= by


def test_what_does_not_move_is_one_track_for_the_whole_shot(track: Any) -> None:
    picture = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    (found,) = track(lambda number: picture, lambda number: rectangle(200, 150))
    assert pictures_of(found) == (0, PICTURES)
    assert (found.start_cause, found.end_cause) == ("cut", "cut")
    assert (found.start_error_s, found.end_error_s) == (0, 0)
    assert (found.number, found.shot, found.label, found.motion) == (0, 0, "text", "camera")
    assert [(view.seq, view.box) for view in found.views] == [(number * 40, 0) for number in range(0, PICTURES, EVERY)]
    assert min(view.sharpness for view in found.views) > 100
    assert 0.1 < found.views[0].contrast < 0.5


def test_views_share_their_tracks_time_without_gap_or_overlap(track: Any) -> None:
    picture = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    (found,) = track(lambda number: picture, lambda number: rectangle(200, 150), span=(5, 70))
    marks = [found.start_s, *(view.start_s for view in found.views[1:]), found.end_s]
    assert [(view.start_s, view.end_s) for view in found.views] == list(pairwise(marks))
    assert found.views[1].start_s == pytest.approx(18 / FPS)


def test_a_board_comes_into_the_picture_and_leaves_it_with_a_pan(track: Any) -> None:
    world = put(ground(1400, HEIGHT), board("CASTLE"), 750, 150)
    left = [6 * number for number in range(125)]
    (found,) = track(
        lambda number: world[:, left[number] : left[number] + WIDTH],
        lambda number: rectangle(750 - left[number], 150),
        count=125,
    )
    # Its left edge is at 750 - 6 n, and the picture ends at 640.
    start, end = pictures_of(found)
    assert near(start, (750 + 150 * INSIDE - WIDTH) / 6)
    assert near(end, 125, 0)
    assert (found.start_cause, found.motion) == ("edge", "camera")
    assert 0 < found.start_error_s <= 1.5 * PICTURE_S


def test_a_board_leaves_over_the_edge_between_two_samples(track: Any) -> None:
    world = put(ground(1500, HEIGHT), board("CASTLE"), 200, 150)
    (found,) = track(
        lambda number: world[:, 7 * number : 7 * number + WIDTH], lambda number: rectangle(200 - 7 * number, 150)
    )
    assert near(pictures_of(found)[1], np.ceil((350 - 150 * INSIDE) / 7))
    assert found.end_cause == "edge"


def test_a_zoom_keeps_the_track_and_its_outline(track: Any) -> None:
    world = put(ground(WIDTH, HEIGHT), board("CASTLE"), 250, 150)

    def zoom(number: int) -> Any:
        return np.float64([[1 + number / 60, 0, -320 * number / 60], [0, 1 + number / 60, -180 * number / 60]])

    (found,) = track(
        lambda number: cv2.warpAffine(world, zoom(number), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT),
        lambda number: rectangle(250, 150) @ zoom(number)[:, :2].T + zoom(number)[:, 2],
        missed=(24, 48),
    )
    assert pictures_of(found) == (0, PICTURES)
    assert [view.box for view in found.views] == [0, 0, -1, 0, -1, 0, 0]
    at_24 = quad_of(rectangle(250, 150) @ zoom(24)[:, :2].T + zoom(24)[:, 2])
    assert overlap(found.views[2].quad, at_24) > 0.85


def test_a_graphic_over_a_moving_camera_moves_with_the_screen(track: Any) -> None:
    world = put(ground(1400, HEIGHT), board("FIELD"), 420, 250)
    graphic = board("LIVE 21", colour=(20, 20, 20))
    tracks = track(
        lambda number: put(world[:, 5 * number : 5 * number + WIDTH], graphic, 30, 20),
        lambda number: rectangle(30, 20),
        lambda number: rectangle(420 - 5 * number, 250),
    )
    assert {found.motion: pictures_of(found) for found in tracks} == {
        "screen": (0, PICTURES),
        "camera": (0, PICTURES),
    }


def test_what_moves_on_its_own_is_followed(track: Any) -> None:
    world, shirt = ground(WIDTH, HEIGHT), board("RUNNER", colour=(30, 30, 200))
    tracks = track(
        lambda number: put(world, shirt, 60 + 4 * number, 180), lambda number: rectangle(60 + 4 * number, 180)
    )
    assert [(found.motion, pictures_of(found)) for found in tracks] == [("own", (0, PICTURES))]


@pytest.mark.parametrize("switch", [30, 37, 42, 47])
def test_a_board_that_changes_what_it_shows_becomes_another_track_on_that_frame(track: Any, switch: int) -> None:
    world = ground(1400, HEIGHT)
    before, after = board("CASTLE"), board("ORANGE", colour=(30, 60, 90))
    tracks = track(
        lambda number: put(world, before if number < switch else after, 420, 150)[:, 3 * number : 3 * number + WIDTH],
        lambda number: rectangle(420 - 3 * number, 150),
    )
    (first, second) = tracks
    assert near(pictures_of(first)[1], switch)
    assert near(pictures_of(second)[0], switch)
    assert (first.end_cause, second.start_cause) == ("vanished", "vanished")
    assert abs(first.end_s - switch / FPS) <= first.end_error_s + PICTURE_S


def test_a_change_of_words_on_the_same_board_is_seen_too(track: Any) -> None:
    world = ground(WIDTH, HEIGHT)
    tracks = track(
        lambda number: put(world, board("CASTLE" if number < 40 else "BRIDGE"), 200, 150),
        lambda number: rectangle(214, 159, width=122, height=26),
    )
    first, second = (pictures_of(found) for found in tracks)
    assert (first[0], second[1]) == (0, PICTURES)
    assert near(first[1], 40)
    assert near(second[0], 40)


@pytest.mark.parametrize("begin", [27, 33])
def test_something_hidden_for_a_moment_counts_as_seen(track: Any, begin: int) -> None:
    world = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    post = ground(220, 200, seed=8)
    (found,) = track(
        lambda number: put(world, post, 180, 100) if begin <= number < begin + 10 else world,
        lambda number: None if begin <= number < begin + 10 else rectangle(200, 150),
    )
    assert pictures_of(found) == (0, PICTURES)
    assert sum(view.end_s - view.start_s for view in found.views) == pytest.approx(PICTURES / FPS)


def test_what_is_hidden_for_longer_leaves_a_gap_with_exact_ends(track: Any) -> None:
    world = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    post = ground(220, 200, seed=8)
    (found,) = track(
        lambda number: put(world, post, 180, 100) if 29 <= number < 56 else world,
        lambda number: None if 29 <= number < 56 else rectangle(200, 150),
    )
    assert pictures_of(found) == (0, PICTURES)
    gap = [(a.end_s * FPS, b.start_s * FPS) for a, b in pairwise(found.views) if b.start_s > a.end_s]
    assert len(gap) == 1
    assert near(gap[0][0], 29)
    assert near(gap[0][1], 56)


def test_a_graphic_appears_and_disappears_on_its_frames(track: Any) -> None:
    world, graphic = ground(1400, HEIGHT), board("LIVE 21", colour=(20, 20, 20))

    def paint(number: int) -> Any:
        picture = world[:, 4 * number : 4 * number + WIDTH]
        return put(picture, graphic, 30, 20) if 17 <= number < 56 else picture

    (found,) = track(paint, lambda number: rectangle(30, 20) if 17 <= number < 56 else None)
    start, end = pictures_of(found)
    assert near(start, 17)
    assert near(end, 56)
    assert (found.start_cause, found.end_cause, found.motion) == ("vanished", "vanished", "screen")


def test_nothing_is_followed_across_a_cut(track: Any) -> None:
    one = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    other = put(ground(WIDTH, HEIGHT, seed=9), board("CASTLE"), 200, 150)
    tracks = track(lambda number: one if number < 40 else other, lambda number: rectangle(200, 150), cuts=[40])
    assert [(found.shot, pictures_of(found)) for found in tracks] == [(0, (0, 40)), (1, (40, PICTURES))]
    assert {cause for found in tracks for cause in (found.start_cause, found.end_cause)} == {"cut"}


def test_in_a_dissolve_a_track_ends_by_its_middle(track: Any) -> None:
    one = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    other = put(ground(WIDTH, HEIGHT, seed=9), board("ORANGE", colour=(20, 90, 160)), 330, 220)

    def paint(number: int) -> Any:
        share = min(1.0, max(0.0, (number - 30) / 20))
        return cv2.addWeighted(one, 1 - share, other, share, 0)

    first, second = track(
        paint,
        lambda number: rectangle(200, 150) if number < 40 else None,
        lambda number: rectangle(330, 220) if number >= 40 else None,
        cuts=[40],
    )
    assert near(pictures_of(first)[1], 40, 3)
    assert near(pictures_of(second)[0], 40, 3)


def test_borders_of_the_shard_are_told_from_cuts(track: Any) -> None:
    picture = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    (found,) = track(lambda number: picture, lambda number: rectangle(200, 150), span=(20, 60))
    assert pictures_of(found) == (20, 60)
    assert (found.start_cause, found.end_cause) == ("shard", "shard")


def test_what_was_found_once_is_followed_both_ways(track: Any) -> None:
    world = put(ground(1400, HEIGHT), board("CASTLE"), 420, 150)
    (found,) = track(
        lambda number: world[:, 4 * number : 4 * number + WIDTH],
        lambda number: rectangle(420 - 4 * number, 150),
        missed=(0, 12, 24, 48, 60, 72),
    )
    assert pictures_of(found) == (0, PICTURES)
    assert [view.box for view in found.views] == [-1, -1, -1, 0, -1, -1, -1]
    for view in found.views:
        number = view.seq // 40
        assert overlap(view.quad, quad_of(rectangle(420 - 4 * number, 150))) > 0.85


def test_a_box_around_two_things_does_not_end_their_tracks(track: Any) -> None:
    world = put(put(ground(WIDTH, HEIGHT), board("CASTLE"), 150, 150), board("BRIDGE"), 310, 150)
    merged = {24, 48}
    tracks = track(
        lambda number: world,
        lambda number: None if number in merged else rectangle(150, 150),
        lambda number: None if number in merged else rectangle(310, 150),
        lambda number: rectangle(150, 150, width=310) if number in merged else None,
    )
    whole = [found for found in tracks if sum(view.box >= 0 for view in found.views) == 5]
    assert [pictures_of(found) for found in whole] == [(0, PICTURES), (0, PICTURES)]
    assert [sum(view.box >= 0 for view in found.views) for found in tracks].count(2) == 1


def test_half_a_box_does_not_change_a_tracks_outline(track: Any) -> None:
    world = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    tracks = track(lambda number: world, lambda number: rectangle(200, 150, width=70 if number == 36 else 150))
    main = max(tracks, key=lambda found: sum(view.box >= 0 for view in found.views))
    assert all(overlap(view.quad, quad_of(rectangle(200, 150))) > 0.85 for view in main.views)


def test_of_two_equal_boards_each_keeps_its_own_track(track: Any) -> None:
    world = ground(1600, HEIGHT)
    for x in (100, 300, 500, 700, 900):
        world = put(world, board("CASTLE"), x, 150)
    tracks = track(
        lambda number: world[:, 5 * number : 5 * number + WIDTH],
        *(lambda number, x=x: rectangle(x - 5 * number, 150) for x in (100, 300, 500, 700, 900)),
    )
    assert len(tracks) == 5
    starts = {
        round(found.views[0].quad[0][0] + 5 * found.views[0].seq / 40, -1): pictures_of(found) for found in tracks
    }
    assert near(starts[100][1], (250 - 150 * INSIDE) / 5)
    assert near(starts[700][0], (700 + 150 * INSIDE - WIDTH) / 5)
    assert starts[500] == (0, PICTURES)


def test_of_a_row_that_passes_faster_than_the_ground_none_is_taken_for_the_next(track: Any) -> None:
    far = ground(1000, HEIGHT)
    sign = board("OK", size=(64, 34))
    row = [(x, 150) for x in range(150, 900, 72)]
    # From one look to the next a sign comes to where the camera's movement would take the one before it.

    def paint(number: int) -> Any:
        picture = far[:, number : number + WIDTH]
        for x, y in row:
            picture = put(picture, sign, x - 5 * number, y)
        return picture

    tracks = track(paint, *(lambda number, x=x: rectangle(x - 5 * number, 150, 64, 34) for x, _ in row), every=18)
    for found in tracks:
        lefts = [view.quad[0][0] + 5 * view.seq / 40 for view in found.views if view.quad[0][0] > 0]
        assert np.ptp(lefts) < 8
    whole = [found for found in tracks if found.start_s == 0]
    assert len(whole) == 7


def test_what_the_border_cuts_off_is_as_large_as_it_was_nearer_by(track: Any) -> None:
    """A board that comes in while the camera moves off it."""
    world = put(ground(1600, HEIGHT), board("CASTLE"), 800, 150)

    def scale(number: int) -> float:
        return 1.5 - 0.5 * number / PICTURES

    def at(number: int) -> Any:
        return (rectangle(800, 150) - (320, 180)) * scale(number) + (320 - 5 * number, 180)

    def paint(number: int) -> Any:
        by = scale(number)
        matrix = np.array([[by, 0, 320 - 320 * by - 5 * number], [0, by, 180 - 180 * by]])
        return cv2.warpAffine(world, matrix, (WIDTH, HEIGHT))

    (found,) = track(paint, at)
    inside = [np.clip((WIDTH - at(number)[0][0]) / (150 * scale(number)), 0, 1) for number in range(PICTURES)]
    assert near(pictures_of(found)[0], next(number for number, share in enumerate(inside) if share >= INSIDE), by=2)


def test_still_stretches_between_far_samples_are_followed(track: Any) -> None:
    world = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    post = ground(220, 200, seed=8)
    (found,) = track(
        lambda number: put(world, post, 180, 100) if 40 <= number < 70 else world,
        lambda number: rectangle(200, 150),
        count=125,
        every=100,
    )
    (gap,) = [(a.end_s * FPS, b.start_s * FPS) for a, b in pairwise(found.views)]
    assert near(gap[0], 40)
    assert near(gap[1], 70)


def test_where_only_keyframes_are_in_the_strip_the_ends_are_as_wrong_as_they_say(track: Any) -> None:
    world, graphic = ground(WIDTH, HEIGHT), board("LIVE 21", colour=(20, 20, 20))
    (found,) = track(
        lambda number: put(world, graphic, 30, 20) if 17 <= number < 56 else world,
        lambda number: rectangle(30, 20) if 17 <= number < 56 else None,
        scan_every=EVERY,
    )
    assert abs(found.start_s - 17 / FPS) <= found.start_error_s
    assert abs(found.end_s - 56 / FPS) <= found.end_error_s
    assert EVERY * PICTURE_S <= found.end_error_s <= 1.2 * EVERY * PICTURE_S


def test_a_shot_without_a_picture_in_the_strip_is_told_by_its_frame(track: Any) -> None:
    world = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    tracks = track(lambda number: world, lambda number: rectangle(200, 150), cuts=[20, 30], scan_every=40)
    assert [pictures_of(found) for found in tracks] == [(0, 20), (20, 30), (30, PICTURES)]


def test_a_strip_of_another_shape_than_the_frames_is_no_matter(track: Any) -> None:
    world = put(ground(1400, HEIGHT), board("CASTLE"), 420, 280)
    (found,) = track(
        lambda number: world[:, 4 * number : 4 * number + WIDTH],
        lambda number: rectangle(420 - 4 * number, 280) if number in (0, 36, 72) else None,
        strip=(320, 172),
    )
    assert pictures_of(found) == (0, PICTURES)
    assert len(found.views) == 7


def test_labels_that_are_not_asked_for_are_left_out(track: Any) -> None:
    picture = put(ground(WIDTH, HEIGHT), board("CASTLE"), 200, 150)
    assert track(lambda number: picture, lambda number: rectangle(200, 150), label="person") == []
    (found,) = track(lambda number: picture, lambda number: rectangle(200, 150), label="person", labels=())
    assert found.label == "person"


def test_without_boxes_nothing_is_read(track: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Context, "pictures", None)
    assert track(lambda number: ground(WIDTH, HEIGHT), lambda number: None) == []


def test_tracks_are_numbered_by_start_and_count_their_views(track: Any) -> None:
    world = put(put(ground(WIDTH, HEIGHT), board("CASTLE"), 150, 150), board("BRIDGE"), 400, 60)
    tracks = track(lambda number: world, lambda number: rectangle(150, 150), lambda number: rectangle(400, 60))
    assert [found.number for found in tracks] == [0, 1]
    assert [len(found.views) for found in tracks] == [7, 7]
