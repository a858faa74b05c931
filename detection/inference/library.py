"""Which model files are on this machine: those that packages bring along, and those in the models folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detection.inference.catalogue import entry_of
from detection.inference.ppocr import DETECTION_WEIGHTS, READING_WEIGHTS
from detection.inference.used import file_digest
from detection.inference.weights import bundled_path, models_dir
from mpr.errors import from_os_error

SUFFIXES = (".onnx", ".pt", ".pth", ".safetensors", ".torchscript")
UNKNOWN = "unknown; ask whoever gave you the file"
_SHIPPED = Path(__file__).resolve().parents[1] / "logos" / "weights"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model file. `origin` says who brought it: a package, MPR itself, or the models folder."""

    name: str
    path: Path
    origin: str
    size: int
    sha256: str
    licence: str


def here() -> list[Model]:
    """All of them, those of packages first. Raises MprError when a file cannot be read."""
    found = [("rapidocr", name, bundled_path("rapidocr", name)) for name in (DETECTION_WEIGHTS, READING_WEIGHTS)]
    found += [("mpr", path.name, path) for path in _files(_SHIPPED)]
    folder = models_dir()
    found += [("models folder", path.relative_to(folder).as_posix(), path) for path in _files(folder)]
    return [_model(origin, name, path) for origin, name, path in found if path.is_file()]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def _model(origin: str, name: str, path: Path) -> Model:
    try:
        size, sha256 = path.stat().st_size, file_digest(path)
    except OSError as error:
        raise from_os_error(error, f"read {path}") from error
    entry = entry_of(sha256=sha256, name=name)
    licence = entry.licence if entry else UNKNOWN
    return Model(name=name, path=path, origin=origin, size=size, sha256=sha256, licence=licence)
