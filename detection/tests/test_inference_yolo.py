from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from detection.inference.findings import Found
from detection.inference.yolo import ObjectSearch, load_object_detector
from mpr.errors import BadConfig

NAMES = ("board", "ball")
CELLS = 8 * 8 + 4 * 4 + 2 * 2  # of a 64 px input with strides 8, 16 and 32
ALL = ObjectSearch(confidence=0.3, max_overlap=0.5, classes=())
SQUARE = np.zeros((64, 64, 3), np.uint8)

# Boxes in pixels of the input: centre, size, class, score.
BOARD = ((20.0, 12.0), (16.0, 8.0), 0, 0.9)
BOARD_AGAIN = ((21.0, 12.0), (16.0, 8.0), 0, 0.8)
BALL_ON_BOARD = ((20.0, 12.0), (16.0, 8.0), 1, 0.7)
FAINT = ((50.0, 50.0), (8.0, 8.0), 1, 0.2)


def yolo_table(*boxes: Any, classes: int = 2, cells: int = CELLS) -> np.ndarray:
    table = np.zeros((1, 4 + classes, cells))
    for column, (centre, size, label, score) in enumerate(boxes):
        table[0, :4, column] = (*centre, *size)
        table[0, 4 + label, column] = score
    return table


def yolox_table(*boxes: Any, classes: int = 2) -> np.ndarray:
    """Each box in a cell of the finest grid (stride 8), the second of two in one cell in the middle grid."""
    table = np.zeros((1, CELLS, 5 + classes))
    for centre, size, label, score in boxes:
        for stride, first in ((8, 0), (16, 64)):
            column, row = int(centre[0] // stride), int(centre[1] // stride)
            cell = table[0, first + row * (64 // stride) + column]
            if not cell.any():
                cell[:2] = centre[0] / stride - column, centre[1] / stride - row
                cell[2:4] = np.log(np.array(size) / stride)
                cell[4], cell[5 + label] = 0.5, score * 2
                break
        else:
            raise AssertionError("no cell left")
    return table


def end_to_end_table(*boxes: Any) -> np.ndarray:
    rows = [(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, label) for (cx, cy), (w, h), label, score in boxes]
    return np.array([rows])


HEADS = [
    pytest.param(yolo_table, id="YOLOv8 and 11"),
    pytest.param(yolox_table, id="YOLOX"),
    pytest.param(end_to_end_table, id="end to end"),
]


def load(name: str = "net.onnx", *, head: Any = "auto", names: tuple[str, ...] = NAMES, input_px: int = 64) -> Any:
    return load_object_detector(name, head, names, input_px, 1, "cpu")


def corners(found: Found) -> tuple[float, float, float, float]:
    return (*found.quad[0], *found.quad[2])


@pytest.mark.parametrize("table", HEADS)
def test_every_head_gives_the_boxes_that_went_in(network: Any, table: Any) -> None:
    network("net.onnx", output=table(BOARD, FAINT))
    (found,) = load().find(SQUARE, ALL)
    assert corners(found) == pytest.approx((12, 8, 28, 16), abs=0.02)
    assert (found.label, found.score) == ("board", pytest.approx(0.9, abs=1e-3))


@pytest.mark.parametrize("table", HEADS)
def test_repeats_of_one_class_are_dropped_and_other_classes_stay(network: Any, table: Any) -> None:
    network(
        "net.onnx",
        output=table(BOARD, BOARD_AGAIN) if table is yolox_table else table(BOARD_AGAIN, BOARD, BALL_ON_BOARD),
    )
    found = load().find(SQUARE, ALL)
    expected = [("board", 0.9)] if table is yolox_table else [("board", 0.9), ("ball", 0.7)]
    assert [(one.label, round(one.score, 2)) for one in found] == expected


@pytest.mark.parametrize(
    ("table", "left", "top"),
    [
        pytest.param(yolo_table, 0, 16, id="YOLOv8 pads on both sides"),
        pytest.param(yolox_table, 0, 0, id="YOLOX pads at the bottom"),
        pytest.param(end_to_end_table, 0, 16, id="end to end pads on both sides"),
    ],
)
def test_boxes_come_back_into_a_wide_picture(network: Any, table: Any, left: int, top: int) -> None:
    network("net.onnx", output=table(((20.0, 24.0), (16.0, 8.0), 0, 0.9)))
    wide = np.zeros((320, 640, 3), np.uint8)  # a tenth of it fills the input's width and half its height
    (found,) = load().find(wide, ALL)
    expected = ((12 - left) * 10, (20 - top) * 10, (28 - left) * 10, (28 - top) * 10)
    assert corners(found) == pytest.approx(expected, abs=0.5)


def test_boxes_are_clipped_to_the_picture_and_those_outside_are_dropped(network: Any) -> None:
    outside = ((32.0, 4.0), (16.0, 8.0), 1, 0.9)  # in the padding above a wide picture
    network("net.onnx", output=yolo_table(((0.0, 32.0), (20.0, 8.0), 0, 0.9), outside))
    (found,) = load().find(np.zeros((32, 64, 3), np.uint8), ALL)
    assert corners(found) == (0, 12, 10, 20)


@pytest.mark.parametrize(
    ("table", "channel", "scale", "bgr"),
    [
        pytest.param(end_to_end_table, 0, 1.0, (0, 0, 255), id="RGB from 0 to 1"),
        pytest.param(yolox_table, 0, 1 / 255, (255, 0, 0), id="BGR from 0 to 255"),
    ],
)
def test_channels_and_range_are_those_of_the_head(
    network: Any, table: Any, channel: int, scale: float, bgr: tuple[int, int, int]
) -> None:
    output = table((*BOARD[:3], 0.0 if table is end_to_end_table else 0.4))
    means = np.zeros((3, output.shape[-1]))
    # The mean of the first channel becomes the score: end to end directly, with YOLOX as objectness.
    means[channel, 4] = scale
    network("net.onnx", output=output, means=means)
    detector = load()
    bright = detector.find(np.full((64, 64, 3), bgr, np.uint8), ALL)
    dark = detector.find(
        np.full((64, 64, 3), bgr[::-1], np.uint8), ObjectSearch(confidence=0.5, max_overlap=1, classes=())
    )
    expected = 1.0 if table is end_to_end_table else 0.8 * 1.5
    assert [one.score for one in bright] == [pytest.approx(expected, abs=0.01)]
    assert dark == []


def test_the_head_may_be_named(network: Any) -> None:
    network("net.onnx", output=end_to_end_table(BOARD))
    assert load(head="end_to_end").find(SQUARE, ALL)[0].label == "board"


def test_inputs_of_open_size_take_the_configured_side(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD), input_shape=(1, 3, 0, 0))
    (found,) = load(input_px=64).find(np.zeros((128, 128, 3), np.uint8), ALL)
    assert corners(found) == pytest.approx((24, 16, 56, 32))


def test_class_names_come_from_the_file_first(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD), names="{0: 'hoarding', 1: 'puck'}")
    assert load(names=()).find(SQUARE, ALL)[0].label == "hoarding"


def test_eighty_nameless_classes_are_those_of_coco(network: Any) -> None:
    table = yolo_table((*BOARD[:2], 32, 0.9), classes=80, cells=16 * 16 + 8 * 8 + 4 * 4)
    network("net.onnx", output=table, input_shape=(1, 3, 128, 128))
    assert load(names=()).find(SQUARE, ALL)[0].label == "sports ball"


def test_only_wanted_classes_are_kept(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD, BALL_ON_BOARD))
    found = load().find(SQUARE, ObjectSearch(confidence=0.3, max_overlap=0.5, classes=("ball",)))
    assert [one.label for one in found] == ["ball"]


