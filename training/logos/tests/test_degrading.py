from __future__ import annotations

import random

import cv2
import numpy as np
import pytest

from detection.logos.embedding import SIDE_PX
from detection.sample.icons import ICONS
from training.logos.batches import CLASSES_A_BATCH, EMPTY_A_BATCH, SEEN_A_CLASS, draw_batch
from training.logos.degrading import Seen, empty_crop, exemplar_of, seen_crop, shape_crop, text_crop
from training.logos.scout.pictures import SIDE_PX as SCENERY_PX
from training.logos.scout.pictures import draw_scenery
from training.logos.scout.targets import cells, targets


@pytest.mark.parametrize("maker", [empty_crop, shape_crop, text_crop])
def test_crops_without_logos_have_the_networks_size(maker, seen: Seen) -> None:
    crop = maker(seen, random.Random(1))
    assert crop.shape == (SIDE_PX, SIDE_PX, 3)
    assert crop.dtype == np.uint8


def test_a_logo_is_seen_differently_each_time_and_the_same_by_seed(seen: Seen) -> None:
    draw = random.Random(5)
    crops = [seen_crop(seen, 0, draw) for _ in range(4)]
    assert not np.array_equal(crops[0], crops[1])
    cv2.setRNGSeed(3)
    once = seen_crop(seen, 0, random.Random(9))
    cv2.setRNGSeed(3)
    assert np.array_equal(once, seen_crop(seen, 0, random.Random(9)))


def test_exemplars_show_the_shape_clearly(seen: Seen) -> None:
    draw = random.Random(1)
    for _ in range(12):
        assert exemplar_of(seen, 6, draw).std() > 15


def test_a_batch_holds_exemplars_views_and_others(seen: Seen) -> None:
    batch = draw_batch(seen, 7, seed=1)
    assert len(batch.crops) == CLASSES_A_BATCH * (1 + SEEN_A_CLASS) + EMPTY_A_BATCH
    assert len(set(batch.places.tolist())) == len(batch.places)
    again = draw_batch(seen, 7, seed=1)
    assert np.array_equal(batch.crops, again.crops)


def test_brands_and_likenesses_are_not_told_apart(seen: Seen) -> None:
    twins = seen.classes.twins()
    alike = {int(place) for place in twins[0]}
    assert 0 in alike
    assert len(ICONS) in alike, "the same drawing under another name"
    assert 1 not in alike


def test_sceneries_say_where_their_logos_are(seen: Seen) -> None:
    found = [draw_scenery(seen, random.Random(number)) for number in range(6)]
    assert any(len(one.boxes) for one in found)
    for one in found:
        assert one.image.shape == (SCENERY_PX, SCENERY_PX, 3)
        assert (one.boxes[:, 2:] > one.boxes[:, :2]).all()
        assert one.boxes.min(initial=0) >= 0
        assert one.boxes.max(initial=0) <= SCENERY_PX


def test_cells_in_the_middle_of_a_mark_are_told_its_edges() -> None:
    box = np.array([(100, 120, 140, 150)], np.float32)
    marks, edges = targets(box, 256)
    centres, strides = cells(256)
    chosen = marks == 1
    assert chosen.any()
    middles = np.abs(centres[chosen] - (120, 135))
    assert (middles <= (20, 15)).all()
    apart = np.exp(edges[chosen]) * strides[chosen, None]
    framed = np.concatenate([centres[chosen] - apart[:, :2], centres[chosen] + apart[:, 2:]], axis=1)
    assert np.allclose(framed, box, atol=0.6)
    outside = ((centres < box[0, :2]) | (centres > box[0, 2:])).any(axis=1)
    assert (marks[outside] <= 0).all()


def test_pictures_without_marks_have_no_middle() -> None:
    marks, _ = targets(np.zeros((0, 4), np.float32), 128)
    assert not marks.any()
