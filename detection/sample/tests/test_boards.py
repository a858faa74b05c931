"""The truth about boards against the pixels that were painted."""

import cv2
import numpy as np
import pytest

from detection.sample.boards import Billboards, Board, Surface, flash, led, printed, ribbon
from detection.sample.camera import look_at
from detection.sample.cast import Brand
from detection.sample.picture import Picture
from detection.sample.wordmarks import Style, Wordmark, board_advert

WIDTH_M, HEIGHT_M = 6.0, 1.0
RED, WHITE = (0, 0, 255), (255, 255, 255)


def style(**changes):
    fields = {
        "face": "Anton",
        "upper": True,
        "stretch": 1.0,
        "slant": 0.0,
        "tracking_em": 0.05,
        "stacked": False,
        "outlined": False,
        "icon": None,
        "ground": WHITE,
        "ink": RED,
        "accent": RED,
    }
    return Style(**(fields | changes))


def advert(name="Testbrand", mode="word", **changes):
    mark = Wordmark(Brand(name=name, aliases=()), style(**changes))
    return board_advert(mark, WIDTH_M, HEIGHT_M, texels_per_m=100.0, mode=mode, look=0)


def surface(origin=(-3.0, 20.0, 1.0), along=(1.0, 0.0, 0.0)):
    return Surface(origin_m=origin, along=along, down=(0.0, 0.0, -1.0), width_m=WIDTH_M, height_m=HEIGHT_M)


def camera(position=(-9.0, 2.0, 4.0), target=(0.0, 20.0, 0.5), focal_px=1800):
    return look_at(position, target, focal_px=focal_px, width_px=1280, height_px=720)


def painted(programme, *, world_s=0.0, view=None, place=None):
    picture = Picture.blank(1280, 720)
    board = Board(surface=place or surface(), programme=programme)
    Billboards((board,)).paint(picture, view or camera(), world_s)
    return picture


def red(picture):
    """Pixels of the ink's colour: red, and neither the white ground nor black."""
    pixels = picture.pixels.astype(int)
    return (pixels[..., 2] > 150) & (pixels[..., 1] < 110) & (pixels[..., 0] < 110)


@pytest.mark.parametrize(
    "changes",
    [{}, {"slant": 0.2}, {"stretch": 1.2, "upper": False}, {"face": "Lobster", "upper": False, "tracking_em": 0.0}],
    ids=["plain", "slanted", "wide", "script"],
)
@pytest.mark.parametrize(
    "position", [(-9.0, 2.0, 4.0), (0.0, 0.0, 1.5), (8.0, 10.0, 6.0)], ids=["left", "front", "high"]
)
def test_quad_bounds_the_ink_and_nothing_lies_outside(position, changes):
    picture = painted(printed(advert(**changes)), view=camera(position))
    (row,) = picture.ledger.settle()
    inked = red(picture)
    inside = np.zeros(inked.shape, np.uint8)
    quad = np.array(row["quad"], np.float32)
    cv2.fillConvexPoly(inside, np.round(quad).astype(np.int32), 1)
    assert inked.any()
    assert not (inked & (cv2.dilate(inside, np.ones((5, 5), np.uint8)) == 0)).any()
    # Seen upright, the ink reaches all four sides of the quad.
    size = (400, 100)
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    upright = cv2.warpPerspective(inked.astype(np.uint8) * 255, cv2.getPerspectiveTransform(quad, corners), size)
    columns, rows = np.flatnonzero(upright.max(axis=0) > 60), np.flatnonzero(upright.max(axis=1) > 60)
    assert columns[0] < 10
    assert columns[-1] > size[0] - 10
    assert rows[0] < 9
    assert rows[-1] > size[1] - 9
    assert row["visible"] == pytest.approx(1.0, abs=0.01)


def test_height_is_that_of_the_letters_on_screen():
    picture = painted(printed(advert()), view=camera((0.0, 0.0, 0.5)))
    (row,) = picture.ledger.settle()
    rows = np.flatnonzero(red(picture).any(axis=1))
    assert row["height_px"] == pytest.approx(rows[-1] - rows[0] + 1, abs=2.0)


