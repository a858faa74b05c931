from __future__ import annotations

from collections.abc import Callable

import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.contract import Promise, check_contract, read_contract
from mpr.errors import BadInput


@pytest.fixture
def report(film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report]) -> Report:
    """A minute: Aldermoor from 5 to 15 s and from 40 to 42 s."""
    return compiled(film(120), [sighting(seq) for seq in (*range(10, 30), *range(80, 84))])


def test_a_kept_and_a_missed_promise(report: Report) -> None:
    check = check_contract(report, [Promise(brand="ALDERMOOR", placement="any", promised_s=12.0),
                                    Promise(brand="Aldermoor", placement="board", promised_s=4.0)])  # fmt: skip

    met, missed = check.promises
    assert (met.met, met.delivered_s, met.missing_s, met.share) == (True, 12.0, 0.0, 1.0)
    assert met.gaps == [(15.0, 40.0), (42.0, 60.0)]
    assert met.longest_gap_s == 25.0
    assert (missed.met, missed.delivered_s, missed.missing_s) == (False, 0.0, 4.0)
    assert missed.gaps == [(0.0, 60.0)]
    assert (check.met, check.missed) == (1, 1)


def test_a_promise_for_a_part_of_the_footage(report: Report) -> None:
    (kept,) = check_contract(
        report, [Promise(brand="Aldermoor", placement="any", promised_s=3.0, from_s=12.0, to_s=41.0)], least_gap_s=5
    ).promises

    assert (kept.delivered_s, kept.met, kept.gaps) == (4.0, True, [(15.0, 40.0)])


def test_a_brand_that_was_never_seen(report: Report) -> None:
    (kept,) = check_contract(report, [Promise(brand="Quillon", placement="any", promised_s=30.0)]).promises

    assert (kept.met, kept.delivered_s, kept.missing_s, kept.share) == (False, 0.0, 30.0, 0.0)


def test_a_contract_is_read() -> None:
    text = (
        '\ufeffbrand, placement, promised_s, from_s, to_s\nAldermoor,Board,90,,\n\n"Quillon, Ltd.",,1:30,0:10,1:00:00\n'
    )

    assert read_contract(text) == [
        Promise(brand="Aldermoor", placement="board", promised_s=90.0),
        Promise(brand="Quillon, Ltd.", placement="any", promised_s=90.0, from_s=10.0, to_s=3600.0),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("", "lacks the column “brand”", id="empty"),
        pytest.param("brand,promised_s\n", "promises nothing", id="no lines"),
        pytest.param("brand,seconds\nA,3\n", "a column “seconds”", id="unknown column"),
        pytest.param("brand,placement\nA,board\n", "lacks the column “promised_s”", id="no seconds"),
        pytest.param("brand,promised_s\n,3\n", "Line 2 of the contract names no brand", id="no brand"),
        pytest.param("brand,promised_s\nA,soon\n", "promised_s “soon” is no time", id="no number"),
        pytest.param("brand,promised_s\nA,0\n", "promises no time", id="nothing promised"),
        pytest.param("brand,promised_s\nA,-5\n", "is no time", id="negative"),
        pytest.param("brand,promised_s\nA,nan\n", "is no time", id="not a number"),
        pytest.param("brand,placement,promised_s\nA,bord,3\n", "Did you mean “board”?", id="misspelt placement"),
        pytest.param("brand,promised_s,from_s,to_s\nA,3,9,4\n", "to_s must be later", id="window turned round"),
        pytest.param("brand,promised_s\nA,3,4\n", "more cells than the header", id="too many cells"),
    ],
)
def test_what_is_wrong_with_a_contract_is_said(text: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_contract(text)
