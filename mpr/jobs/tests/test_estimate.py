from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mpr.events.models import JobEvent
from mpr.jobs.estimate import eta_s, forecast
from mpr.jobs.models import Job, Shard, StageRun
from mpr.jobs.progress import stage_progress
from tests.rows import STAGES, make_job, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(workspace) -> Job:
    """Ten stages done, the last one running for 40 s: 4 of its 10 shards done, half of another."""
    job = make_job(make_timeline(workspace), "running", done=len(STAGES) - 1)
    run = job.stage_runs.get(stage_name="compile_report")
    StageRun.objects.filter(pk=run.pk).update(
        shards_total=10, shards_done=4, started_at=timezone.now() - timedelta(seconds=45)
    )
    run.shards.all().delete()
    for number in range(4):
        Shard.objects.create(
            stage_run=run, number=number, start_s=0, end_s=1, state="done", attempts=1, result_key="k", progress=1
        )
    Shard.objects.create(stage_run=run, number=4, start_s=0, end_s=1, state="running", attempts=1, progress=0.5)
    return job


def left_s(job: Job) -> float | None:
    return eta_s(job, stage_progress(job))


def test_a_stage_goes_on_as_fast_as_its_shards_went(job):
    assert left_s(job) == pytest.approx(45 / 4.5 * 5.5, rel=0.02)


def test_shards_of_an_earlier_attempt_say_nothing_about_the_speed(job):
    Shard.objects.filter(number__lt=3).update(attempts=0)
    assert left_s(job) == pytest.approx(45 / 1.5 * 5.5, rel=0.02)


def test_a_job_that_does_not_run_has_no_end_in_sight(job):
    job.status = "paused"
    assert left_s(job) is None


def test_a_stage_of_which_nothing_is_known_leaves_it_open(job):
    job.plan["pipeline"]["stages"].append("polish")
    assert left_s(job) is None


def test_a_stage_to_come_takes_as_long_for_its_footage_as_it_last_took(job, workspace):
    job.plan["pipeline"]["stages"].append("polish")
    half = make_job(make_timeline(workspace, filename="half.mp4", duration_s=job.timeline.duration_s / 2))
    then = timezone.now()
    StageRun.objects.create(
        job=half, stage_name="polish", place=11, state="done", started_at=then, finished_at=then + timedelta(seconds=30)
    )
    assert left_s(job) == pytest.approx(45 / 4.5 * 5.5 + 60, rel=0.02)


def test_what_others_took_in_their_workspace_is_not_told(job):
    from mpr.workspaces.models import Workspace

    job.plan["pipeline"]["stages"].append("polish")
    theirs = make_job(make_timeline(Workspace.objects.create(name="Theirs"), filename="x.mp4"))
    StageRun.objects.create(
        job=theirs, stage_name="polish", place=11, state="done", started_at=timezone.now(), finished_at=timezone.now()
    )
    assert left_s(job) is None


def test_the_share_is_of_time_and_not_of_stages(job):
    """Stage n took 1.5 n + 0.4 s; the last will take 100 s, of which 45 are over. Two are skipped and take nothing."""
    done_s = sum(stage.seconds for stage in stage_progress(job)[:-1] if stage.state == "done")
    assert forecast(job, stage_progress(job)).share == pytest.approx((done_s + 45) / (done_s + 100), rel=0.01)


def test_while_a_stage_is_unknown_the_share_is_of_stages(job):
    job.plan["pipeline"]["stages"].append("polish")
    assert forecast(job, stage_progress(job)).share == pytest.approx((len(STAGES) - 1 + 0.45) / (len(STAGES) + 1))


def test_a_pause_does_not_make_a_stage_slower(job):
    now = timezone.now()
    turns = (("job.running", 45), ("job.paused", 40), ("job.running", 10))
    for seq, (kind, ago_s) in enumerate(turns, start=1):
        event = JobEvent.objects.create(job=job, seq=seq, type=kind)
        JobEvent.objects.filter(pk=event.pk).update(at=now - timedelta(seconds=ago_s))
    assert left_s(job) == pytest.approx(15 / 4.5 * 5.5, rel=0.02)


def test_a_stage_that_was_skipped_last_is_thought_to_be_skipped_again(job):
    job.plan["pipeline"]["stages"].append("polish")
    then = timezone.now()
    StageRun.objects.create(
        job=make_job(make_timeline(job.workspace, filename="before.mp4")),
        stage_name="polish", place=11, state="skipped", started_at=then, finished_at=then,
    )  # fmt: skip
    assert left_s(job) == pytest.approx(45 / 4.5 * 5.5, rel=0.02)


def test_a_completed_job_is_whole(workspace):
    done = make_job(make_timeline(workspace), done=3)
    assert forecast(done, stage_progress(done)).share == 1.0
