"""A report with what people said of its findings: two shots of four seconds each, half a second a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detection.records import BrandMatch, Candidate, Matches, Question, Report, Scenes, StoredMatches
from detection.report.compiling import compile_report
from detection.report.measured import Measured, Rung, measure
from detection.report.reviews import Dismissed, Ends, Named, Reviews, reviewed
from detection.report.settings import Config
from mpr.pipeline.codec import decode, encode

QUAD = ((400.0, 400.0), (600.0, 400.0), (600.0, 500.0), (400.0, 500.0))


def asked(text: str, *seqs: int) -> Question:
    some = [
        Candidate(
            seq=seq, box=0, quad=QUAD, sharpness=1000.0, contrast=0.25, start_s=seq / 2, end_s=seq / 2 + 0.5,
            boundary_error_s=0.25,
        )
        for seq in seqs
    ]  # fmt: skip
    return Question(
        text=text, reason="Near two.", nearest_brand="Quillon", nearest_score=0.7, sightings=some, best=len(some) - 1
    )


@pytest.fixture
def measured(film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]) -> Measured:
    """Aldermoor at 0–2, 3.5–4 and 4–6 s (there is a cut at 4 s), Quillon at 6–7 s, two questions at 1–2 and 6–8 s."""
    given = Matches(
        matches=[sighting(seq, confidence=0.8) for seq in (0, 1, 2, 3, 7, 8, 9, 10, 11)]
        + [sighting(seq, "Quillon", (0.1, 0.1, 0.3, 0.2), confidence=0.8) for seq in (12, 13)],
        unresolved=[asked("ALDERM", 2, 3), asked("QUILL0N", 12, 13, 14, 15)],
    )
    return measure(film(8, 8), [Rung(method="ocr", found=decode(encode(given), StoredMatches))])


@pytest.fixture
def report(measured: Measured) -> Callable[..., Report]:
    return lambda **reviews: compile_report(measured, Config(), reviews=Reviews(**reviews)).report


def seconds(report: Report) -> dict[str, float]:
    return {brand.brand: brand.exposure_s for brand in report.brands}


def events(report: Report, name: str) -> list[tuple[float, float]]:
    (brand,) = (brand for brand in report.brands if brand.brand == name)
    return [(event.start_s, event.end_s) for event in brand.events]


def test_nothing_said_changes_nothing(measured: Measured) -> None:
    assert reviewed(measured, Reviews()) is measured


def test_what_was_found(report: Callable[..., Report]) -> None:
    found = report()

    assert seconds(found) == {"Aldermoor": 4.5, "Quillon": 1.0}
    assert events(found, "Aldermoor") == [(0.0, 2.0), (4.0, 6.0)]
    assert [(one.text, one.start_s, one.end_s) for one in found.unresolved] == [
        ("QUILL0N", 6.0, 8.0), ("ALDERM", 1.0, 2.0),
    ]  # fmt: skip


def test_another_brand_takes_over_its_seconds_and_is_confirmed(report: Callable[..., Report]) -> None:
    found = report(renamed={"Aldermoor": {"Northwind": [(0.0, 2.0)]}}, accepted={"Northwind": [(0.0, 2.0)]})

    assert seconds(found) == {"Aldermoor": 2.5, "Northwind": 2.0, "Quillon": 1.0}
    assert {brand.brand: brand.verified_share for brand in found.brands}["Northwind"] == 1.0
    assert events(found, "Northwind") == [(0.0, 2.0)]


def test_a_name_that_comes_first_leaves_the_others_their_seconds(report: Callable[..., Report]) -> None:
    assert seconds(report(renamed={"Quillon": {"Aaron": [(6.0, 7.0)]}})) == {"Aldermoor": 4.5, "Aaron": 1.0}


def test_a_question_that_is_a_brand_counts_and_is_no_longer_open(report: Callable[..., Report]) -> None:
    found = report(named=[Named(text="QUILL0N", span=(6.0, 8.0), brand="Quillon")], accepted={"Quillon": [(6.0, 8.0)]})

    quillon = next(brand for brand in found.brands if brand.brand == "Quillon")
    assert (quillon.exposure_s, quillon.exposure_low_s, quillon.exposure_high_s) == (2.0, 2.0, 3.0)
    assert [event.confidence for event in quillon.events] == [1.0]
    assert [one.text for one in found.unresolved] == ["ALDERM"]
    assert quillon.events[0].evidence.text in ("QUILLON", "QUILL0N")


def test_a_question_that_is_none_is_no_longer_open_and_no_doubt(report: Callable[..., Report]) -> None:
    before, found = report(), report(dismissed=[Dismissed(text="QUILL0N", span=(6.0, 8.0))])

    high = [next(b for b in one.brands if b.brand == "Quillon").exposure_high_s for one in (before, found)]
    assert high == [3.0, 2.0]
    assert [one.text for one in found.unresolved] == ["ALDERM"]
    assert len(report(dismissed=[Dismissed(text="QUILL0N", span=(0.0, 3.0))]).unresolved) == 2


@pytest.mark.parametrize(
    ("ends", "spans", "length_s"),
    [
        ((0.5, 1.75), [(0.5, 1.75)], 1.25),
        ((0.0, 3.0), [(0.0, 3.0)], 3.0),
        ((0.0, 9.0), [(0.0, 4.0)], 4.0),
    ],
    ids=["shorter", "longer", "not beyond its shot"],
)
def test_ends_are_as_given(
    report: Callable[..., Report], ends: tuple[float, float], spans: list[tuple[float, float]], length_s: float
) -> None:
    found = report(
        ends=[Ends(brand="Aldermoor", span=(0.0, 2.0), start_s=ends[0], end_s=ends[1])],
        rejected={"Aldermoor": [(3.5, 4.0), (4.0, 6.0)]},
    )

    assert events(found, "Aldermoor") == spans
    assert seconds(found)["Aldermoor"] == length_s
    event = next(brand for brand in found.brands if brand.brand == "Aldermoor").events[0]
    assert (event.start_error_s, event.end_error_s) == (0.0, 0.0) or ends[1] == 9.0


def test_two_events_are_joined_and_count_no_more_seconds(report: Callable[..., Report]) -> None:
    found = report(joined={"Aldermoor": [(0.0, 6.0)]})

    assert events(found, "Aldermoor") == [(0.0, 6.0)]
    assert seconds(found) == seconds(report())


def test_an_event_is_split_and_counts_no_fewer_seconds(report: Callable[..., Report]) -> None:
    found = report(parted={"Aldermoor": [5.0]})

    assert events(found, "Aldermoor") == [(0.0, 2.0), (4.0, 5.0), (5.0, 6.0)]
    assert seconds(found) == seconds(report())


def test_everything_at_once(report: Callable[..., Report]) -> None:
    found = report(
        rejected={"Quillon": [(6.0, 7.0)]},
        renamed={"Aldermoor": {"Quillon": [(4.0, 6.0)]}},
        named=[Named(text="ALDERM", span=(1.0, 2.0), brand="Aldermoor")],
        dismissed=[Dismissed(text="QUILL0N", span=(6.0, 8.0))],
        accepted={"Quillon": [(4.5, 6.0)]},
        ends=[Ends(brand="Quillon", span=(4.0, 6.0), start_s=4.5, end_s=6.0)],
    )

    assert seconds(found) == {"Aldermoor": 2.5, "Quillon": 1.5}
    assert events(found, "Quillon") == [(4.5, 6.0)]
    assert found.unresolved == []


def test_it_is_the_same_whatever_the_order(measured: Measured) -> None:
    def made(*brands: str) -> Any:
        names = {"Aldermoor": {brand: [(0.0, 2.0)] if brand == "Zeta" else [(4.0, 6.0)] for brand in brands}}
        return encode(compile_report(measured, Config(), reviews=Reviews(renamed=names)).report)

    assert made("Zeta", "Beta") == made("Beta", "Zeta")
