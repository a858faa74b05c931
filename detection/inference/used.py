"""Which model files a stage uses with a config, and what their bytes are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from detection.inference.ppocr import DETECTION_WEIGHTS, READING_WEIGHTS
from detection.inference.weights import bundled_path, easyocr_dir, models_dir

EASYOCR_FOLDER = "easyocr"
LOGO_WEIGHTS = Path(__file__).resolve().parents[1] / "logos" / "weights"


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A model file: the name under which settings and messages speak of it, and where it lies or should."""

    name: str
    path: Path


def weights_used(stage_name: str, config: Mapping[str, Any]) -> list[Weights]:
    """The model files of a stage with these settings, plain values and all of them; whether they are there or not."""
    found = []
    if stage_name == "detect_objects":
        if "text" in config["detectors"]:
            found.append(_bundled(DETECTION_WEIGHTS))
        if "yolo" in config["detectors"] and config["yolo_weights"]:
            path = (models_dir() / config["yolo_weights"]).resolve()
            # One outside is refused when it is loaded, and must not even be looked at.
            found += [Weights(name=config["yolo_weights"], path=path)] if path.is_relative_to(models_dir()) else []
    if stage_name == "embed_regions":
        found += logo_weights()
    if stage_name == "match_logos":
        found += brand_weights()
    if stage_name == "run_ocr":
        found += [_bundled(READING_WEIGHTS)] if config["backend"] == "ppocr" else easyocr_weights()
    return found


def logo_weights() -> list[Weights]:
    """The networks that find logos and say what they look like, which ship."""
    return [_shipped(name) for name in ("logos.onnx", "scout.onnx")]


def brand_weights() -> list[Weights]:
    """The networks that say whose logo it is, which ship."""
    return [_shipped(name) for name in ("logos.onnx", "pairs.onnx")]


def brand_evidence() -> list[Weights]:
    """All files that it rests on whose logo it is: these networks, what plainness is measured with, and the rule."""
    return [*brand_weights(), _shipped("others.npy"), _shipped("rule.json")]


def easyocr_weights() -> list[Weights]:
    """The files that EasyOCR finds; which of them it reads depends on its languages."""
    paths = sorted(easyocr_dir().glob("*.pth"))
    return [Weights(name=f"{EASYOCR_FOLDER}/{path.name}", path=path) for path in paths]


def digests(weights: list[Weights]) -> dict[str, str]:
    """The SHA-256 of those that are there, by name."""
    return {one.name: file_digest(one.path) for one in weights if one.path.is_file()}


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits. Raises OSError."""
    facts = path.stat()
    return _digest(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=256)
def _digest(path: Path, size: int, changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shipped(name: str) -> Weights:
    return Weights(name=name, path=LOGO_WEIGHTS / name)


def _bundled(name: str) -> Weights:
    return Weights(name=name, path=bundled_path("rapidocr", name))