def test_stacked_words_have_the_height_of_one_line():
    flat = painted(printed(advert("Two Words")), view=camera((0.0, 0.0, 0.5))).ledger.settle()[0]
    stacked = painted(printed(advert("Two Words", stacked=True)), view=camera((0.0, 0.0, 0.5))).ledger.settle()[0]
    tall = stacked["quad"][3][1] - stacked["quad"][0][1]
    assert 0.35 * tall < stacked["height_px"] < 0.5 * tall
    assert stacked["height_px"] < flat["height_px"]


@pytest.mark.parametrize(("mode", "shown"), [("word", "word"), ("both", "both"), ("icon", "icon")])
def test_mode_is_what_is_shown(mode, shown):
    assert painted(printed(advert(mode=mode, icon="star"))).ledger.settle()[0]["mode"] == shown


def test_brand_without_an_icon_is_always_a_word():
    assert painted(printed(advert(mode="both"))).ledger.settle()[0]["mode"] == "word"


def test_board_behind_the_camera_is_not_painted():
    picture = painted(printed(advert()), view=camera((0.0, 30.0, 4.0), (0.0, 60.0, 0.0)))
    assert picture.ledger.settle() == []
    assert not picture.pixels.any()


def test_board_seen_from_behind_is_not_painted():
    picture = painted(printed(advert()), view=camera((0.0, 40.0, 4.0), (0.0, 20.0, 0.5)))
    assert picture.ledger.settle() == []
    assert not picture.pixels.any()


def test_crossfade_gives_each_advert_its_share():
    programme = led((advert("First"), advert("Second")), period_s=4.0, change="fade")
    shares = []
    for world_s in (4.01, 4.24, 4.47, 5.0):
        rows = {row["brand"]: row["visible"] for row in painted(programme, world_s=world_s).ledger.settle()}
        shares.append((rows.get("First", 0.0), rows.get("Second", 0.0)))
        assert sum(shares[-1]) == pytest.approx(1.0, abs=0.02)
    assert [first for first, _ in shares] == sorted((first for first, _ in shares), reverse=True)
    assert shares[-1] == (0.0, pytest.approx(1.0, abs=0.01))


def test_scroll_cuts_adverts_off_at_the_boards_edge():
    programme = led((advert("First"), advert("Second")), period_s=4.0, change="scroll")
    rows = {row["brand"]: row for row in painted(programme, world_s=4.24).ledger.settle()}
    board_top = camera().project(surface().corners_m)[0][:2, 1].max()
    assert rows["First"]["quad"][0][1] < board_top
    assert 0.05 < rows["First"]["visible"] < 0.6
    assert 0.05 < rows["Second"]["visible"] < 0.6


def test_hard_change_shows_one_advert_only():
    programme = led((advert("First"), advert("Second")), period_s=4.0, change="cut")
    assert [row["brand"] for row in painted(programme, world_s=3.99).ledger.settle()] == ["First"]
    assert [row["brand"] for row in painted(programme, world_s=4.01).ledger.settle()] == ["Second"]


def test_flash_interrupts_for_its_time_only():
    programme = flash(printed(advert("Usual")), advert("Brief"), start_s=2.0, end_s=3.0)
    brands = [painted(programme, world_s=at).ledger.settle()[0]["brand"] for at in (1.99, 2.0, 2.99, 3.0)]
    assert brands == ["Usual", "Brief", "Brief", "Usual"]


def test_ribbon_runs_left_and_returns():
    programme = ribbon((advert("First"), advert("Second")), 0.0, WIDTH_M, speed_m_per_s=2.0)
    lefts = [
        next(r["quad"][0][0] for r in painted(programme, world_s=at).ledger.settle() if r["brand"] == "First")
        for at in (0.0, 0.5, 1.0, 6.0)
    ]
    assert lefts[0] > lefts[1] > lefts[2]
    assert lefts[3] == pytest.approx(lefts[0], abs=0.2)
