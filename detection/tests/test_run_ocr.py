from __future__ import annotations

from typing import Any, get_args

import cv2
import msgspec
import numpy as np
import pytest

from detection.clarity import sharpness
from detection.quads import rectangle
from detection.records import Crop, Crops
from detection.stages import run_ocr
from detection.stages.run_ocr import READERS, Backend, Config, Inputs, batches
from mpr.errors import BadConfig
from mpr.pipeline.codec import encode
from mpr.pipeline.config import parse
from mpr.pipeline.frames import decode_jpeg, encode_jpeg


@pytest.fixture
def crop(write: Any) -> Any:
    """`crop("ACME", seq=…, box=…)` is an upright crop with that text."""

    def make(words: str, *, seq: int = 0, box: int = 0, height_px: int = 48, blur_px: float = 0, **style: Any) -> Crop:
        width = max(40, 26 * len(words))
        picture = write(np.full((48, width, 3), 40, np.uint8), words, at=(width // 2, 24), size_px=32, **style)
        if blur_px:
            picture = cv2.GaussianBlur(picture, (0, 0), blur_px)
        if height_px != 48:
            picture = cv2.resize(picture, (width * height_px // 48, height_px))
        return Crop(
            seq=seq,
            box=box,
            quad=rectangle(0, 0, width, 48),
            label="text",
            score=0.9,
            source="text",
            width_px=picture.shape[1],
            height_px=height_px,
            jpeg=encode_jpeg(picture, quality=95),
        )

    return make


def read(shoot: Any, crops: list[Crop], **changes: Any) -> Any:
    _, ctx = shoot([])
    return run_ocr.run(Inputs(preprocess=Crops(crops=crops)), Config(**{"device": "cpu", **changes}), ctx)


def test_texts_are_read_and_named_by_frame_and_box(shoot: Any, crop: Any) -> None:
    texts = read(shoot, [crop("NORTHWIND"), crop("QUILLON", box=3), crop("Vantor", seq=2)])
    assert [(found.seq, found.box, found.text) for found in texts.candidates] == [
        (0, 0, "NORTHWIND"),
        (0, 3, "QUILLON"),
        (2, 0, "Vantor"),
    ]
    assert all(0.9 < found.score <= 1 for found in texts.candidates)
    assert texts.candidates[0].quad == rectangle(0, 0, 26 * 9, 48)


def test_order_and_readings_do_not_depend_on_the_batches(shoot: Any, crop: Any) -> None:
    words = ["NORTHWIND TRAVEL", "ACME", "QUILLON", "Vantor", "PELLUCID BANK", "Tarn"]
    crops = [crop(text, seq=place // 2, box=place % 2) for place, text in enumerate(words)]
    one, all_at_once = read(shoot, crops, batch_size=1), read(shoot, crops, batch_size=64)
    assert [found.text for found in one.candidates] == words
    assert one == all_at_once
    alone = [found for item in crops for found in read(shoot, [item]).candidates]
    assert alone == all_at_once.candidates


def test_of_a_box_that_was_cut_out_both_ways_the_surer_reading_counts(shoot: Any, crop: Any) -> None:
    down = crop("QUILLON", box=2)
    upside_down = encode_jpeg(cv2.rotate(decode_jpeg(down.jpeg), cv2.ROTATE_180), quality=95)
    up = msgspec.structs.replace(down, jpeg=upside_down, quad=rectangle(0, 0, 50, 10))
    for crops in ([down, up], [up, down]):
        (found,) = read(shoot, crops, min_confidence=0.0).candidates
        assert (found.box, found.text, found.quad) == (2, "QUILLON", down.quad)


def test_a_reading_carries_the_track_of_its_crop(shoot: Any, crop: Any) -> None:
    (found,) = read(shoot, [msgspec.structs.replace(crop("ACME"), track=7)]).candidates
    assert found.track == 7


def test_crops_without_text_are_left_out(shoot: Any, crop: Any) -> None:
    empty = crop("")
    texts = read(shoot, [empty, crop("ACME", box=1)])
    assert [found.box for found in texts.candidates] == [1]
    assert texts.counts() == {"texts": 1}
    assert read(shoot, [empty], min_confidence=0.0).candidates == []


def test_doubtful_readings_are_left_out(shoot: Any, crop: Any) -> None:
    doubtful = crop("QUILLON", blur_px=6)
    (found,) = read(shoot, [doubtful], min_confidence=0.0).candidates
    assert found.score < 0.95
    assert read(shoot, [doubtful], min_confidence=found.score).candidates == [found]
    assert read(shoot, [doubtful], min_confidence=found.score + 0.001).candidates == []


def test_blur_lowers_sharpness_and_faint_text_contrast(shoot: Any, crop: Any) -> None:
    crisp, blurred, faint = read(
        shoot,
        [crop("ACME"), crop("ACME", box=1, blur_px=1.5), crop("ACME", box=2, colour=(90, 90, 90))],
        min_confidence=0.0,
    ).candidates
    assert crisp.sharpness > 4 * blurred.sharpness
    assert crisp.contrast > 2.5 * faint.contrast
    assert 0 < faint.contrast < crisp.contrast <= 0.5


def test_sharpness_is_compared_at_one_height() -> None:
    picture = np.random.default_rng(5).integers(0, 255, (12, 30), np.uint8)
    at_48 = cv2.resize(picture, (120, 48))
    assert sharpness(picture) == sharpness(at_48)
    assert sharpness(np.full((12, 30), 90, np.uint8)) == 0


@pytest.mark.parametrize("height_px", [20, 32, 96])
def test_crops_of_other_heights_are_read_too(shoot: Any, crop: Any, height_px: int) -> None:
    (found,) = read(shoot, [crop("NORTHWIND", height_px=height_px)]).candidates
    assert found.text == "NORTHWIND"


def test_batches_have_one_width_and_their_memory_is_bounded() -> None:
    widths = [160, 320, 160, 160, 1600, 1600, 320, 160]
    found = list(batches(range(8), widths, 3))
    assert found == [[0, 2, 3], [7], [1, 6], [4], [5]]
    assert sorted(place for batch in batches(range(8), widths, 64) for place in batch) == list(range(8))
    assert list(batches([], [], 3)) == []
    assert list(batches([0, 1, 2], [0, 0, 0], 2)) == [[0, 1], [2]]


def test_no_crops_no_texts_and_no_model(shoot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_ocr, "READERS", {})
    assert read(shoot, []).candidates == []


def test_progress_counts_crops(shoot: Any, crop: Any) -> None:
    said: list[tuple[int, int]] = []
    _, ctx = shoot([], on_progress=lambda *item: said.append(item))
    crops = Crops(crops=[crop("ACME", box=box) for box in range(3)])
    first = run_ocr.run(Inputs(preprocess=crops), Config(batch_size=2), ctx)
    assert said == [(2, 3), (3, 3)]
    assert encode(first) == encode(run_ocr.run(Inputs(preprocess=crops), Config(batch_size=2), ctx))


def test_the_names_in_the_config_are_those_of_the_readers() -> None:
    assert set(get_args(Backend)) == set(READERS)
    with pytest.raises(BadConfig, match="run_ocr: “backend”"):
        parse(Config, {"backend": "tesseract"}, owner="run_ocr")


def test_easyocr_without_the_extra_says_what_to_install(shoot: Any, crop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "easyocr", None)
    with pytest.raises(BadConfig, match="needs the torch extra"):
        read(shoot, [crop("ACME")], backend="easyocr")


def _views(crop: Any, *words: str, track: int = 0, blur_px: float = 0) -> list[Crop]:
    """Views of one track, the clearest first, each in a frame of its own."""
    return [
        msgspec.structs.replace(crop(text, seq=seq, box=track, blur_px=blur_px), track=track, rank=seq)
        for seq, text in enumerate(words)
    ]


def _read_views(shoot: Any, crops: list[Crop], **changes: Any) -> list[tuple[int, str]]:
    crops = sorted(crops, key=lambda one: (one.seq, one.box))
    return [(found.seq, found.text) for found in read(shoot, crops, **changes).candidates]


def test_two_views_that_agree_are_enough(shoot: Any, crop: Any) -> None:
    crops = _views(crop, "NORTHWIND", "NORTHWIND", "QUILLON")
    assert _read_views(shoot, crops) == [(0, "NORTHWIND"), (1, "NORTHWIND")]
    assert len(_read_views(shoot, crops, agreed_confidence=2)) == 3
    assert len(_read_views(shoot, crops, long_letters=20)) == 3


def test_when_the_clearest_views_differ_all_are_read(shoot: Any, crop: Any) -> None:
    crops = _views(crop, "NORTHWIND", "QUILLON", "QUILLON")
    assert _read_views(shoot, crops) == [(0, "NORTHWIND"), (1, "QUILLON"), (2, "QUILLON")]


def test_of_a_short_text_all_views_are_read(shoot: Any, crop: Any) -> None:
    assert len(_read_views(shoot, _views(crop, "ACME", "ACME", "ACME"))) == 3


def test_a_track_in_whose_clearest_views_nothing_is_read_is_left_alone(shoot: Any, crop: Any) -> None:
    crops = [*_views(crop, "", "NORTHWIND", "NORTHWIND"), *_views(crop, "QUILLON", "QUILLON", track=1)]
    assert _read_views(shoot, crops, unread_crops=1) == [(0, "QUILLON"), (1, "QUILLON")]
    assert (1, "NORTHWIND") in _read_views(shoot, crops)


def test_what_is_not_tracked_is_all_read(shoot: Any, crop: Any) -> None:
    crops = [crop("NORTHWIND", seq=seq) for seq in range(4)]
    assert len(_read_views(shoot, crops)) == 4


def test_progress_ends_with_all_crops(shoot: Any, crop: Any) -> None:
    told: list[tuple[int, int]] = []
    _, ctx = shoot([])
    ctx.progress = lambda done, total: told.append((done, total))
    run_ocr.run(Inputs(preprocess=Crops(crops=_views(crop, "ACME", "ACME", "ACME"))), Config(device="cpu"), ctx)
    assert told[-1] == (3, 3)
