"""The page of an asset and its parts: what they say, to whom, and at what cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mpr.assets import chunks
from mpr.assets.ingest import ingest
from mpr.assets.prepared import MediaChunk, RenditionKind, WorkState
from mpr.assets.preparing import ask_for, prepare
from mpr.pipeline.footage import numbered, write_clip
from mpr.workspaces.models import Role
from tests.recorded import record_job
from tests.rows import make_failed_asset, make_job, make_timeline

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asset(tmp_path: Path, workspace: Any) -> Any:
    return ingest(write_clip(tmp_path / "a.mp4", numbered(100), sound=True), workspace=workspace)


def make_chunk(asset: Any, start_s: float, end_s: float, **fields: Any) -> MediaChunk:
    return MediaChunk.objects.create(
        asset=asset, key=f"chunks/{start_s}", start_s=start_s, end_s=end_s, wished_start_s=start_s, wished_end_s=end_s,
        **fields,
    )  # fmt: skip


def test_the_page_says_what_is_in_the_file(client: Client, asset: Any) -> None:
    page = client.get(f"/assets/{asset.pk}/").content.decode()
    assert "<h1>a.mp4</h1>" in page
    assert "MP4 or QuickTime" in page
    assert f"/assets/{asset.pk}/video" in page
    assert "Nothing of this file has been analysed yet" in page


def test_a_stranger_finds_nothing_of_it(stranger_client: Client, anonymous_client: Client, asset: Any) -> None:
    for part in ("", "chunks", "timelines", "filmstrip/0.jpg"):
        address = f"/assets/{asset.pk}/{part}"
        assert stranger_client.get(address).status_code == 404
        assert anonymous_client.get(address).status_code == 302


def test_a_viewer_is_given_nothing_to_act_with(client: Client, asset: Any, workspace: Any) -> None:
    make_chunk(asset, 0.0, 1.0, state=WorkState.FAILED, error_message="The disk is full; free some space.")
    assert "data-chunk-act" in client.get(f"/assets/{asset.pk}/").content.decode()
    workspace.memberships.update(role=Role.VIEWER)
    page = client.get(f"/assets/{asset.pk}/").content.decode()
    assert "The disk is full; free some space." in page
    for forbidden in ("data-chunk-act", "data-pick", 'id="split"', "asset-analyse", "data-edits"):
        assert forbidden not in page


def test_footage_that_cannot_be_analysed_says_why(client: Client, workspace: Any) -> None:
    page = client.get(f"/assets/{make_failed_asset(workspace).pk}/").content.decode()
    assert "This file cannot be analysed" in page
    assert "export it again as MP4" in page


def test_timelines_lead_to_their_jobs_and_reports(client: Client, workspace: Any) -> None:
    timeline = make_timeline(workspace)
    job = make_job(timeline)
    page = client.get(f"/assets/{timeline.source_asset_id}/timelines").content.decode()
    assert "The whole file" in page
    for address in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/report", f"/jobs/{job.pk}/lab"):
        assert f'href="{address}"' in page


def test_the_chunks_say_how_far_they_are(client: Client, asset: Any) -> None:
    make_chunk(asset, 0.0, 1.0, state=WorkState.RUNNING, progress=0.37)
    page = client.get(f"/assets/{asset.pk}/chunks").content.decode()
    assert 'hx-trigger="every 1s, refresh"' in page
    assert "37" in page
    MediaChunk.objects.update(state=WorkState.DONE, file_size=5, sha256="a" * 64)
    page = client.get(f"/assets/{asset.pk}/chunks").content.decode()
    assert "every 1s" not in page
    chunks.delete(MediaChunk.objects.get().pk)
    assert "1 deleted chunk" in client.get(f"/assets/{asset.pk}/chunks").content.decode()


def test_the_filmstrip_is_made_once_and_its_sheets_are_kept_by_the_browser(client: Client, asset: Any) -> None:
    address = f"/api/detect/sources/{asset.pk}/filmstrip"
    assert client.get(address).json()["strips"] == []
    assert [strip["state"] for strip in client.post(address).json()["strips"]] == ["pending"]
    assert client.get(f"/assets/{asset.pk}/filmstrip/0.jpg").status_code == 404
    for row in ask_for(asset, RenditionKind.FILMSTRIP):
        prepare("rendition", str(row.pk))
    told = client.get(address).json()
    (strip,) = told["strips"]
    assert strip["tiles_s"] == pytest.approx([0.0, 0.48, 0.96, 1.44, 1.92, 2.4, 2.88, 3.36, 3.84])
    assert told["keyframes_s"] == pytest.approx(strip["tiles_s"])
    sheet = client.get(strip["sheet"])
    assert (sheet["Content-Type"], sheet["Cache-Control"]) == ("image/jpeg", "private, max-age=86400")
    assert sheet.content[:2] == b"\xff\xd8"


def test_shots_come_from_an_analysis_of_the_whole_where_there_is_one(client: Client, workspace: Any) -> None:
    timeline = make_timeline(workspace, duration_s=20.0)
    asset = timeline.source_asset
    asset.properties = {
        "container": "mp4", "pixel_format": "yuv420p", "rotation_deg": 0, "interlaced": False,
        "variable_frame_rate": False, "frame_count": 500, "start_time_s": 0.0, "origin_ticks": 0,
        "keyframes_s": [float(second) for second in range(20)], "notes": [],
    }  # fmt: skip
    asset.save()
    address = f"/api/detect/sources/{asset.pk}/cuts?shots_least_s=1"
    answer = client.get(address)
    assert answer.status_code == 409
    assert "still being made" in answer.json()["error"]["message"]
    job = record_job(timeline)
    told = client.get(address).json()
    assert told["known_by"].startswith("Shots as an analysis of")
    assert sum(one["end_s"] - one["start_s"] for one in told["stretches"]) == pytest.approx(20.0)
    assert job.timeline.chunk_paths == [asset.file_path]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "in exactly one way"),
        ("?every_s=3&at_s=1", "in exactly one way"),
        ("?every_s=soon", "A valid number is required"),
        ("?every_s=nan", "A valid number is required"),
        ("?every_s=0.1", "at least half a second"),
        ("?every_s=0.5&more=1", "There is no field “more” here"),
    ],
)
def test_a_bad_question_is_answered_with_a_sentence(client: Client, asset: Any, query: str, sentence: str) -> None:
    answer = client.get(f"/api/detect/sources/{asset.pk}/cuts{query}")
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_marks_are_given_as_seconds_with_commas(client: Client, asset: Any) -> None:
    told = client.get(f"/api/detect/sources/{asset.pk}/cuts?at_s=1,3").json()
    assert [(one["wished_start_s"], one["start_s"]) for one in told["stretches"]] == [
        (0.0, 0.0),
        (1.0, 0.96),
        (3.0, 2.88),
    ]


def test_the_page_asks_the_database_a_bounded_number_of_times(
    client: Client, workspace: Any, django_assert_max_num_queries: Any
) -> None:
    timeline = make_timeline(workspace)
    for number in range(12):
        make_job(timeline)
        make_chunk(timeline.source_asset, float(number), number + 1.0)
    with django_assert_max_num_queries(30):
        client.get(f"/assets/{timeline.source_asset_id}/")
