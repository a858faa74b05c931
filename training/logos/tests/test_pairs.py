from __future__ import annotations

import subprocess
import sys

import numpy as np

from detection.logos.embedding import SIDE_PX, load_embedder
from detection.logos.scout import load_scout
from training.logos.degrading import Seen
from training.logos.pairs.met import MET_A_BATCH, draw_met, drawn_round
from training.logos.pairs.pictures import PAIRS_A_BATCH, draw_pairs, likest


def test_pairs_hold_an_exemplar_and_a_crop_some_of_the_same(seen: Seen) -> None:
    alike = np.tile(np.arange(40), (len(seen.classes.brands), 1))
    pairs = draw_pairs(seen, alike, 3, seed=1)
    assert pairs.pictures.shape == (PAIRS_A_BATCH, SIDE_PX, SIDE_PX, 6)
    assert 0.2 < pairs.same.mean() < 0.6
    again = draw_pairs(seen, alike, 3, seed=1)
    assert np.array_equal(pairs.pictures, again.pictures)
    assert not np.array_equal(pairs.pictures, draw_pairs(seen, alike, 4, seed=1).pictures)


def test_the_likest_are_others_and_no_twins(seen: Seen) -> None:
    twins = seen.classes.twins()
    found = likest(seen, load_embedder(1, "cpu"), twins)
    for place, others in enumerate(found):
        assert not set(others.tolist()) & set(twins[place].tolist())


def test_pairs_that_are_met_in_a_search_are_varied_and_come_again(seen: Seen) -> None:
    logos = seen.classes.part(seen.classes.kinds == "logo")
    met = drawn_round(logos, seen.grounds, 1, load_scout(1, "cpu"), load_embedder(1, "cpu"), count=3)
    assert 0 < met.same.sum() < len(met.same)
    assert len(met.crops) == len(met.exemplars) == len(met.same)
    assert met.exemplars.max() < len(met.squares)
    pairs = draw_met([met, met], 2, seed=1)
    assert pairs.pictures.shape == (MET_A_BATCH, SIDE_PX, SIDE_PX, 6)
    assert 0 < pairs.same.mean() < 1
    assert np.array_equal(pairs.pictures, draw_met([met, met], 2, seed=1).pictures)


def test_what_is_met_lies_under_its_exemplar(seen: Seen) -> None:
    """Laid upon the logo that it shows, an exemplar is more like what lies under it than elsewhere."""
    logos = seen.classes.part(seen.classes.kinds == "logo")
    embedder = load_embedder(1, "cpu")
    met = drawn_round(logos, seen.grounds, 1, load_scout(1, "cpu"), embedder, count=3)
    cosines = (embedder.embed(list(met.crops)).vectors * embedder.embed(list(met.squares)).vectors[met.exemplars]).sum(
        axis=1
    )
    assert cosines[met.same].mean() > cosines[~met.same].mean()


def test_what_is_drawn_ahead_comes_in_order() -> None:
    """In a process without threads, as training is: a fork does not survive them."""
    lines = (
        "import cv2; cv2.setNumThreads(0)",
        "from training.logos.ahead import ahead",
        "drawn = ahead(lambda number: number * number, first=3, most=2)",
        "print([next(drawn) for _ in range(4)])",
        "drawn.close()",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[9, 16, 25, 36]"
