from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.accuracy import naive


@pytest.mark.parametrize(
    ("text", "brands"),
    [
        pytest.param("ALDERMOOR", ["Aldermoor"], id="as written"),
        pytest.param("Aldermuor", ["Aldermoor"], id="one letter wrong"),
        pytest.param("the aldermoor bank", ["Aldermoor"], id="within a longer text"),
        pytest.param("QVX", ["QVX"], id="short and exact"),
        pytest.param("QVXY", [], id="short names are not looked for within texts"),
        pytest.param("Alderm", [], id="a part of it"),
        pytest.param("A", [], id="one letter"),
    ],
)
def test_names_are_found_as_a_script_would(text: str, brands: list[str]) -> None:
    assert list(naive.named(text, {"Aldermoor": ["aldermoor"], "QVX": ["qvx"]})) == brands


def test_hits_in_neighbouring_samples_are_one_event() -> None:
    spans = [(event["start_s"], event["end_s"]) for event in naive.joined([3.0, 1.0, 1.5, 1.0, 4.8], 5.0)]

    assert spans == [(1.0, 2.0), (3.0, 3.5), (4.8, 5.0)]


def test_brand_list_is_read_with_aliases(tmp_path: Path) -> None:
    (tmp_path / "brands.csv").write_text("canonical_name,aliases\nTin Comet,TinComet;Tin Comet Tea\nQVX,\n")

    assert naive.read_brands(tmp_path / "brands.csv") == {
        "Tin Comet": ["tincomet", "tincomet", "tincomettea"],
        "QVX": ["qvx"],
    }