def test_a_class_it_does_not_know_is_refused(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD))
    with pytest.raises(
        BadConfig, match=r"“yolo_classes” names goal, which net.onnx does not know; it has board, ball\."
    ):
        load().find(SQUARE, ObjectSearch(confidence=0.3, max_overlap=0.5, classes=("goal",)))


@pytest.mark.parametrize(
    ("output", "names", "sentence"),
    [
        pytest.param(
            yolo_table(BOARD, classes=3), (), r"net.onnx has 3 classes; name them all in “yolo_names”", id="nameless"
        ),
        pytest.param(yolox_table(BOARD), ("a",), r"net.onnx has 2 classes; name them all", id="too few names"),
        pytest.param(yolo_table(BOARD), ("a", "b", "c"), r"net.onnx has 2 classes; name them all", id="too many names"),
        pytest.param(
            np.zeros((1, 7, 9)), NAMES, r"The output \(1, 7, 9\) of net.onnx is none of the known", id="layout"
        ),
    ],
)
def test_networks_it_cannot_understand_are_refused(
    network: Any, output: Any, names: tuple[str, ...], sentence: str
) -> None:
    network("net.onnx", output=output)
    with pytest.raises(BadConfig, match=sentence):
        load(names=names)


def test_a_file_that_is_no_network_is_refused(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD)).write_bytes(b"no network")
    with pytest.raises(BadConfig, match=r"net.onnx is not a model that ONNX Runtime can run"):
        load()


