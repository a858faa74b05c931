from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.facts import JobFacts
from detection.report.tree import encode_json, report_json
from detection.report.words import evidence_name


@pytest.fixture
def tree(report: Report, facts: JobFacts) -> Any:
    return json.loads(encode_json(report_json(report, facts, evidence_name)))


def test_top_of_the_tree(tree: Any) -> None:
    assert list(tree) == [
        "schema", "video", "job", "preset", "settings", "estimates", "cost", "contract", "audit", "boundary_error_s",
        "brands", "unresolved", "replays", "heat_map_cells", "shots",
    ]  # fmt: skip
    assert tree["schema"] == "mpr.report/1"
    assert tree["video"] == {
        "filename": "match.mp4",
        "sha256": "ab" * 32,
        "duration_s": 4.0,
        "fps": 25.0,
        "width": 1000,
        "height": 1000,
    }
    assert tree["job"] == {
        "id": "5f0e6a52-2a34-4c55-9a5d-0d2f14a9b9a1",
        "profile": "soccer_broadcast",
        "config_hash": "c0" * 32,
        "analysed_s": 4.0,
        "started_at": "2026-03-14T20:15:00+00:00",
        "finished_at": None,
    }
    assert tree["boundary_error_s"] == {"median": 0.25, "worst": 0.25}
    assert tree["shots"] == [{"start_s": 0.0, "end_s": 2.0}, {"start_s": 2.0, "end_s": 4.0}]
    assert tree["unresolved"] == [
        {
            "t_s": 3.75,
            "polygon": [[0.4, 0.4], [0.6, 0.4], [0.6, 0.5], [0.4, 0.5]],
            "text": "ALDERM",
            "reason": "It is near two brands.",
            "nearest_brand": "Quillon",
            "seconds": 0.5,
            "start_s": 3.5,
            "end_s": 4.0,
        }
    ]


def test_brand_and_its_events(tree: Any) -> None:
    aldermoor, quillon = tree["brands"]

    assert list(aldermoor) == [
        "brand",
        "exposure_s",
        "exposure_low_s",
        "exposure_high_s",
        "share_of_voice",
        "concurrent_share_of_voice",
        "area_share_of_voice",
        "event_count",
        "area_seconds",
        "mean_area_share",
        "max_area_share",
        "position",
        "zone_seconds",
        "clarity",
        "solus_s",
        "mean_brands_visible",
        "quality_s",
        "quality_index",
        "placement_seconds",
        "asset_seconds",
        "method_seconds",
        "events",
        "intervals",
        "visible_share",
        "confirmed_s",
        "verified_share",
        "heat_map",
        "play_seconds",
        "impressions",
        "gross_value",
        "net_value",
        "placements",
    ]
    assert (aldermoor["brand"], aldermoor["exposure_s"]) == ("Aldermoor", 2.5)
    assert [(event["start_s"], event["end_s"]) for event in aldermoor["events"]] == [(0.0, 1.5), (2.5, 3.5)]
    assert (quillon["brand"], quillon["events"], quillon["intervals"]) == ("Quillon", [], [[1.5, 2.0]])
    assert (quillon["exposure_s"], quillon["exposure_high_s"]) == (0.5, 1.0)


def test_event_leads_to_its_evidence(tree: Any) -> None:
    event = tree["brands"][0]["events"][1]

    names = ("start_error_s", "end_error_s", "placement", "method", "confidence", "sightings")
    assert {name: event[name] for name in names} == {
        "start_error_s": 0.25,
        "end_error_s": 0.25,
        "placement": "other",
        "method": "ocr",
        "confidence": 1.0,
        "sightings": 2,
    }
    assert event["evidence"] == {
        "t_s": 2.75,
        "polygon": [[0.4, 0.4], [0.6, 0.4], [0.6, 0.5], [0.4, 0.5]],
        "text": "ALDERMOOR <b>",
        "frame": "evidence/00h00m02s750.jpg",
    }


def test_no_frame_number_anywhere(tree: Any) -> None:
    def keys(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from node
            node = list(node.values())
        if isinstance(node, list):
            for item in node:
                yield from keys(item)

    assert {"seq", "pack", "offset", "size"}.isdisjoint(keys(tree))


def test_frame_that_is_gone_is_null(report: Report, facts: JobFacts) -> None:
    tree = report_json(report, facts, lambda frame: None)

    assert tree["brands"][0]["events"][0]["evidence"]["frame"] is None


def test_same_report_gives_the_same_bytes(
    report: Report, facts: JobFacts, film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]
) -> None:
    first, second = (encode_json(report_json(report, facts, evidence_name)) for _ in range(2))

    assert first == second
    assert first.endswith(b"}\n")
