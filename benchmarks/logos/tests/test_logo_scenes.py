from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.logos.measure import measure
from benchmarks.logos.scenes import SHOWING, Scene, Shown, boards, laid, photograph, scenes
from benchmarks.logos.searching import Sighting
from detection.logos.gallery import Gallery
from detection.quads import area, rectangle
from detection.sample.icons import ICONS, draw_icon
from mpr.pipeline.frames import Image
from training.logos.sources import Drawing

NO_GALLERY = Gallery(exemplars=())
EMPTY = np.zeros((100, 200, 3), np.uint8)
PLACE = rectangle(20, 20, 60, 60)


def drawing(name: str) -> Drawing:
    return Drawing(brand=name, picture=np.dstack([np.full((96, 96, 3), 30, np.uint8), draw_icon(name, 96)]))


def claims(*sightings: Sighting):
    def search(image: Image, gallery: Gallery) -> list[Sighting]:
        return list(sightings)

    return search


def shown(brand: str = "one", size_px: float = 40, blur: float = 0.0) -> Shown:
    return Shown(brand=brand, quad=PLACE, size_px=size_px, blur=blur)


def scene(kind: str, *logos: Shown) -> Scene:
    return Scene(kind=kind, image=EMPTY, shown=logos, brands=frozenset(one.brand for one in logos))


@pytest.mark.parametrize(
    ("sighting", "found"),
    [
        (Sighting("one", PLACE, 1.0), 1),
        (Sighting("one", rectangle(22, 18, 66, 58), 1.0), 1),
        (Sighting("one", rectangle(120, 20, 160, 60), 1.0), 0),
        (Sighting("one", rectangle(0, 0, 200, 100), 1.0), 0),
        (Sighting("two", PLACE, 1.0), 0),
    ],
    ids=["exact", "near", "elsewhere", "whole-picture", "other-brand"],
)
def test_a_logo_is_found_by_a_sighting_of_its_brand_on_it(sighting: Sighting, found: int) -> None:
    measured = measure(claims(sighting), [scene("laid", shown())], NO_GALLERY)
    assert measured.recall(least_px=32, most_blur=0.04).found == found
    assert measured.recall(least_px=32, most_blur=0.04).asked == 1


def test_small_and_blurred_logos_are_counted_apart() -> None:
    scenes = [scene("laid", shown(size_px=26)), scene("laid", shown(blur=0.08)), scene("laid", shown())]
    measured = measure(claims(), scenes, NO_GALLERY)
    assert measured.recall(least_px=24, most_blur=1.0).asked == 3
    assert measured.recall(least_px=32, most_blur=0.04).asked == 1


def test_a_claim_of_what_is_not_there_makes_a_picture_false() -> None:
    scenes = [scene("bare"), scene("other logos", shown("two")), scene("laid", shown("one"))]
    measured = measure(claims(Sighting("one", PLACE, 1.0)), scenes, NO_GALLERY)
    assert measured.false_share == 1.0
    assert measured.precision == pytest.approx(1 / 3)


def test_one_logo_over_a_whole_wall_counts_four_times() -> None:
    measured = measure(claims(), [scene("boards", *(shown() for _ in range(30)))], NO_GALLERY)
    assert measured.recall(least_px=24, most_blur=1.0).asked == 4


def test_laid_logos_have_the_size_that_is_told() -> None:
    targets = [drawing(name) for name in ICONS]
    made = laid(targets, np.random.default_rng(3), "laid", np.full((720, 1280, 3), 120, np.uint8))
    assert made.image.shape == (720, 1280, 3)
    assert len(made.shown) == 6
    for one in made.shown:
        assert 0.9 <= np.sqrt(area(one.quad)) / one.size_px <= 1.6


@pytest.mark.parametrize("size_px", [(300, 900), (1280, 400), (720, 1280)])
def test_a_photograph_fills_the_picture_unstretched(size_px: tuple[int, int]) -> None:
    """Of a ramp that goes as far to the right as down, any part does."""
    down, right = np.indices(size_px)
    ramp = np.dstack([(down + right) * 0.1] * 3).astype(np.uint8)
    made = photograph([ramp], np.random.default_rng(1)).astype(float)
    assert made.shape == (720, 1280, 3)
    slopes = [np.diff(made[..., 0].mean(axis=axis)).mean() for axis in (0, 1)]
    assert slopes[0] == pytest.approx(slopes[1], rel=0.1)


def test_scenes_show_targets_in_three_kinds_and_none_in_the_others() -> None:
    targets, others = [drawing(name) for name in ICONS[:6]], [drawing(name) for name in ICONS[6:]]
    made = list(scenes(targets, others, [np.full((720, 1280, 3), 120, np.uint8)], count=2, seed=1))
    brands = {one.brand for one in targets}
    assert {one.kind for one in made} == {*SHOWING, "other logos", "words", "bare", "photographs"}
    for one in made:
        assert ({shown.brand for shown in one.shown} <= brands) == (one.kind in SHOWING or not one.shown)


def test_boards_show_the_signs_and_nothing_else() -> None:
    targets = [drawing(name) for name in ICONS]
    made = boards(targets, np.random.default_rng(2), "boards", seed=1, number=0)
    assert made.shown
    assert {one.brand for one in made.shown} <= set(ICONS)
    assert cv2.cvtColor(made.image, cv2.COLOR_BGR2GRAY).std() > 10


def test_results_name_their_goals(tmp_path: Path) -> None:
    from benchmarks.logos.telling import goals, growth_sheet, sheets

    measured = measure(claims(Sighting("one", PLACE, 1.0)), [scene("laid", shown()), scene("bare")], NO_GALLERY)
    told = goals(measured, {10: 0.1, 100: 0.16, 1000: 0.3})
    assert [goal.met for goal in told] == [True, False, True]
    assert len(sheets({"as shipped": measured})) == 2
    assert len(growth_sheet({10: 0.1}).rows) == 1
