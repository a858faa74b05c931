"""Reading text with EasyOCR, which comes with the torch extra."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import cv2

from detection.inference.findings import Reading
from detection.inference.sessions import Device
from detection.inference.weights import easyocr_dir, models_dir
from mpr.errors import BadConfig
from mpr.pipeline.frames import Image


class EasyOcrReader:
    """Reads upright crops of single lines of text. Raises BadConfig when EasyOCR or its weights are missing."""

    def __init__(self, languages: tuple[str, ...], device: Device) -> None:
        try:
            import easyocr
            import torch
        except ImportError as error:
            raise BadConfig(
                "“backend” is easyocr, which needs the torch extra; install mpr[torch] or use ppocr."
            ) from error
        if device == "cuda" and not torch.cuda.is_available():
            raise BadConfig("“device” is cuda, but PyTorch finds no CUDA here; set it to auto.")
        folder = easyocr_dir()
        try:
            self._reader = easyocr.Reader(
                list(languages),
                gpu=device != "cpu" and torch.cuda.is_available(),
                model_storage_directory=str(folder),
                user_network_directory=str(folder),
                download_enabled=False,
                detector=False,
                verbose=False,
            )
        except FileNotFoundError as error:
            wanted = ", ".join(languages)
            raise BadConfig(
                f"EasyOCR's weights for {wanted} are not in {folder}; put all it needs into {models_dir() / 'easyocr'}."
            ) from error
        except ValueError as error:
            raise BadConfig(f"EasyOCR cannot read {', '.join(languages)} together; check “languages”.") from error

    def width_px(self, image: Image) -> int:
        """Crops of any width may share a batch: EasyOCR reads them one by one."""
        return 0

    def read(self, images: Sequence[Image]) -> list[Reading]:
        """One reading per BGR crop; the text may be empty."""
        return [self._read(image) for image in images]

    def _read(self, image: Image) -> Reading:
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        height, width = grey.shape
        lines = self._reader.recognize(grey, horizontal_list=[[0, width, 0, height]], free_list=[], reformat=False)
        texts = [str(text).strip() for _, text, _ in lines]
        scores = [float(score) for _, _, score in lines]
        return Reading(
            text=" ".join(text for text in texts if text),
            score=round(sum(scores) / len(scores), 4) if scores else 0.0,
        )


def load_parameters(path: Path) -> int:
    """How many parameters a file of EasyOCR's weights holds. Raises BadConfig when it holds none."""
    import torch

    try:
        # Only tensors: a file of weights must not be able to run code.
        tensors = torch.load(path, map_location="cpu", weights_only=True)
        return sum(int(tensor.numel()) for tensor in tensors.values())
    except (RuntimeError, ValueError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise BadConfig(f"{path.name} holds no weights that PyTorch can read; fetch it again.") from error


def load_easyocr_reader(languages: tuple[str, ...], device: Device) -> EasyOcrReader:
    """The EasyOCR reader for these languages (ISO codes)."""
    return EasyOcrReader(languages, device)
