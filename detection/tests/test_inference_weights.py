from __future__ import annotations

from pathlib import Path

import pytest

from detection.inference import sessions
from detection.inference.sessions import uses_cuda
from detection.inference.weights import bundled_weights, models_dir, named_weights
from mpr.errors import BadConfig, MprError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    models = tmp_path / "models"
    models.mkdir()
    (models / "net.onnx").touch()
    (tmp_path / "outside.onnx").touch()
    monkeypatch.setenv("MPR_MODELS_DIR", str(models))
    return models


def test_weights_are_looked_for_in_the_models_folder(folder: Path) -> None:
    assert named_weights("net.onnx", setting="yolo_weights") == folder / "net.onnx"
    assert named_weights(str(folder / "net.onnx"), setting="yolo_weights") == folder / "net.onnx"


@pytest.mark.parametrize("name", ["../outside.onnx", "/etc/passwd", "a/../../outside.onnx"])
def test_weights_outside_the_models_folder_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(BadConfig, match=r"“yolo_weights” names .*, which is outside the models folder"):
        named_weights(name, setting="yolo_weights")


def test_a_link_out_of_the_models_folder_is_refused(folder: Path) -> None:
    (folder / "link.onnx").symlink_to(folder.parent / "outside.onnx")
    with pytest.raises(BadConfig, match="outside the models folder"):
        named_weights("link.onnx", setting="yolo_weights")


@pytest.mark.parametrize("name", ["other.onnx", "."])
def test_missing_weights_say_where_to_put_them(folder: Path, name: str) -> None:
    with pytest.raises(BadConfig, match=r"which is not in .*models; put the file there or set MPR_MODELS_DIR"):
        named_weights(name, setting="yolo_weights")


def test_the_models_folder_is_in_the_home_unless_it_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as environment:
        environment.delenv("MPR_MODELS_DIR", raising=False)
        environment.setenv("MPR_HOME", str(tmp_path))
        assert models_dir() == tmp_path / "models"


def test_weights_missing_from_a_package_are_never_fetched() -> None:
    with pytest.raises(MprError, match=r"The weights gone.onnx are missing from the rapidocr package; reinstall it\."):
        bundled_weights("rapidocr", "gone.onnx")
    with pytest.raises(MprError, match="missing from the no_such_package package"):
        bundled_weights("no_such_package", "gone.onnx")


@pytest.mark.parametrize(
    ("providers", "device", "expected"),
    [
        pytest.param(["CPUExecutionProvider"], "auto", False, id="auto without a card"),
        pytest.param(["CUDAExecutionProvider", "CPUExecutionProvider"], "auto", True, id="auto with a card"),
        pytest.param(["CUDAExecutionProvider", "CPUExecutionProvider"], "cpu", False, id="cpu in spite of a card"),
        pytest.param(["CUDAExecutionProvider", "CPUExecutionProvider"], "cuda", True, id="cuda with a card"),
    ],
)
def test_the_card_is_used_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, providers: list[str], device: sessions.Device, expected: bool
) -> None:
    monkeypatch.setattr(sessions.onnxruntime, "get_available_providers", lambda: providers)
    assert uses_cuda(device) is expected


def test_asking_for_a_card_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(BadConfig, match=r"“device” is cuda, but ONNX Runtime has no CUDA here"):
        uses_cuda("cuda")
