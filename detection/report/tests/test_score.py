from __future__ import annotations

from typing import Any

import pytest

from detection.report.score import score
from mpr.errors import BadInput

FPS = 10


def instance(brand: str = "Aldermoor", **changes: Any) -> dict[str, Any]:
    quad = [[0, 0], [100, 0], [100, 30], [0, 30]]
    return {"brand": brand, "quad": quad, "visible": 1.0, "height_px": 30, "blur_px": 0, "mode": "word"} | changes


def frames(*stretches: tuple[int, list[dict[str, Any]]], brands: tuple[str, ...] = ("Aldermoor",)) -> dict[str, Any]:
    """Truth of so many frames each showing these instances, at ten frames a second."""
    shown = [instances for count, instances in stretches for _ in range(count)]
    return {"fps": FPS, "width": 1280, "height": 720, "brands": list(brands), "frames": shown}


def report(**spans: list[tuple[float, float]]) -> dict[str, Any]:
    return {
        "video": {"fps": 25.0},
        "brands": [
            {"brand": brand, "events": [{"start_s": start, "end_s": end} for start, end in events]}
            for brand, events in spans.items()
        ],
    }


TWO_OF_FOUR_S = frames((10, []), (20, [instance()]), (10, []))


def test_perfect_report() -> None:
    found = score(report(Aldermoor=[(1.0, 3.0)]), TWO_OF_FOUR_S)

    assert (found.f1, found.precision, found.recall) == (1.0, 1.0, 1.0)
    assert found.airtime_error == 0.0
    assert (found.present_bins, found.false_bins) == (4, 0)


def test_half_is_missed() -> None:
    found = score(report(Aldermoor=[(1.0, 2.0)]), TWO_OF_FOUR_S)

    assert (found.precision, found.recall, found.airtime_error) == (1.0, 0.5, 0.5)
    assert found.f1 == pytest.approx(2 / 3)


def test_half_is_false() -> None:
    found = score(report(Aldermoor=[(0.0, 4.0)]), TWO_OF_FOUR_S)

    assert (found.precision, found.recall, found.airtime_error) == (0.5, 1.0, 1.0)
    assert found.false_bins == 4


@pytest.mark.parametrize(("end_s", "recall"), [(1.24, 0.0), (1.25, 0.25)])
def test_bin_counts_from_half_of_it(end_s: float, recall: float) -> None:
    assert score(report(Aldermoor=[(1.0, end_s)]), TWO_OF_FOUR_S).recall == recall


def test_nothing_found() -> None:
    found = score(report(), TWO_OF_FOUR_S)

    assert (found.f1, found.recall, found.airtime_error) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    "poor",
    [
        pytest.param({"visible": 0.5}, id="half hidden"),
        pytest.param({"height_px": 13}, id="too low"),
        pytest.param({"blur_px": 7}, id="blurred"),
        pytest.param({"mode": "icon"}, id="an icon without its name"),
    ],
)
def test_unreadable_counts_neither_way(poor: dict[str, Any]) -> None:
    truth = frames((20, [instance()]), (20, [instance(**poor)]))

    for claim in ([(0.0, 2.0)], [(0.0, 4.0)]):
        found = score(report(Aldermoor=claim), truth)
        assert (found.f1, found.airtime_error) == (1.0, 0.0)


def test_barely_there_is_absent() -> None:
    truth = frames((20, [instance()]), (20, [instance(visible=0.05)]))

    assert score(report(Aldermoor=[(0.0, 4.0)]), truth).precision == 0.5


def test_icon_with_its_name_is_readable() -> None:
    assert score(report(Aldermoor=[(0.0, 2.0)]), frames((20, [instance(mode="both")]))).f1 == 1.0


def test_brand_the_truth_does_not_know_is_false() -> None:
    found = score(report(Aldermoor=[(1.0, 3.0)], Castello=[(0.0, 1.0)]), TWO_OF_FOUR_S)

    assert found.unknown_brands == ("castello",)
    assert (found.false_bins, found.precision) == (2, pytest.approx(4 / 6))


def test_names_are_compared_without_case_and_signs() -> None:
    truth = frames((20, [instance("Coca-Cola")]), brands=("Coca-Cola",))

    assert score({"brands": [{"brand": "COCA COLA", "events": [{"start_s": 0, "end_s": 2}]}]}, truth).f1 == 1.0


def test_brand_that_never_appears_must_not_be_claimed() -> None:
    truth = frames((20, [instance()]), brands=("Aldermoor", "Castello"))

    assert score(report(Aldermoor=[(0, 2)], Castello=[(0, 2)]), truth).precision == 0.5


def test_bin_takes_one_event_that_covers_half_of_it() -> None:
    """Two that do so together leave it unclaimed, as a bin of which a viewer saw two flickers."""
    found = score(report(Aldermoor=[(1.0, 1.2), (1.3, 1.5), (1.5, 3.0)]), TWO_OF_FOUR_S)

    assert found.recall == 0.75


def test_last_bin_may_be_shorter() -> None:
    truth = frames((10, []), (3, [instance()]))

    assert score(report(), truth).present_bins == 1


INTERVALS = {
    "duration_s": 10.0,
    "tolerance_s": 0.3,
    "complete": False,
    "present": {"Aldermoor": [[2.0, 5.0]]},
    "ignored": {"Aldermoor": [[7.0, 8.0]], "Quillon": [[0.0, 10.0]]},
    "never": ["Castello"],
}


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param((2.0, 5.0), id="as given"),
        pytest.param((1.7, 5.3), id="at the outer tolerance"),
        pytest.param((2.5, 4.5), id="0.2 s within the inner one"),
    ],
)
def test_interval_edges_count_neither_way(claim: tuple[float, float]) -> None:
    found = score(report(Aldermoor=[claim]), INTERVALS)

    assert (found.f1, found.present_bins) == (1.0, 4)


def test_ignored_counts_neither_way() -> None:
    found = score(report(Aldermoor=[(2.0, 5.0), (7.0, 8.0)], Quillon=[(0.0, 10.0)]), INTERVALS)

    assert (found.f1, found.false_bins, found.unknown_brands) == (1.0, 0, ())


def test_never_is_false() -> None:
    assert score(report(Aldermoor=[(2.0, 5.0)], Castello=[(0.0, 1.0)]), INTERVALS).false_bins == 2


@pytest.mark.parametrize(("complete", "false_bins"), [(False, 0), (True, 2)])
def test_unknown_is_false_only_where_the_truth_is_complete(complete: bool, false_bins: int) -> None:
    found = score(report(Aldermoor=[(2.0, 5.0)], Nordwind=[(0.0, 1.0)]), INTERVALS | {"complete": complete})

    assert (found.unknown_brands, found.false_bins) == (("nordwind",), false_bins)


def test_other_forms_are_refused() -> None:
    with pytest.raises(BadInput, match="neither “frames” nor “present”"):
        score(report(), {"duration_s": 3})
