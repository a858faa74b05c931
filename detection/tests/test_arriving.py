"""What the job page shows while results come: frames shard by shard, brands rung by rung."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from detection.arriving.brands import brands_so_far
from detection.arriving.frames import arriving
from detection.models import Airing
from mpr.errors import NotFound
from mpr.events import log
from mpr.jobs.models import Job, JobStatus, Shard, StageRun, StageState
from mpr.jobs.outputs import read_so_far
from tests.recorded import SHARD_S, record_job
from tests.rows import make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db


def tell(job: Job, kind: str, **payload: Any) -> int:
    with transaction.atomic():
        return log.append(job.pk, kind, payload).seq


@pytest.fixture
def done(workspace: Any) -> Job:
    return record_job(make_timeline(workspace, duration_s=20.0))


@pytest.fixture
def half(done: Job) -> Job:
    """It reads: run_ocr has done its first shards, 0 to 4 s and 4 to 8 s, and nothing behind it has begun."""
    keys = done.outputs.get(stage_name="run_ocr").output["artifacts"]
    done.outputs.filter(stage_name__in=("run_ocr", "match_brands", "compile_report")).delete()
    done.stage_runs.filter(stage_name__in=("run_ocr", "match_brands", "compile_report")).delete()
    run = StageRun.objects.create(
        job=done, stage_name="run_ocr", place=6, attempt=1, state=StageState.RUNNING, shards_total=5
    )
    for number in range(5):
        Shard.objects.create(
            stage_run=run, number=number, start_s=SHARD_S * number, end_s=SHARD_S * (number + 1),
            state="done" if number < 2 else "pending", result_key=keys[number] if number < 2 else "",
        )  # fmt: skip
    Job.objects.filter(pk=done.pk).update(status=JobStatus.RUNNING)
    done.refresh_from_db()
    return done


def test_what_a_running_stage_has_given_is_read_and_no_more(half: Job) -> None:
    assert {text.seq for text in read_so_far(half, "run_ocr", 3.0).candidates} <= {0, 1, 2, 3}
    with pytest.raises(NotFound, match=r"has not come to 12\.000 s yet"):
        read_so_far(half, "run_ocr", 12.0)


def test_frames_come_with_their_shard_the_latest_first(half: Job) -> None:
    assert arriving(half, 0) == []
    first = tell(half, "shard.done", stage="run_ocr", shard=0)
    second = tell(half, "shard.done", stage="run_ocr", shard=1)
    found = arriving(half, 0)
    assert [entry.event for entry in found] == sorted((entry.event for entry in found), reverse=True)
    assert {entry.event for entry in found} == {first, second}
    assert {entry.stage for entry in found} == {"run_ocr"}
    assert all(0 <= entry.t_s < 4 for entry in found if entry.event == first)
    assert {entry.event for entry in arriving(half, first)} == {second}
    assert arriving(half, second) == []


def test_the_picture_of_a_frame_is_there_before_its_stage_is_done(half: Job, client: Any) -> None:
    tell(half, "shard.done", stage="run_ocr", shard=0)
    found = arriving(half, 0)[0]
    strip = client.get(f"/jobs/{half.pk}/frames").content.decode()
    address = f"/api/detect/overlays/{half.timeline_id}/{half.pk}/run_ocr/{found.seq}"
    assert f"{address}?width_px=416" in strip
    small, large = client.get(f"{address}?width_px=416"), client.get(address)
    assert small["Content-Type"] == large["Content-Type"] == "image/jpeg"
    assert len(small.content) < len(large.content)
    assert client.get(f"{address}?width_px=5").status_code == 400
    assert client.get(f"/api/detect/overlays/{half.timeline_id}/{half.pk}/run_ocr/12").status_code == 404


def test_a_job_whose_details_are_pruned_shows_its_stages(done: Job) -> None:
    tell(done, "stage.done", stage="match_brands")
    assert {entry.seq for entry in arriving(done, 0)} >= {2, 3, 4, 9}


def test_a_reused_stage_is_shown_over_the_whole_timeline(done: Job) -> None:
    tell(done, "stage.reused", stage="run_ocr")
    found = arriving(done, 0)
    assert {entry.stage for entry in found} == {"run_ocr"}
    assert max(entry.t_s for entry in found) - min(entry.t_s for entry in found) > SHARD_S


def test_a_job_without_frames_says_what_comes(workspace: Any, client: Any) -> None:
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=1)
    assert "Frames come as soon as" in client.get(f"/jobs/{job.pk}/frames").content.decode()
    assert client.get(f"/jobs/{job.pk}/frames", {"after": "x"}).status_code == 400


def test_before_anybody_looked_for_brands_there_are_none_to_show(half: Job, client: Any) -> None:
    assert brands_so_far(half).rests_on == ()
    assert "Brands appear when" in client.get(f"/jobs/{half.pk}/brands").content.decode()


def test_brands_are_shown_before_there_is_a_report(done: Job, client: Any) -> None:
    done.outputs.filter(stage_name="compile_report").delete()
    so_far = brands_so_far(done)
    assert so_far.rests_on[0] == "match_brands"
    lane, _ = so_far.lanes
    assert lane.brand == "Nördlich Öl"
    # Frames 2, 3 and 4 follow one another, 9 stands alone: a frame stands for a second of the twenty.
    assert [round(float(x)) for x, _ in lane.bars] == [100, 450]
    assert lane.seconds == pytest.approx(4.0)
    assert "the report decides what counts" in client.get(f"/jobs/{done.pk}/brands").content.decode()


def test_the_report_replaces_what_was_shown_before(workspace: Any, client: Any) -> None:
    job = make_job(make_timeline(workspace))
    make_report(job)
    so_far = brands_so_far(job)
    assert so_far.rests_on == ("compile_report",)
    assert [lane.brand for lane in so_far.lanes] == ["Northwind", "Halcyon Air", "Zephyr Cola"]
    assert "the report decides" not in client.get(f"/jobs/{job.pk}/brands").content.decode()


def test_a_lane_is_bounded_however_many_airings_there_are(workspace: Any) -> None:
    job = make_job(make_timeline(workspace, duration_s=7200.0))
    make_report(job)
    Airing.objects.bulk_create(
        Airing(
            job=job, brand_name=f"Brand {n % 16:02}", start_s=3.5 * n, end_s=3.5 * n + 1, confidence=0.9, method="ocr"
        )
        for n in range(2000)
    )
    so_far = brands_so_far(job)
    assert (len(so_far.lanes), so_far.more) == (12, 7)
    assert max(len(lane.bars) for lane in so_far.lanes) <= 1000