def test_a_network_that_takes_no_pictures_is_refused(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD), input_shape=(1, 3, 64, 64, 2))
    with pytest.raises(BadConfig, match=r"net.onnx does not take pictures"):
        load()


def test_a_network_for_whole_batches_is_refused(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD), input_shape=(6, 3, 64, 64))
    with pytest.raises(BadConfig, match=r"net.onnx cannot be run on one picture"):
        load()


def test_other_endings_are_refused(network: Any) -> None:
    network("net.onnx", output=yolo_table(BOARD)).rename(network("net.bin", output=yolo_table(BOARD)))
    with pytest.raises(BadConfig, match=r"weights end in .onnx or .pt"):
        load("net.bin")


def test_pt_weights_without_the_torch_extra_say_so(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    network("net.pt", output=yolo_table(BOARD))
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BadConfig, match=r"net.pt, which needs the torch extra"):
        load("net.pt")


class FakeYolo:
    """Speaks as much of ultralytics' interface as the detector uses."""

    names = {0: "board", 1: "ball"}

    def __init__(self, path: str) -> None:
        if path.endswith("broken.pt"):
            raise RuntimeError("invalid magic number")

    def predict(self, image: Any, **asked: Any) -> list[Any]:
        self.asked = asked
        values = {"xyxy": [[1, 2, 3, 4], [10, 20, 30, 40]], "conf": [0.5, 0.75], "cls": [1, 0]}
        return [SimpleNamespace(boxes=SimpleNamespace(**{key: np.array(value) for key, value in values.items()}))]


@pytest.fixture
def ultralytics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ultralytics", SimpleNamespace(YOLO=FakeYolo))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False)))
    for name in ("YOLO_OFFLINE", "YOLO_AUTOINSTALL"):
        monkeypatch.setenv(name, "")


def test_pt_weights_go_through_ultralytics_which_stays_offline(
    network: Any, ultralytics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    network("net.pt", output=yolo_table(BOARD))
    detector = load("net.pt")
    assert (os.environ["YOLO_OFFLINE"], os.environ["YOLO_AUTOINSTALL"]) == ("true", "false")
    found = detector.find(SQUARE, ObjectSearch(confidence=0.3, max_overlap=0.6, classes=("board",)))
    assert [(one.label, one.score, corners(one)) for one in found] == [
        ("board", 0.75, (10, 20, 30, 40)),
        ("ball", 0.5, (1, 2, 3, 4)),
    ]
    asked = detector._model.asked
    assert asked == {"conf": 0.3, "iou": 0.6, "imgsz": 64, "classes": [0], "device": "cpu", "verbose": False}


def test_pt_weights_that_do_not_load_are_refused(network: Any, ultralytics: None) -> None:
    network("broken.pt", output=yolo_table(BOARD))
    with pytest.raises(BadConfig, match=r"broken.pt cannot be loaded by ultralytics"):
        load("broken.pt")
