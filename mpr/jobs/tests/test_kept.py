from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from mpr.assets.models import Timeline
from mpr.errors import NotFound, Refused
from mpr.jobs import control, kept
from mpr.jobs.create import create_job
from mpr.jobs.models import Job, JobStatus, StageOutput
from mpr.jobs.outputs import read_output
from mpr.jobs.replay import replay_stage
from mpr.storage.buckets import media_out, timeline_prefix
from profiles.models import Profile

from .conftest import Broker

Run = Callable[..., Job]


def stored(job: Job) -> set[str]:
    """The stages of which something lies in media_out."""
    prefix = timeline_prefix(job.timeline_id)
    return {key.removeprefix(prefix).split("/")[1] for key in media_out.keys(prefix)}


def folders(job: Job) -> int:
    prefix = timeline_prefix(job.timeline_id)
    return len({key.rsplit("/", 1)[0] for key in media_out.keys(prefix) if "/sources/" not in key})


def test_clearing_removes_what_the_job_alone_uses(run_job: Run) -> None:
    first = run_job()
    second = run_job(overrides={"doubled": {"factor": 3}})
    assert folders(first) == 5
    kept.clear(second.pk)
    assert not second.outputs.exists()
    assert folders(first) == 3
    assert read_output(first, "total")[0].values == [2 * sum(range(20))]
    assert read_output(first, "numbers")[4].values == [16, 17, 18, 19]


def test_what_was_reused_goes_with_the_last_job_that_needs_it(run_job: Run) -> None:
    first = run_job()
    second = run_job()
    kept.clear(first.pk)
    assert read_output(second, "numbers")[0].values == [0, 1, 2, 3]
    kept.clear(second.pk)
    assert stored(second) == {"sources"}


def test_packs_beside_an_artifact_go_with_it(run_job: Run) -> None:
    job = run_job()
    folder = job.outputs.get(stage_name="numbers").output["artifacts"][0].rpartition("/")[0]
    pack = f"{timeline_prefix(job.timeline_id)}/{folder}/00000/frames.pack"
    media_out.write(pack, b"pictures")
    kept.clear(job.pk)
    assert not media_out.exists(pack)


def test_earlier_attempts_are_cleared_too(run_job: Run, broker: Broker) -> None:
    job = run_job()
    replay_stage(job, "doubled", {"doubled": {"factor": 3}})
    broker.drain()
    control.resume(job.pk)
    broker.drain()
    assert folders(job) == 5
    kept.clear(job.pk)
    assert folders(job) == 0


def test_shards_of_a_job_under_way_are_needed(
    run_job: Run, timeline: Timeline, profile: Profile, broker: Broker
) -> None:
    first = run_job()
    other = create_job(timeline, profile_name="sums", overrides={"doubled": {"factor": 3}})
    broker.drain(at_most=3)  # numbers reused, one shard of doubled done
    kept.clear(first.pk)
    broker.drain()
    other.refresh_from_db()
    assert other.status == JobStatus.COMPLETED
    assert read_output(other, "total")[0].values == [3 * sum(range(20))]


def test_a_cleared_job_says_so_and_is_not_retried(run_job: Run) -> None:
    job = run_job(overrides={"doubled": {"factor": 3}, "numbers": {"fails": "bad"}})
    kept.clear(job.pk)
    job.refresh_from_db()
    assert job.cleared_at is not None
    assert job.events.latest("seq").type == "job.cleared"
    with pytest.raises(Refused, match="The outputs of this job have been cleared; run it anew instead"):
        control.retry(job.pk)


def test_clearing_twice_is_clearing(run_job: Run) -> None:
    job = run_job()
    assert kept.clear(job.pk).cleared_at is not None
    kept.clear(job.pk)


@pytest.mark.parametrize("status", ["pending", "running", "paused"])
def test_an_unfinished_job_is_not_cleared(run_job: Run, status: str) -> None:
    job = run_job()
    Job.objects.filter(pk=job.pk).update(status=status)
    with pytest.raises(Refused) as raised:
        kept.clear(job.pk)
    assert str(raised.value) == f"This job is {status}; stop it before clearing it."
    with pytest.raises(Refused) as raised:
        kept.clear_cache(job.timeline_id)
    assert str(raised.value) == (f"Job {job.pk} on this timeline is {status}; stop it before clearing the cache.")
    assert folders(job) == 3


def test_clearing_a_timeline_leaves_nothing_and_everything_is_computed_again(run_job: Run) -> None:
    first = run_job()
    run_job(overrides={"doubled": {"factor": 3}})
    assert kept.clear_cache(first.timeline_id) == 2
    assert not list(media_out.keys(timeline_prefix(first.timeline_id)))
    assert not StageOutput.objects.exists()
    assert {run.state for run in run_job().stage_runs.all()} == {"done"}
    assert kept.clear_cache(first.timeline_id) == 1


def test_a_timeline_that_is_not_there(run_job: Run) -> None:
    job = run_job()
    timeline_id = job.timeline_id
    Timeline.objects.all().delete()
    with pytest.raises(NotFound, match="There is no such timeline"):
        kept.clear_cache(timeline_id)
    with pytest.raises(NotFound, match="The timeline of this job has been deleted; analyse the footage again"):
        kept.hold(timeline_id)


def test_an_output_is_found_by_its_key_while_all_of_it_is_stored(run_job: Run) -> None:
    job = run_job()
    row = job.outputs.get(stage_name="numbers")
    known = kept.find_known(job.timeline_id, "numbers", row.cache_key)
    assert known == kept.Known(output=row.output, computed_by=job.pk)
    assert kept.are_stored(job.timeline_id, row.output["artifacts"])
    media_out.delete(f"{timeline_prefix(job.timeline_id)}/{row.output['artifacts'][3]}")
    assert kept.find_known(job.timeline_id, "numbers", row.cache_key) is None
    assert not kept.are_stored(job.timeline_id, row.output["artifacts"])
    assert kept.find_known(job.timeline_id, "numbers", "0" * 64) is None


def test_what_another_job_reused_survives_the_job_that_computed_it(run_job: Run) -> None:
    first = run_job()
    second = run_job()
    first.delete()
    third = run_job()
    assert {run.reused_from for run in third.stage_runs.all()} == {second}


@pytest.mark.django_db(transaction=True)
def test_clearing_waits_for_whoever_holds_the_timeline(timeline: Timeline, profile: Profile) -> None:
    order = []

    def clear() -> None:
        try:
            kept.clear_cache(timeline.pk)
            order.append("cleared")
        finally:
            connection.close()

    thread = threading.Thread(target=clear)
    with transaction.atomic():
        kept.hold(timeline.pk)
        thread.start()
        thread.join(timeout=0.5)
        order.append("held")
    thread.join()
    assert order == ["held", "cleared"]
