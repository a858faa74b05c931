from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from detection.records import BrandMatch, Escalation, Matches, StoredMatches
from detection.report import columns
from mpr.pipeline.codec import decode, encode

LEFT, RIGHT = (0.1, 0.4, 0.3, 0.5), (0.7, 0.4, 0.9, 0.5)


def packed(*matches: BrandMatch) -> list[Raw]:
    return [Raw(msgspec.msgpack.encode(match)) for match in matches]


@pytest.mark.parametrize("kind", [Matches, Escalation])
def test_every_rung_is_read_in_the_same_lean_form(
    kind: Any, sighting: Callable[..., BrandMatch], question: Any
) -> None:
    more = {"asked": 1, "cost_usd_micros": 900} if kind is Escalation else {}
    given = kind(matches=[sighting(3), sighting(4)], unresolved=[question([5])], **more)

    found = decode(encode(given), StoredMatches)

    assert msgspec.msgpack.decode(found.matches[1], type=BrandMatch) == given.matches[1]
    assert found.unresolved == given.unresolved


def test_rows_are_ordered_by_frame_brand_and_place(sighting: Callable[..., BrandMatch]) -> None:
    first = packed(sighting(2, "Quillon"), sighting(1, "Quillon", box=RIGHT), sighting(2, "Aldermoor"))

    found, words = columns.read([first, packed(sighting(1, "Quillon", box=LEFT))])

    assert words.names == ["Aldermoor", "Quillon"]
    assert list(zip(found.seq.tolist(), found.brand.tolist(), found.record.tolist(), strict=True)) == [
        (1, 1, 3),
        (1, 1, 1),
        (2, 0, 2),
        (2, 1, 0),
    ]


def test_of_doubles_the_first_rung_stands_and_of_one_rung_the_surest(sighting: Callable[..., BrandMatch]) -> None:
    found, words = columns.read(
        [
            packed(sighting(1, text="UNSURE", confidence=0.6), sighting(1, text="SURE", confidence=0.8)),
            packed(sighting(1, text="LATER", method="cloud_llm"), sighting(1, box=RIGHT, method="cloud_llm")),
        ]
    )

    assert [words.of(record) for record in found.record.tolist()] == [("SURE", "ocr"), ("ALDERMOOR", "cloud_llm")]


def test_more_than_are_unpacked_at_a_time(sighting: Callable[..., BrandMatch]) -> None:
    found, _ = columns.read([packed(*(sighting(seq, confidence=seq / 5000) for seq in range(4999, -1, -1)))])

    assert found.seq.tolist() == list(range(5000))
    assert found.confidence.tolist() == [seq / 5000 for seq in range(5000)]


def test_nothing_at_all() -> None:
    found, words = columns.read([[], []])

    assert (len(found), words.names, found.outline_px.shape) == (0, [], (0, 4, 2))
