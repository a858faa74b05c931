from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import msgspec
import pytest
import zstandard

from mpr.pipeline.codec import Record, decode, digest, encode


class Point(Record):
    x: float
    y: float
    name: str = ""


class Drawing(Record):
    points: list[Point]
    layers: dict[str, float]
    corners: tuple[tuple[float, float], ...] = ()
    picture: bytes = b""


DRAWING = Drawing(
    points=[Point(x=0.1, y=-2.5, name="äß✓"), Point(x=1e300, y=0.0)],
    layers={"b": 2.0, "a": 1.0},
    corners=((0.0, 1.0), (2.0, 3.0)),
    picture=bytes(range(256)),
)


def test_a_record_comes_back_as_it_was() -> None:
    assert decode(encode(DRAWING), Drawing) == DRAWING


def test_equal_records_give_equal_bytes_whatever_the_order_of_their_mappings() -> None:
    turned = Drawing(
        layers=dict(reversed(DRAWING.layers.items())), points=list(DRAWING.points), picture=DRAWING.picture,
        corners=DRAWING.corners,
    )  # fmt: skip
    assert turned == DRAWING
    assert encode(turned) == encode(DRAWING)


def test_bytes_and_digests_are_the_same_in_every_process() -> None:
    program = (
        "from mpr.pipeline.codec import digest, encode\n"
        "value = {word: {word} for word in ('alpha', 'beta', 'gamma', 'delta')} | {'all': {'x', 'y', 'z', 'w'}}\n"
        "print(encode(value).hex(), digest(value))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_bytes_are_much_smaller_than_the_record() -> None:
    many = Drawing(points=[Point(x=0.5, y=0.5)] * 1000, layers={})
    assert len(encode(many)) < 1000


def test_damaged_bytes_are_noticed() -> None:
    data = encode(DRAWING)
    for at in range(len(data)):
        damaged = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
        with pytest.raises((zstandard.ZstdError, msgspec.DecodeError)):
            decode(damaged, Drawing)
    for size in range(len(data)):
        with pytest.raises((zstandard.ZstdError, msgspec.DecodeError)):
            decode(data[:size], Drawing)


@pytest.mark.parametrize(
    "other",
    [{"x": 1.0, "y": 2.0, "z": 3.0}, {"x": 1.0}, {"x": "1", "y": 2.0}, [1.0, 2.0]],
    ids=["a field too many", "a field too few", "another type", "a list"],
)
def test_what_is_not_that_record_is_not_taken_for_it(other: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(encode(other), Point)


def test_records_cannot_be_changed() -> None:
    point = Point(x=0.0, y=0.0)
    with pytest.raises(AttributeError):
        point.x = 1.0  # type: ignore[misc]


def test_equal_values_give_equal_digests_whatever_the_key_order() -> None:
    assert digest({"a": 1, "b": {"c": [1, 2], "d": None}}) == digest({"b": {"d": None, "c": [1, 2]}, "a": 1})
    assert digest(DRAWING) == digest(msgspec.convert(msgspec.to_builtins(DRAWING), Drawing))
    assert digest({"t": (1, 2)}) == digest({"t": [1, 2]})


DIFFERENT = [{"a": 1}, {"a": 2}, {"b": 1}, {"a": "1"}, {"a": [1]}, {"a": None}, {}, [], "", None, 0, ["a", 1], ["a1"]]


def test_different_values_give_different_digests() -> None:
    digests = [digest(value) for value in DIFFERENT]
    assert len(set(digests)) == len(DIFFERENT)
    assert all(len(found) == 64 for found in digests)
