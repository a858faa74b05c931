"""The whole broadcast: files that play, a truth that fits the film, the same for the same seed."""

import csv
import json
from fractions import Fraction

import av
import numpy as np
import pytest

from detection.sample import draw_broadcast
from detection.sample.broadcast import FPS, _Show
from mpr.errors import BadInput

DURATION_S, WIDTH_PX, HEIGHT_PX = 7.6, 640, 360


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    told = []
    drawn = draw_broadcast(
        tmp_path_factory.mktemp("broadcast"),
        seed=7,
        duration_s=DURATION_S,
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(number + 1, 190) for number in range(190)]
    return drawn


@pytest.fixture(scope="module")
def truth(sample):
    return json.loads(sample.truth.read_text())


@pytest.fixture(scope="module")
def film(sample):
    with av.open(str(sample.video)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (WIDTH_PX, HEIGHT_PX, Fraction(FPS))
        assert stream.codec_context.name == "h264"
        frames = [(float(frame.time), frame.to_ndarray(format="bgr24")) for frame in container.decode(stream)]
    return frames


def test_film_decodes_to_every_frame_in_time(film):
    assert len(film) == round(DURATION_S * FPS)
    assert [at for at, _ in film] == pytest.approx([number / FPS for number in range(len(film))], abs=1e-4)


def test_truth_has_every_frame_and_shot(truth):
    assert len(truth["frames"]) == round(DURATION_S * FPS)
    assert (truth["fps"], truth["width"], truth["height"], truth["duration_s"]) == (
        FPS,
        WIDTH_PX,
        HEIGHT_PX,
        DURATION_S,
    )
    assert truth["shots"][0][0] == 0.0
    assert truth["shots"][-1][1] == DURATION_S
    assert [end for _, end in truth["shots"][:-1]] == [start for start, _ in truth["shots"][1:]]


def test_brand_list_and_truth_name_the_same_brands(sample, truth):
    with sample.brands.open(encoding="utf-8", newline="") as file:
        assert [row["canonical_name"] for row in csv.DictReader(file)] == truth["brands"]


def test_absent_brands_never_appear_and_the_brief_one_for_a_second(truth):
    show = _Show(7, DURATION_S, WIDTH_PX, HEIGHT_PX)
    seen = {row["brand"] for frame in truth["frames"] for row in frame}
    assert seen <= set(truth["brands"])
    assert not seen & {brand.name for brand in show.cast.absent}
    brief = [any(row["brand"] == show.cast.brief.name for row in frame) for frame in truth["frames"]]
    assert 0.5 * FPS <= sum(brief) <= 1.1 * FPS


def test_values_of_the_truth_are_in_range(truth):
    rows = [row for frame in truth["frames"] for row in frame]
    assert len(rows) > 500
    assert all(0.0 < row["visible"] <= 1.0 for row in rows)
    assert all(row["height_px"] >= 3.0 and row["blur_px"] >= 0.0 for row in rows)
    assert {row["mode"] for row in rows} <= {"word", "icon", "both"}
    assert {row["placement"] for row in rows} >= {"board", "graphic"}


def test_film_shows_the_pictures_the_truth_was_taken_from(film):
    show = _Show(7, DURATION_S, WIDTH_PX, HEIGHT_PX)
    numbers = (40, 100, 160)

    def likeness(first, second):
        """Correlation of fine detail, which grain, grading and compression leave and another moment does not."""
        small = [picture[:, :, 1].astype(np.float64) for picture in (first, second)]
        fine = [np.diff(picture, axis=1).ravel() for picture in small]
        return float(np.corrcoef(*fine)[0, 1])

    for number in numbers:
        picture, _, _ = show.frame(number)
        now = likeness(picture.pixels, film[number][1])
        assert now > 0.7
        assert now > likeness(picture.pixels, film[number + 5][1]) + 0.05


def test_fades_from_and_to_black(film, truth):
    light = [float(picture.mean()) for _, picture in film]
    assert light[0] < 0.2 * light[50]
    assert light[-1] < 0.2 * light[-40]

    def most_visible(frame):
        return max((row["visible"] for row in frame), default=0.0)

    assert most_visible(truth["frames"][0]) < 0.1
    assert most_visible(truth["frames"][-1]) < 0.1
    assert most_visible(truth["frames"][50]) > 0.9


def test_same_seed_same_bytes_and_another_seed_another_truth(tmp_path):
    size = {"duration_s": 1.0, "width_px": 320, "height_px": 180}
    first = draw_broadcast(tmp_path / "first", seed=11, **size)
    again = draw_broadcast(tmp_path / "again", seed=11, **size)
    other = draw_broadcast(tmp_path / "other", seed=12, **size)
    for name in ("video", "truth", "brands"):
        assert getattr(first, name).read_bytes() == getattr(again, name).read_bytes()
    assert first.truth.read_bytes() != other.truth.read_bytes()


@pytest.mark.parametrize("kind", ["press", "corner", "replay", "close", "counter", "crowd"])
def test_every_kind_of_shot_is_drawn_and_told(kind):
    show = _Show(7, 28.0, 640, 360)
    slot = next(slot for slot in show.slots if slot.kind == kind)
    picture, rows, exposure = show.frame(round((slot.start_s + slot.length_s * 0.55) * FPS))
    assert picture.pixels.shape == (360, 640, 3)
    assert picture.pixels.std() > 15
    assert 0.7 < exposure < 1.5
    placements = {row["placement"] for row in rows}
    expected = {
        "press": {"backdrop", "graphic"},
        "corner": {"board"},
        "replay": {"board", "graphic"},
        "close": {"jersey"},
        "counter": {"board"},
        "crowd": set(),
    }
    assert placements >= expected[kind]
    if kind == "crowd":
        assert rows == []


def test_dissolve_shares_the_light_between_two_shots():
    show = _Show(7, 28.0, 640, 360)
    slot = next(slot for slot in show.slots if slot.entrance == "dissolve")
    middle = round(slot.start_s * FPS)

    def shares(number):
        rows = show.frame(number)[1]
        backdrop = max((row["visible"] for row in rows if row["placement"] == "backdrop"), default=0.0)
        board = max((row["visible"] for row in rows if row["placement"] == "board"), default=0.0)
        return backdrop, board

    early, half, late = shares(middle - 5), shares(middle), shares(middle + 5)
    assert early[0] < half[0] < late[0]
    assert early[1] > half[1] > late[1]
    assert half[0] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"duration_s": 0.2}, "at least 1 s"),
        ({"width_px": 641}, "even sides"),
        ({"height_px": 90}, "even sides"),
    ],
)
def test_refuses_what_cannot_be_drawn(tmp_path, changes, sentence):
    with pytest.raises(BadInput, match=sentence):
        draw_broadcast(tmp_path, **changes)
    assert list(tmp_path.iterdir()) == []
