from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mpr.assets.models import Timeline
from mpr.errors import BadConfig, BadInput, NotFound, Refused
from mpr.jobs import control
from mpr.jobs.create import create_job
from mpr.jobs.kept import clear
from mpr.jobs.models import Checkpoint, Job, JobStatus, Priority, RunType
from mpr.jobs.outputs import read_output
from mpr.jobs.progress import stage_progress
from mpr.jobs.replay import merged, replay, replay_stage
from mpr.storage.buckets import media_out
from profiles.models import Profile

from .conftest import PIPELINE, Broker

Run = Callable[..., Job]
SUM = sum(range(20))


def newest(job: Job) -> dict[str, tuple[str, bool]]:
    return {name: (run.state, run.stale) for name, run in job.newest_runs().items()}


def states(job: Job) -> dict[str, str]:
    return {name: run.state for name, run in job.newest_runs().items()}


def total(job: Job) -> float:
    return read_output(job, "total")[0].values[0]


@pytest.fixture
def finish(broker: Broker) -> Run:
    """Works on a job until nothing is due."""

    def work(job: Job) -> Job:
        broker.drain()
        job.refresh_from_db()
        return job

    return work


class TestAsANewJob:
    def test_what_lies_above_is_taken_over_and_the_rest_computed(self, run_job: Run, finish: Run) -> None:
        first = run_job(overrides={"total": {"add": 1}})
        child = finish(replay(first, from_stage="doubled", overrides={"doubled": {"factor": 3}}))
        assert child.status == JobStatus.COMPLETED
        assert states(child) == {"numbers": "reused", "doubled": "done", "total": "done"}
        assert total(child) == 3 * SUM + 1
        assert total(first) == 2 * SUM + 1

    def test_the_child_knows_where_it_comes_from(self, run_job: Run, finish: Run) -> None:
        first = run_job(overrides={"total": {"add": 1}, "doubled": {"factor": 5}})
        child = finish(replay(first, from_stage="doubled", overrides={"doubled": {"factor": 3}}))
        assert (child.parent, child.run_type, child.priority) == (first, RunType.REPLAY, Priority.INTERACTIVE)
        assert child.config_overrides == {"total": {"add": 1}, "doubled": {"factor": 3}}
        run = child.newest_runs()["numbers"]
        assert run.reused_from == first
        assert run.reason == f"Computed before, by job {first.pk}."
        assert child.events.earliest("seq").payload == {"parent": str(first.pk), "from_stage": "doubled"}

    def test_a_replay_of_a_replay_names_the_job_that_computed(self, run_job: Run, finish: Run) -> None:
        first = run_job()
        second = finish(replay(first, from_stage="total", overrides={"total": {"add": 1}}))
        third = finish(replay(second, from_stage="total", overrides={"total": {"add": 2}}))
        assert {name: run.reused_from for name, run in third.newest_runs().items()} == {
            "numbers": first,
            "doubled": first,
            "total": None,
        }

    def test_it_may_begin_at_two_stages_side_by_side(self, run_job: Run, finish: Run, profile: Profile) -> None:
        edges = [{"from": "numbers", "to": "bonus"}, {"from": "bonus", "to": "total"}]
        profile.pipeline = {
            **PIPELINE,
            "stages": ["numbers", "doubled", "bonus", "total"],
            "edges": [*PIPELINE["edges"], *edges],
        }
        profile.save()
        first = run_job()
        changed = {"bonus": {"gift": 1.0}, "doubled": {"factor": 3}}
        with pytest.raises(BadConfig, match="The override changes bonus, which is not run again from doubled"):
            replay(first, from_stage="doubled", overrides=changed)
        child = finish(replay(first, from_stage="doubled", also_from=["bonus"], overrides=changed))
        assert states(first)["bonus"] == "skipped"
        assert states(child) == {"numbers": "reused", "doubled": "done", "bonus": "done", "total": "done"}
        assert total(child) == 3 * SUM + 20

    def test_a_replay_that_changes_nothing_computes_nothing(self, run_job: Run, finish: Run) -> None:
        first = run_job()
        child = finish(replay(first, from_stage="numbers"))
        assert set(states(child).values()) == {"reused"}
        assert total(child) == total(first)

    def test_what_lies_above_stays_as_it_was_even_if_it_would_differ_today(
        self, run_job: Run, finish: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = run_job()
        stages = __import__("profiles.families", fromlist=["registry"]).registry().stages
        import dataclasses

        monkeypatch.setitem(stages, "numbers", dataclasses.replace(stages["numbers"], version=2))
        child = finish(replay(first, from_stage="total", overrides={"total": {"add": 1}}))
        assert states(child) == {"numbers": "reused", "doubled": "reused", "total": "done"}

    def test_a_skipped_stage_above_stays_skipped(self, run_job: Run, finish: Run) -> None:
        first = run_job(overrides={"doubled": {"off": True}})
        child = finish(replay(first, from_stage="total", overrides={"total": {"add": 1}}))
        assert states(child)["doubled"] == "skipped"
        assert child.newest_runs()["doubled"].reason == "It is switched off."
        assert total(child) == SUM + 1

    def test_an_override_below_the_stage_is_taken_along(self, run_job: Run, finish: Run) -> None:
        child = finish(replay(run_job(), from_stage="doubled", overrides={"total": {"add": 7}}))
        assert states(child) == {"numbers": "reused", "doubled": "reused", "total": "done"}
        assert total(child) == 2 * SUM + 7

    def test_the_tree_branches_where_the_replay_begins(self, run_job: Run, finish: Run) -> None:
        first = run_job()
        child = finish(
            replay(first, from_stage="doubled", overrides={"doubled": {"factor": 3}}, label=" three  times ")
        )
        mine = {node.stage_name: node for node in Checkpoint.objects.filter(job=child)}
        above = Checkpoint.objects.get(job=first, stage_name="numbers")
        assert set(mine) == {"doubled", "total"}
        assert mine["doubled"].parent == above
        assert mine["total"].parent == mine["doubled"]
        assert [mine[name].label for name in ("doubled", "total")] == ["three times", ""]

    def test_from_a_checkpoint(self, run_job: Run, finish: Run) -> None:
        first = run_job()
        node = Checkpoint.objects.get(job=first, stage_name="doubled")
        child = finish(replay(node, from_stage="total", overrides={"total": {"add": 1}}))
        assert child.parent == first
        assert total(child) == 2 * SUM + 1

    def test_a_failed_job_is_replayed_with_what_mends_it(self, run_job: Run, finish: Run) -> None:
        failed = run_job(overrides={"numbers": {"fails": "bad"}})
        assert failed.status == JobStatus.FAILED
        child = finish(replay(failed, from_stage="numbers", overrides={"numbers": {"fails": ""}}))
        assert child.status == JobStatus.COMPLETED

    def test_its_shards_overtake_a_batch_job(
        self, run_job: Run, timeline: Timeline, broker: Broker, finish: Run
    ) -> None:
        first = run_job()
        batch = create_job(timeline, profile_name="sums", overrides={"numbers": {"step_s": 0.5}})
        broker.drain(at_most=1)  # all shards of its first stage are in the queue
        child = replay(first, from_stage="total", overrides={"total": {"add": 1}})
        broker.drain(at_most=3)
        child.refresh_from_db()
        batch.refresh_from_db()
        assert (child.status, batch.status) == (JobStatus.COMPLETED, JobStatus.RUNNING)
        assert not batch.outputs.exists()


class TestInPlace:
    def test_one_stage_runs_again_and_what_follows_is_stale(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "doubled", {"doubled": {"factor": 3}}))
        assert job.status == JobStatus.PAUSED
        assert newest(job) == {"numbers": ("done", False), "doubled": ("done", False), "total": ("done", True)}
        assert [run.attempt for run in job.stage_runs.filter(stage_name="doubled")] == [1, 2]
        assert read_output(job, "doubled")[0].values == [0, 3, 6, 9]
        assert total(job) == 2 * SUM  # still there, and said to be stale
        assert [(stage.name, stage.stale, stage.share) for stage in stage_progress(job)] == [
            ("numbers", False, 1.0),
            ("doubled", False, 1.0),
            ("total", True, 0.0),
        ]

    def test_resuming_brings_the_rest_up_to_date(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "doubled", {"doubled": {"factor": 3}}))
        control.resume(job.pk)
        job = finish(job)
        assert job.status == JobStatus.COMPLETED
        assert not any(run.stale for run in job.newest_runs().values())
        assert total(job) == 3 * SUM
        assert job.config_overrides == {"doubled": {"factor": 3}}

    def test_replaying_the_stale_stage_in_its_turn_completes_the_job(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "doubled", {"doubled": {"factor": 3}}))
        job = finish(replay_stage(job, "total", {"total": {"add": 1}}))
        assert job.status == JobStatus.COMPLETED
        assert total(job) == 3 * SUM + 1

    def test_stepping_takes_the_stale_stages_one_by_one(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "numbers", {"numbers": {"step_s": 2}}))
        control.step(job.pk)
        assert newest(finish(job)) == {"numbers": ("done", False), "doubled": ("done", False), "total": ("done", True)}
        assert job.status == JobStatus.PAUSED

    def test_the_last_stage_completes_the_job_at_once(self, run_job: Run, finish: Run) -> None:
        job = finish(replay_stage(run_job(), "total", {"total": {"add": 1}}))
        assert job.status == JobStatus.COMPLETED
        assert total(job) == 2 * SUM + 1

    def test_going_back_reuses_the_earlier_attempt(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "doubled", {"doubled": {"factor": 3}}))
        job = finish(replay_stage(job, "doubled", {"doubled": {"factor": 2}}))
        run = job.newest_runs()["doubled"]
        assert (run.state, run.reused_from, run.attempt) == ("reused", job, 3)
        control.resume(job.pk)
        assert total(finish(job)) == 2 * SUM

    def test_each_attempt_leaves_a_checkpoint(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "doubled", {"doubled": {"factor": 3}}))
        above = Checkpoint.objects.get(job=job, stage_name="numbers")
        attempts = Checkpoint.objects.filter(job=job, stage_name="doubled").order_by("created_at")
        assert [node.parent for node in attempts] == [above, above]
        assert job.outputs.get(stage_name="doubled").checkpoint == attempts[1]

    def test_a_stage_that_is_skipped_now_leaves_no_old_output(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "doubled", {"doubled": {"off": True}}))
        assert newest(job)["doubled"] == ("skipped", False)
        control.resume(job.pk)
        assert total(finish(job)) == SUM

    def test_what_was_under_way_below_is_ended(
        self, timeline: Timeline, profile: Profile, broker: Broker, finish: Run
    ) -> None:
        job = create_job(timeline, profile_name="sums")
        broker.drain(at_most=9)  # numbers are done, doubled is half done
        control.pause(job.pk)
        job = finish(job)
        half_done = job.newest_runs()["doubled"]
        job = finish(replay_stage(job, "numbers", {"numbers": {"step_s": 2}}))
        half_done.refresh_from_db()
        assert half_done.state == "cancelled"
        assert not half_done.shards.filter(state__in=["pending", "running"]).exists()
        control.resume(job.pk)
        assert finish(job).status == JobStatus.COMPLETED
        assert total(job) == 2 * sum(range(0, 20, 2))

    def test_a_failed_stage_is_mended_in_place(self, run_job: Run, finish: Run) -> None:
        job = run_job(overrides={"numbers": {"fails": "bad"}})
        job = finish(replay_stage(job, "numbers", {"numbers": {"fails": ""}}))
        assert job.status == JobStatus.PAUSED
        control.resume(job.pk)
        assert finish(job).status == JobStatus.COMPLETED

    def test_a_replayed_stage_that_fails_can_be_replayed_again(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        job = finish(replay_stage(job, "numbers", {"numbers": {"fails": "bad"}}))
        assert job.status == JobStatus.FAILED
        job = finish(replay_stage(job, "numbers", {"numbers": {"fails": ""}}))
        control.resume(job.pk)
        assert finish(job).status == JobStatus.COMPLETED


def replay_doubled(job: Job, **given: Any) -> Job:
    return replay(job, from_stage="doubled", **given)


class TestRefusals:
    @pytest.mark.parametrize("act", [lambda job, name, **given: replay(job, from_stage=name, **given), replay_stage])
    @pytest.mark.parametrize(
        ("stage", "overrides", "error", "sentence"),
        [
            ("dubled", {}, NotFound, "There is no stage “dubled”. Did you mean “doubled”?"),
            ("doubled", {"doubled": {"factr": 1}}, BadConfig, "doubled has no setting “factr”. Did you mean “factor”?"),
            ("doubled", {"doubled": {"factor": 0}}, BadConfig, "doubled: “factor” is not right"),
            (
                "doubled", {"numbers": {"step_s": 2}}, BadConfig,
                "The override changes numbers, which is not run again from doubled; replay from numbers.",
            ),
            ("doubled", {"totl": {}}, BadConfig, "The override configures “totl”, which is no stage of the pipeline."),
        ],
        ids=["unknown stage", "unknown setting", "out of range", "override above", "override of no stage"],
    )  # fmt: skip
    def test_a_bad_request_changes_nothing(
        self, run_job: Run, act: Any, stage: str, overrides: Any, error: type[Exception], sentence: str
    ) -> None:
        job = run_job()
        with pytest.raises(error) as raised:
            act(job, stage, overrides=overrides)
        assert sentence in str(raised.value)
        assert Job.objects.count() == 1
        assert {state for state, _ in newest(job).values()} == {"done"}

    def test_in_place_only_the_stage_itself_is_changed(self, run_job: Run) -> None:
        with pytest.raises(BadConfig, match="changes total, which is not run again from doubled"):
            replay_stage(run_job(), "doubled", {"total": {"add": 1}})

    def test_a_stage_that_the_job_does_not_run(self, run_job: Run, profile: Profile) -> None:
        profile.pipeline = {"stages": ["numbers", "total"]}
        profile.save()
        job = run_job()
        with pytest.raises(Refused, match="This job does not run doubled; choose one of its stages"):
            replay_doubled(job)

    def test_a_job_whose_stages_above_are_not_done(self, timeline: Timeline, profile: Profile, broker: Broker) -> None:
        job = create_job(timeline, profile_name="sums")
        broker.drain(at_most=3)
        with pytest.raises(Refused, match="numbers of this job is not done, and doubled rests on it; replay from num"):
            replay_doubled(job)

    def test_a_stage_above_that_is_stale(self, run_job: Run, finish: Run) -> None:
        job = finish(replay_stage(run_job(), "numbers", {"numbers": {"step_s": 2}}))
        for act in (lambda: replay(job, from_stage="total"), lambda: replay_stage(job, "total")):
            with pytest.raises(Refused, match="doubled of this job is stale, and total rests on it; replay doubled fi"):
                act()

    def test_a_checkpoint_whose_artifacts_are_gone(self, run_job: Run) -> None:
        job = run_job()
        node = Checkpoint.objects.get(job=job, stage_name="doubled")
        key = job.outputs.get(stage_name="numbers").output["artifacts"][2]
        media_out.delete(f"timelines/{job.timeline_id}/{key}")
        with pytest.raises(Refused) as raised:
            replay(node, from_stage="total")
        assert str(raised.value) == (
            "This checkpoint is stale: artifacts of numbers have been cleared; replay from numbers or analyse the "
            "footage again."
        )
        assert replay(node, from_stage="numbers").parent == job

    def test_a_job_that_was_cleared(self, run_job: Run) -> None:
        job = run_job()
        clear(job.pk)
        node = Checkpoint.objects.get(job=job, stage_name="doubled")
        for act in (
            lambda: replay_doubled(job), lambda: replay(node, from_stage="total"), lambda: replay_stage(job, "total"),
        ):  # fmt: skip
            with pytest.raises(Refused, match="stale: the outputs of its job have been cleared; analyse the footage"):
                act()

    def test_a_checkpoint_that_was_overtaken(self, run_job: Run, finish: Run) -> None:
        job = run_job()
        node = Checkpoint.objects.get(job=job, stage_name="doubled")
        job = finish(replay_stage(job, "doubled", {"doubled": {"factor": 3}}))
        with pytest.raises(
            Refused, match="This checkpoint is stale: doubled of its job was replayed since; choose a n"
        ):
            replay(node, from_stage="total")
        job = finish(replay_stage(job, "doubled", {"doubled": {"off": True}}))
        with pytest.raises(Refused, match="This checkpoint is stale: its job skips doubled by now; choose a newer one"):
            replay(node, from_stage="total")

    def test_a_checkpoint_whose_job_is_gone(self, run_job: Run) -> None:
        job = run_job()
        node = Checkpoint.objects.get(job=job, stage_name="doubled")
        job.delete()
        node.refresh_from_db()
        with pytest.raises(NotFound, match="The job behind this checkpoint has been deleted"):
            replay(node, from_stage="total")

    def test_a_job_whose_timeline_is_gone(self, run_job: Run) -> None:
        job = run_job()
        Timeline.objects.all().delete()
        for act in (lambda: replay_doubled(job), lambda: replay_stage(job, "doubled")):
            with pytest.raises(NotFound, match="This job has been deleted, perhaps with its timeline; analyse the foo"):
                act()

    def test_a_label_that_is_too_long(self, run_job: Run) -> None:
        with pytest.raises(BadInput, match="A label has at most 120 characters; this one has 121"):
            replay_doubled(run_job(), label="x" * 121)

    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            ("pending", "This job is pending; pause it or wait for its end before replaying a stage of it."),
            ("running", "This job is running; pause it or wait for its end before replaying a stage of it."),
            ("cancelled", "This job is cancelled and stays so; replay it as a new job."),
        ],
    )
    def test_in_place_while_the_job_runs_or_is_cancelled(self, run_job: Run, status: str, sentence: str) -> None:
        job = run_job()
        Job.objects.filter(pk=job.pk).update(status=status)
        with pytest.raises(Refused) as raised:
            replay_stage(job, "doubled")
        assert str(raised.value) == sentence


def test_overrides_merge_setting_by_setting() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": {"z": 3}}
    assert merged(base, {"a": {"y": 9}, "c": {"w": 4}}) == {"a": {"x": 1, "y": 9}, "b": {"z": 3}, "c": {"w": 4}}
    assert base == {"a": {"x": 1, "y": 2}, "b": {"z": 3}}
