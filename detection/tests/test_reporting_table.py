from __future__ import annotations

import pytest

from detection.records import BrandReport, PlacementReport, Report
from detection.reporting.bars import placed, voices
from detection.reporting.figures import figures
from detection.reporting.metrics import COLUMNS, told
from detection.reporting.table import Wanted, table


def brand(name, seconds, **more):
    values = {
        "exposure_low_s": seconds * 0.5, "exposure_high_s": seconds * 2, "share_of_voice": seconds / 100,
        "concurrent_share_of_voice": seconds / 100, "area_share_of_voice": seconds / 100, "event_count": 2,
        "area_seconds": 1.0, "mean_area_share": 0.01, "max_area_share": 0.02, "position": 0.5, "zone_seconds": [],
        "clarity": 0.5, "solus_s": 1.0, "mean_brands_visible": 1.0, "quality_s": 1.0, "quality_index": 0.5,
        "placement_seconds": {"board": seconds}, "asset_seconds": {}, "method_seconds": {}, "events": [],
        "intervals": [],
    }  # fmt: skip
    return BrandReport(brand=name, exposure_s=seconds, **{**values, **more})


@pytest.fixture
def report():
    graphic = PlacementReport(
        placement="graphic", exposure_s=10.0, asset_s=12.0, event_count=1, area_seconds=0.5, mean_area_share=0.02,
        quality_s=5.0, intervals=[],
    )  # fmt: skip
    return Report(
        analysed_s=200,
        brands=[
            brand("Quillon", 60.0, placement_seconds={"board": 50.0, "graphic": 10.0}, placements=[graphic]),
            brand("aldermoor", 40.0),
        ],
        unresolved=[],
        shots=[],
    )


def cells(found, name):
    row = next(row for row in found.rows if row.brand == name)
    return {cell.label: cell for cell in row.cells}


def test_exposure_bears_its_bounds_and_totals_add_up(report):
    found = table(report, {}, Wanted())
    exposure = cells(found, "Quillon")["Exposure"]
    assert (exposure.text, exposure.note) == ("0:01:00.0", "0:00:30.0 – 0:02:00.0")
    totals = {cell.label: cell.text for cell in found.totals}
    assert totals["Exposure"] == "0:01:40.0"
    assert totals["Airings"] == "4"
    assert totals["Share"] == "100.0\u2009%"
    # Qualities do not add up.
    assert totals["Quality"] == ""


@pytest.mark.parametrize(
    ("sort", "order"),
    [("", ["Quillon", "aldermoor"]), ("exposure_s", ["aldermoor", "Quillon"]), ("brand", ["aldermoor", "Quillon"]),
     ("-brand", ["Quillon", "aldermoor"]), ("nonsense", ["Quillon", "aldermoor"])],
)  # fmt: skip
def test_rows_are_sorted_as_asked(sort, order, report):
    assert [row.brand for row in table(report, {}, Wanted(sort=sort)).rows] == order


def test_a_head_sorts_falling_first_and_then_rising(report):
    heads = {head.column.key: head for head in table(report, {}, Wanted(sort="-exposure_s")).heads}
    assert (heads["exposure_s"].sort, heads["exposure_s"].order) == ("exposure_s", "descending")
    assert (heads["event_count"].sort, heads["event_count"].order) == ("-event_count", "")


def test_a_placement_shows_what_is_known_of_it_and_a_dash_for_the_rest(report):
    found = table(report, {}, Wanted(placement="graphic", columns=("exposure_s", "quality_index", "clarity")))
    assert [row.brand for row in found.rows] == ["Quillon"]
    shown = cells(found, "Quillon")
    assert shown["Exposure"].text == "0:00:10.0"
    assert shown["Exposure"].note == ""
    assert shown["Quality"].text == "0.50"
    assert shown["Clarity"].text == "–"


def test_brands_are_found_by_a_part_of_their_name_whatever_the_case(report):
    assert [row.brand for row in table(report, {}, Wanted(brand=" ALDER ")).rows] == ["aldermoor"]


def test_every_column_can_be_told_of_every_brand(report):
    keys = tuple(column.key for column in COLUMNS)
    assert len(set(keys)) == len(keys)
    found = table(report, {}, Wanted(columns=keys))
    assert all(len(row.cells) == len(keys) and all(cell.text for cell in row.cells) for row in found.rows)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [("time", 3661.04, "1:01:01.0"), ("share", 0.1234, "12.3\u2009%"), ("small_share", 0.00012, "0.01\u2009%"),
     ("score", 0.456, "0.46"), ("count", 12345, "12,345"), ("number", 3.14159, "3.1"),
     ("number", 1234567.8, "1,234,568"),
     ("money", 1234.5, "1,234.50"), ("money", None, "–")],
)  # fmt: skip
def test_values_are_told_as_people_read_them(kind, value, text):
    assert told(kind, value) == text


def test_shares_of_voice_fill_the_bar(report):
    by_time = voices(report, {"Quillon": 3})[0]
    assert [(part.x, part.width) for part in by_time.parts] == [("0.000", "60.000"), ("60.000", "40.000")]
    assert by_time.parts[0].colour == 3
    assert by_time.said == "Share of voice by time: Quillon 60 %, aldermoor 40 %."


def test_placements_are_on_one_scale(report):
    longest, other = placed(report, {})
    assert [part.width for part in longest.parts] == ["83.333", "16.667"]
    assert [part.width for part in other.parts] == ["66.667"]
    assert longest.said == "Quillon: board 0:00:50.0, graphic 0:00:10.0"


def test_figures_have_bounds_and_say_what_is_not_known(report):
    found = {figure.label: figure for figure in figures(report, None)}
    assert found["Exposure"].note == "0:00:50.0 – 0:03:20.0"
    assert found["Value"].value == "not known"
    assert found["Precision"].value == "not audited"
    assert "modelled estimate" in found["Value"].says


def test_a_value_is_called_what_it_is(report):
    valued = Report(
        analysed_s=200, brands=[brand("Quillon", 60.0, impressions=2.0, gross_value=1000.4, net_value=400.0)],
        unresolved=[], shots=[], settings={"currency": "EUR"},
    )  # fmt: skip
    figure = figures(valued, None)[1]
    assert (figure.label, figure.value) == ("Value", "1,000 EUR")
    assert figure.note == "modelled estimate; net 400"
