from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from detection.records import BrandMatch, Fields, Matches, Scenes, StoredMatches
from detection.report import packed as packing
from detection.report.compiling import compile_report
from detection.report.measured import Measured, Rung, measure
from detection.report.packed import packed, unpacked
from detection.report.settings import Config
from mpr.pipeline.codec import decode, encode


@pytest.fixture
def measured(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], question: Any, field: Callable[..., list[Fields]]
) -> Measured:
    matches = [sighting(seq, brand, box=(0.1 * place, 0.4, 0.1 * place + 0.15, 0.5))
               for seq in range(8) for place, brand in enumerate(("Aldermoor", "Quillon", "Aldermoor"))]  # fmt: skip
    given = Matches(matches=matches, unresolved=[question([2, 3], nearest_brand="Quillon")])
    rung = Rung(method="ocr", found=decode(encode(given), StoredMatches))
    return measure(film(4, 4), [rung], fields=field(dict.fromkeys(range(6), (0, 0.5, 1, 1))))


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(Config(), id="standard"),
        pytest.param(Config(min_area_share=0.016, bridge_s=0.0, quality_size_exponent=0.0), id="others"),
    ],
)
def test_a_report_from_packed_values_is_that_from_the_outputs(measured: Measured, config: Config) -> None:
    again = unpacked(packed(measured))

    assert again is not None
    assert encode(compile_report(again, config).report) == encode(compile_report(measured, config).report)


def test_equal_values_give_equal_bytes(measured: Measured) -> None:
    assert packed(measured) == packed(replace(measured))


def test_what_another_version_packed_is_not_read(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed(measured)
    monkeypatch.setattr(packing, "VERSION", packing.VERSION + 1)

    assert unpacked(data) is None
