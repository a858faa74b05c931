from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.accuracy.clips import find_clips
from benchmarks.accuracy.draw.lettering import Column, choose_marks, luma, repeated_advert
from benchmarks.accuracy.draw.names import SENTENCES, choose_names, within_words
from benchmarks.accuracy.draw.overlays import Plate
from benchmarks.accuracy.draw.plan import EMPTY_KINDS, KINDS, plan_clip, write_clip
from detection.report.score import is_readable
from detection.sample.cast import Brand
from detection.sample.picture import Picture

SIZE_PX = (320, 180)


def draw(folder: Path, number: int, *, seed: int = 5) -> str:
    plan = plan_clip(number, seed=seed, length_s=1.0, size_px=SIZE_PX)
    write_clip(plan, folder, seed=seed)
    return plan.name


def test_same_seed_draws_the_same_clip(tmp_path: Path) -> None:
    name = draw(tmp_path / "one", 0)
    draw(tmp_path / "two", 0)

    for suffix in (".mp4", ".truth.json", ".brands.csv"):
        assert (tmp_path / "one" / f"{name}{suffix}").read_bytes() == (
            tmp_path / "two" / f"{name}{suffix}"
        ).read_bytes()


def test_clip_is_what_its_truth_says(tmp_path: Path) -> None:
    name = draw(tmp_path, KINDS.index("graphics"))

    (clip,) = find_clips(tmp_path)
    with av.open(str(clip.video)) as file:
        shown = sum(1 for _ in file.decode(video=0))
    with clip.brands.open(encoding="utf-8", newline="") as file:
        listed = [row["canonical_name"] for row in csv.DictReader(file)]
    assert clip.name == name
    assert (clip.truth["width"], clip.truth["height"]) == SIZE_PX
    assert len(clip.truth["frames"]) == shown == round(clip.truth["shots"][-1][1] * clip.truth["fps"])
    assert listed == clip.truth["brands"]
    assert {instance["brand"] for frame in clip.truth["frames"] for instance in frame} <= set(listed)


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_show_brands_or_none(kind: str) -> None:
    reel = plan_clip(KINDS.index(kind), seed=5, length_s=3.0, size_px=(640, 360)).reel

    rows = [row for number in range(0, reel.frame_count, 5) for row in reel.frame(number)[1]]
    assert any(map(is_readable, rows)) is (kind not in EMPTY_KINDS)


def test_plate_is_in_the_truth_while_it_is_in_the_picture() -> None:
    (mark,) = choose_marks([Brand(name="Quillop", aliases=())], np.random.default_rng(3)).values()
    plate = Plate(
        mark=mark, place=(60, 40), size=(240, 80), start_s=0.5, end_s=1.5, change="slide", scale=1.0
    )  # fmt: skip
    seen = {}
    for t_s in (0.4, 0.52, 1.0, 1.48, 1.6):
        picture = Picture.blank(640, 360)
        plate.paint(picture, t_s)
        visible = sum(float(str(row["visible"])) for row in picture.ledger.settle())
        seen[t_s] = bool(picture.pixels.any()), visible

    assert seen[0.4] == seen[1.6] == (False, 0)
    assert seen[1.0] == (True, 1.0)
    assert seen[0.52][1] < 0.6 > seen[1.48][1]


def test_letters_below_each_other_are_as_high_as_one() -> None:
    (mark,) = choose_marks([Brand(name="Quillop", aliases=())], np.random.default_rng(3)).values()
    column = Column(mark.brand, mark.style)

    assert column.lines == 7
    assert column.word.shape[0] > 6 * column.line_px > 6 * 0.5 * column.word.shape[1] / 2


def test_repeated_name_stands_side_by_side() -> None:
    (mark,) = choose_marks([Brand(name="Quillop", aliases=())], np.random.default_rng(3)).values()

    boxes = [one.box for one in repeated_advert(mark, 6.0, 1.0, texels_per_m=60, times=3, gap_em=0.3).marks]

    assert len(boxes) == 3
    assert all(before[2] < after[0] for before, after in pairwise(boxes))
    assert boxes[0][0] >= 0
    assert boxes[2][2] <= 6.0


@pytest.mark.parametrize(("faint", "low", "high"), [(0.0, 100, 256), (1.0, 40, 70)])
def test_faint_letters_hardly_differ_from_their_ground(faint: float, low: float, high: float) -> None:
    brands = choose_names(np.random.default_rng(1), shown=12, absent=0).shown

    for mark in choose_marks(brands, np.random.default_rng(2), faint=faint).values():
        assert low < abs(luma(mark.style.ground) - luma(mark.style.ink)) < high


def test_names_differ_clearly_and_within_words_are_no_words() -> None:
    names = choose_names(np.random.default_rng(8), shown=12, absent=12).listed
    inner = [brand.name.lower() for brand in within_words(np.random.default_rng(8), 5)]

    assert len({brand.name for brand in names}) == 24
    assert min(len(brand.name) for brand in names) <= 4
    assert any(" " in brand.name for brand in names)
    for name in inner:
        assert any(name in text.lower() for text in SENTENCES)
        assert not any(name in text.lower().split() for text in SENTENCES)


def test_clips_without_brands_have_a_list(tmp_path: Path) -> None:
    name = draw(tmp_path, KINDS.index("bare"))

    truth = json.loads((tmp_path / f"{name}.truth.json").read_text())
    assert len(truth["brands"]) >= 10
    assert not any(truth["frames"])
