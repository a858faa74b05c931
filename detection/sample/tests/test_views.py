"""Motion, focus and people in the way, as the truth has them."""

import numpy as np
import pytest

from detection.sample.arena import Arena
from detection.sample.camera import CameraPath, Key, look_at
from detection.sample.cast import Brand, choose_cast
from detection.sample.cutouts import Figures
from detection.sample.figures import Kit, Person
from detection.sample.picture import Picture
from detection.sample.play import Mover, Standing
from detection.sample.views import CrowdView, MatchView, PressView
from detection.sample.wordmarks import Style, Wordmark, choose_styles

BLUE = (200, 80, 20)


@pytest.fixture(scope="module")
def cast():
    return choose_cast(np.random.default_rng(1))


@pytest.fixture(scope="module")
def marks(cast):
    return choose_styles((*cast.regular, cast.brief), np.random.default_rng(2))


@pytest.fixture(scope="module")
def arena(cast, marks):
    return Arena(cast, marks, np.random.default_rng(3), fans=(BLUE,), flash_s=None)


def person(sponsor=None):
    kit = Kit(shirt=BLUE, trim=(255, 255, 255), shorts=BLUE, socks=BLUE, sponsor=sponsor)
    return Person(kit=kit, skin=(120, 160, 205), hair=(20, 20, 20), number=9)


def view(arena, targets, *, movers=(), **changes):
    keys = tuple(
        Key(at_s=float(at), position_m=(52.0, -18.0, 13.0), target_m=target, focal_px=2600)
        for at, target in enumerate(targets)
    )
    path = CameraPath(keys, np.random.default_rng(1), shake_px=0.0, width_px=1280, height_px=720)
    fields = {"arena": arena, "figures": Figures(), "path": path, "movers": movers, "ball": None, "world_s": 100.0}
    return MatchView(**(fields | changes))


def rows_of(shot, t_s):
    picture = Picture.blank(1280, 720)
    shot.paint(picture, t_s)
    return picture, picture.ledger.settle()


STILL = ((52.0, 60.0, 1.0), (52.0, 60.0, 1.0))
RIGHT = ((30.0, 60.0, 1.0), (74.0, 60.0, 1.0))


def test_still_camera_leaves_no_blur(arena):
    _, rows = rows_of(view(arena, STILL), 0.5)
    boards = [row for row in rows if row["placement"] == "board"]
    assert boards
    assert {row["blur_px"] for row in boards} == {0.0}


@pytest.mark.parametrize("targets", [RIGHT, RIGHT[::-1]], ids=["to the right", "to the left"])
@pytest.mark.parametrize("follows", [True, False], ids=["followed play", "whip pan"])
def test_fast_pan_smears_in_the_picture_and_in_the_truth(arena, targets, follows):
    moving, rows = rows_of(view(arena, targets, follows=follows), 0.5)
    resting, _ = rows_of(view(arena, ((52.0, 60.0, 1.0),)), 0.5)
    assert all(row["blur_px"] > 12 for row in rows)

    def detail(picture):
        return float(np.abs(np.diff(picture.pixels[..., 1].astype(int), axis=1)).mean())

    assert detail(moving) < 0.5 * detail(resting)


def test_defocus_blurs_in_the_picture_and_in_the_truth(arena):
    soft, rows = rows_of(view(arena, STILL, defocus_px=4.0), 0.5)
    sharp, _ = rows_of(view(arena, STILL), 0.5)
    assert all(row["blur_px"] == pytest.approx(4.0 * 12**0.5, abs=0.1) for row in rows)
    assert (
        np.abs(np.diff(soft.pixels.astype(int), axis=0)).mean()
        < 0.6 * np.abs(np.diff(sharp.pixels.astype(int), axis=0)).mean()
    )


