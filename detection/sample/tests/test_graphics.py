"""Graphics over the picture: what they show and what they hide."""

import numpy as np
import pytest

from detection.sample.cast import choose_cast
from detection.sample.graphics import Graphics
from detection.sample.picture import Picture
from detection.sample.truth import Instance
from detection.sample.wordmarks import choose_styles

SPONSOR = choose_cast(np.random.default_rng(1)).regular[0].name


@pytest.fixture(scope="module")
def graphics():
    cast = choose_cast(np.random.default_rng(1))
    marks = choose_styles((*cast.regular, cast.brief), np.random.default_rng(2))
    return Graphics(cast, marks, home=(200, 0, 0), away=(0, 0, 200), tone=(150, 60, 190), scale=1.0)


def with_board():
    """A picture that shows one brand over nearly all of it."""
    picture = Picture.blank(1280, 720)
    quad = np.array([[2.0, 2], [1277, 2], [1277, 717], [2, 717]])
    picture.ledger.mark(
        Instance(brand="Behind", quad=quad, shown=quad, height_px=100, blur_px=0, mode="word", placement="board")
    )
    return picture


def test_score_is_not_a_brand_and_hides_what_is_behind_it(graphics):
    picture = with_board()
    graphics.paint_score(picture, (2, 1), 754.0)
    (row,) = picture.ledger.settle()
    assert row["brand"] == "Behind"
    assert 0.95 < row["visible"] < 0.99


def test_clock_changes_with_the_second(graphics):
    pictures = []
    for clock_s in (754.0, 754.9, 755.0):
        picture = Picture.blank(1280, 720)
        graphics.paint_score(picture, (2, 1), clock_s)
        pictures.append(picture.pixels)
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != pictures[2]).any()


def test_caption_opens_and_shows_its_sponsor_last(graphics):
    shares = []
    for share in (0.0, 0.4, 0.7, 1.0):
        picture = Picture.blank(1280, 720)
        graphics.paint_caption(picture, "8 NAME", "detail", SPONSOR, share)
        rows = picture.ledger.settle()
        shares.append(rows[0]["visible"] if rows else 0.0)
        assert all(row["placement"] == "graphic" for row in rows)
    assert shares[:2] == [0.0, 0.0]
    assert 0.0 < shares[2] < 1.0
    assert shares[3] == pytest.approx(1.0, abs=0.01)


def test_replay_tag_shows_its_sponsor(graphics):
    picture = Picture.blank(1280, 720)
    graphics.paint_replay_tag(picture, SPONSOR)
    (row,) = picture.ledger.settle()
    assert (row["brand"], row["placement"]) == (SPONSOR, "graphic")
    assert row["visible"] == pytest.approx(1.0, abs=0.01)
    assert row["height_px"] >= 14


def test_wipe_passes_and_hides_all_at_its_middle(graphics):
    visible = []
    for share in (0.0, 0.2, 0.5, 0.8, 1.0):
        picture = with_board()
        graphics.paint_wipe(picture, share)
        rows = picture.ledger.settle()
        visible.append(rows[0]["visible"] if rows else 0.0)
    assert visible[0] == visible[4] == pytest.approx(1.0, abs=0.01)
    assert visible[2] == 0.0
    assert 0.05 < visible[1] < 0.95
    assert 0.05 < visible[3] < 0.95
