"""Where model weights lie on this machine. Nothing here downloads anything."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from mpr.errors import BadConfig, MprError

_PROJECT_DIR = Path(__file__).resolve().parents[2]


def models_dir() -> Path:
    """The folder that weights named in a config are looked for in: MPR_MODELS_DIR, else `models` in MPR_HOME."""
    home = os.environ.get("MPR_HOME", "").strip() or str(_PROJECT_DIR / ".mpr")
    return Path(os.environ.get("MPR_MODELS_DIR", "").strip() or Path(home) / "models").resolve()


def easyocr_dir() -> Path:
    """Where EasyOCR's weights are looked for: `easyocr` in the models folder, where there is none in the package that
    brings those for English."""
    folder = models_dir() / "easyocr"
    if folder.is_dir():
        return folder
    spec = find_spec("easyocr_en_models")
    return Path(spec.origin).parent / "models" if spec and spec.origin else folder


def named_weights(name: str, *, setting: str) -> Path:
    """The weights file that a config names, relative to the models folder; `setting` is named in messages.

    It must lie in that folder, because a config comes from whoever may edit a profile and loading PyTorch weights can
    run code. Raises BadConfig.
    """
    folder = models_dir()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise BadConfig(f"“{setting}” names {name}, which is outside the models folder {folder}; put the file there.")
    if not path.is_file():
        raise BadConfig(
            f"“{setting}” names {name}, which is not in {folder}; put the file there or set MPR_MODELS_DIR."
        )
    return path


def bundled_path(package: str, name: str) -> Path:
    """Where an installed package has a weights file, if it has it."""
    spec = find_spec(package)
    return Path((spec.origin if spec else None) or package).parent / "models" / name


def bundled_weights(package: str, name: str) -> Path:
    """A weights file that an installed package brings along. Raises MprError when it is not there."""
    path = bundled_path(package, name)
    if not path.is_file():
        raise MprError(f"The weights {name} are missing from the {package} package; reinstall it.")
    return path