def test_player_before_a_board_reduces_what_is_visible(arena):
    _, before = rows_of(view(arena, STILL), 0.5)
    target = max(
        (row for row in before if row["placement"] == "board" and row["height_px"] > 15), key=lambda r: r["visible"]
    )
    assert target["visible"] > 0.95
    middle = np.array(target["quad"]).mean(axis=0)
    camera = view(arena, STILL).path.at(0.5)
    # Where on the touchline a person hides the middle of that board.
    spots = np.array([[x, 68.5, 0.9] for x in np.arange(30.0, 75.0, 0.05)])
    x = float(spots[np.argmin(np.abs(camera.project(spots)[0][:, 0] - middle[0])), 0])
    mover = Mover(person(), np.full(200, x), np.full(200, 68.5))
    _, after = rows_of(view(arena, STILL, movers=(mover,)), 0.5)
    same = next(row for row in after if row["quad"] == target["quad"])
    assert 0.3 < same["visible"] < target["visible"] - 0.03
    others = [
        row["quad"] for row in after if row["visible"] == next(b["visible"] for b in before if b["quad"] == row["quad"])
    ]
    assert len(others) >= len(before) - 2


def test_sponsor_is_on_the_chest_and_not_on_the_back():
    style = Style(
        face="Anton", upper=True, stretch=1.0, slant=0.0, tracking_em=0.0, stacked=False, outlined=False, icon=None,
        ground=(0, 0, 0), ink=(255, 255, 255), accent=(0, 0, 0),
    )  # fmt: skip
    wearer = person(Wordmark(Brand(name="Chestbrand", aliases=()), style))
    camera = look_at((0.0, 0.0, 1.6), (0.0, 9.0, 1.2), focal_px=3000, width_px=1280, height_px=720)
    for heading, expected in ((-np.pi / 2, ["Chestbrand"]), (np.pi / 2, [])):
        picture = Picture.blank(1280, 720)
        standing = Standing(person=wearer, x_m=0.0, y_m=9.0, heading_rad=heading, effort=0.0, phase_rad=0.0)
        Figures().paint(picture, camera, standing)
        rows = picture.ledger.settle()
        assert [row["brand"] for row in rows] == expected
        if rows:
            left, top = (int(v) for v in np.array(rows[0]["quad"]).min(axis=0))
            right, bottom = (int(v) for v in np.array(rows[0]["quad"]).max(axis=0))
            chest = picture.pixels[top : bottom + 1, left : right + 1].min(axis=2)
            # White letters fill much of the quad, and none lie just outside it.
            assert (chest > 200).mean() > 0.25
            assert not (picture.pixels[top - 12 : top - 3, left:right].min(axis=2) > 200).any()
            assert rows[0]["placement"] == "jersey"


def test_own_arm_hides_the_sponsor():
    style = Style(
        face="Anton", upper=True, stretch=1.0, slant=0.0, tracking_em=0.0, stacked=False, outlined=False, icon=None,
        ground=(0, 0, 0), ink=(255, 255, 255), accent=(0, 0, 0),
    )  # fmt: skip
    wearer = person(Wordmark(Brand(name="Chestbrand", aliases=()), style))
    camera = look_at((0.0, 0.0, 1.6), (0.0, 9.0, 1.2), focal_px=3000, width_px=1280, height_px=720)
    seen = []
    for phase in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        picture = Picture.blank(1280, 720)
        turned = -np.pi / 2 + 0.75
        Figures().paint(
            picture, camera, Standing(person=wearer, x_m=0, y_m=9.0, heading_rad=turned, effort=1.0, phase_rad=phase)
        )
        seen += [row["visible"] for row in picture.ledger.settle()]
    assert max(seen) > 0.95
    assert min(seen) < 0.85


def test_crowd_shows_no_brand(cast):
    _, rows = rows_of(CrowdView(cast, (BLUE,), np.random.default_rng(1), 720), 1.0)
    assert rows == []


def test_press_backdrop_repeats_three_brands_behind_the_coach(cast, marks):
    _, rows = rows_of(PressView(cast, marks, np.random.default_rng(1), width_px=1280, height_px=720), 1.0)
    assert {row["placement"] for row in rows} == {"backdrop"}
    assert len({row["brand"] for row in rows}) == 3
    assert sum(row["visible"] > 0.99 for row in rows) > 15
    assert any(0.05 < row["visible"] < 0.8 for row in rows)
