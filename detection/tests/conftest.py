"""Footage and networks made by the tests themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from detection.records import KeptFrame, Scenes, Shot
from mpr.pipeline.blobs import Folder
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, encode_jpeg

Shoot = Callable[..., tuple[Scenes, Context]]


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    """`shoot(pictures)` stores BGR pictures as kept frames half a second apart; gives the scenes and a context."""

    def make(pictures: Sequence[Any], **context: Any) -> tuple[Scenes, Context]:
        blobs, pack, kept = Folder(tmp_path), b"", []
        for seq, picture in enumerate(pictures):
            jpeg = encode_jpeg(picture, quality=95)
            height, width = picture.shape[:2]
            frame = Frame(
                seq=seq, pts_s=seq / 2, width_px=width, height_px=height, pack="pack", offset=len(pack), size=len(jpeg)
            )
            kept.append(KeptFrame(frame=frame, shot=0, start_s=seq / 2, end_s=seq / 2 + 0.5))
            pack += jpeg
        blobs.write("pack", pack)
        end_s = len(kept) / 2
        scenes = Scenes(shots=[Shot(number=0, start_s=0.0, end_s=end_s)], frames=kept, dropped=0)
        span = Span(number=0, start_s=0.0, end_s=end_s)
        return scenes, Context(span=span, blobs=blobs, media=blobs, prefix="shard", **context)

    return make


Write = Callable[..., Any]


@pytest.fixture
def write() -> Write:
    """`write(picture, text, at=(x, y), size_px=…, turn_deg=…, colour=…)` draws text with its centre at a point, turned
    clockwise, and gives the picture."""

    def draw(
        picture: Any,
        text: str,
        *,
        at: tuple[int, int],
        size_px: int = 40,
        turn_deg: float = 0.0,
        colour: tuple[int, int, int] = (255, 255, 255),
    ) -> Any:
        font = ImageFont.load_default(size_px)
        left, top, right, bottom = (int(side) for side in font.getbbox(text))
        label = Pillow.new("L", (right - left + 8, bottom - top + 8))
        ImageDraw.Draw(label).text((4 - left, 4 - top), text, fill=255, font=font)
        turned = label.rotate(-turn_deg, expand=True, resample=Pillow.Resampling.BICUBIC)
        canvas = Pillow.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        corner = (at[0] - turned.width // 2, at[1] - turned.height // 2)
        canvas.paste(Pillow.new("RGB", turned.size, colour[::-1]), corner, turned)
        return cv2.cvtColor(np.asarray(canvas), cv2.COLOR_RGB2BGR)

    return draw


Network = Callable[..., Path]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    """`network("x.onnx", output=…, input_shape=…)` writes an ONNX file into the models folder. Whatever the picture,
    the network answers `output` plus the mean of each input channel times `means` (3, columns)."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("MPR_MODELS_DIR", str(folder))

    def make(
        name: str,
        *,
        output: Any,
        input_shape: tuple[int, ...] = (1, 3, 64, 64),
        means: Any = None,
        names: str = "",
    ) -> Path:
        output = np.asarray(output, np.float32)
        weights = np.zeros((3, output.shape[-1])) if means is None else means
        graph = (
            _node("ReduceMean", ["images"], ["mean"], axes=list(range(2, len(input_shape))), keepdims=[0])
            + _node("MatMul", ["mean", "weights"], ["shift"])
            + _node("Add", ["table", "shift"], ["output"])
            + _field(2, b"net")
            + _field(5, _tensor("table", output))
            + _field(5, _tensor("weights", np.asarray(weights, np.float32)))
            + _field(11, _value("images", input_shape))
            + _field(12, _value("output", output.shape))
        )
        model = _field(1, 8) + _field(7, graph) + _field(8, _field(2, 13))
        if names:
            model += _field(14, _field(1, b"names") + _field(2, names.encode()))
        path = folder / name
        path.write_bytes(model)
        return path

    return make


# The few ONNX messages that a network this small needs, by their field numbers in onnx.proto3.


def _varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _node(kind: str, inputs: list[str], outputs: list[str], **attributes: list[int]) -> bytes:
    body = b"".join(_field(1, name.encode()) for name in inputs) + b"".join(
        _field(2, name.encode()) for name in outputs
    )
    body += _field(4, kind.encode())
    for name, values in attributes.items():
        whole = name == "keepdims"
        numbers = _field(3, values[0]) if whole else b"".join(_field(8, value) for value in values)
        body += _field(5, _field(1, name.encode()) + numbers + _field(20, 2 if whole else 7))
    return _field(1, body)


def _tensor(name: str, values: Any) -> bytes:
    sizes = b"".join(_field(1, size) for size in values.shape)
    return sizes + _field(2, 1) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    sizes = b"".join(_field(1, _field(1, size)) if size else _field(1, _field(2, b"side")) for size in shape)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, 1) + _field(2, sizes)))
