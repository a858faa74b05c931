from __future__ import annotations

from collections.abc import Callable

import pytest

from mpr.assets.models import Timeline
from mpr.jobs import advance
from mpr.jobs.create import create_job
from mpr.jobs.models import Checkpoint, Job, JobStatus, StageState
from mpr.jobs.outputs import read_output
from profiles.models import Profile

from .conftest import PIPELINE, Broker

Run = Callable[..., Job]
DOUBLED_SUM = 2 * sum(range(20))


def states(job: Job) -> dict[str, str]:
    return {run.stage_name: run.state for run in job.stage_runs.all()}


def total(job: Job) -> float:
    return read_output(job, "total")[0].values[0]


def test_a_job_runs_every_stage_over_every_shard(run_job: Run) -> None:
    job = run_job()
    assert job.status == JobStatus.COMPLETED
    assert states(job) == {"numbers": "done", "doubled": "done", "total": "done"}
    assert job.stage_runs.get(stage_name="numbers").shards_total == 5
    assert total(job) == DOUBLED_SUM


def test_counts_add_up_over_shards(run_job: Run) -> None:
    output = run_job().outputs.get(stage_name="numbers").output
    assert output["counts"] == {"values": 20, "big": 10}
    assert len(output["artifacts"]) == 5


def test_the_second_job_reuses_everything_and_says_from_where(run_job: Run) -> None:
    first = run_job()
    second = run_job()
    assert set(states(second).values()) == {StageState.REUSED}
    assert str(first.pk) in second.stage_runs.get(stage_name="numbers").reason
    assert total(second) == total(first)


def test_an_override_recomputes_exactly_what_depends_on_it(run_job: Run) -> None:
    run_job()
    job = run_job(overrides={"doubled": {"factor": 3}})
    assert states(job) == {"numbers": "reused", "doubled": "done", "total": "done"}
    assert total(job) == DOUBLED_SUM * 1.5


def test_a_lost_artifact_is_computed_again(run_job: Run, settings: object) -> None:
    from mpr.storage.buckets import media_out

    first = run_job()
    key = first.outputs.get(stage_name="total").output["artifacts"][0]
    media_out.delete(f"timelines/{first.timeline_id}/{key}")
    assert states(run_job()) == {"numbers": "reused", "doubled": "reused", "total": "done"}


def test_a_stage_that_is_switched_off_is_skipped_with_its_reason(run_job: Run) -> None:
    job = run_job(overrides={"doubled": {"off": True}})
    assert job.status == JobStatus.COMPLETED
    assert job.stage_runs.get(stage_name="doubled").reason == "It is switched off."
    assert total(job) == DOUBLED_SUM / 2


@pytest.mark.parametrize(("limit", "state"), [(5, "done"), (15, "skipped")], ids=["holds", "does not hold"])
def test_a_routing_rule_decides_from_the_counts_so_far(run_job: Run, profile: Profile, limit: int, state: str) -> None:
    rule = {"from": "numbers", "to": "doubled", "when": {"count": "big", "op": ">", "value": limit}}
    profile.pipeline = {**PIPELINE, "routing": [rule]}
    profile.save()
    job = run_job()
    assert states(job)["doubled"] == state
    if state == "skipped":
        assert "big > 15" in job.stage_runs.get(stage_name="doubled").reason


def test_what_needs_a_skipped_stage_is_skipped_too(run_job: Run, profile: Profile) -> None:
    rule = {"from": "numbers", "to": "total", "when": {"count": "big", "op": ">", "value": 99}}
    profile.pipeline = {"stages": ["numbers", "doubled", "total"], "edges": PIPELINE["edges"], "routing": [rule]}
    profile.save()
    job = run_job()
    assert states(job)["total"] == "skipped"
    assert job.status == JobStatus.COMPLETED


def test_an_edge_transform_changes_what_passes_and_the_cache_key(run_job: Run, profile: Profile) -> None:
    whole = run_job()
    edges = [
        {"from": "numbers", "to": "doubled"},
        {"from": "doubled", "to": "total", "transform": {"min_score": 0.2}},
    ]
    profile.pipeline = {**PIPELINE, "edges": edges}
    profile.save()
    job = run_job()
    assert states(job) == {"numbers": "reused", "doubled": "reused", "total": "done"}
    assert total(job) == 2 * sum(range(10, 20))
    assert total(whole) == DOUBLED_SUM


def test_each_stage_leaves_a_checkpoint_below_the_one_it_rests_on(run_job: Run) -> None:
    job = run_job(overrides={"doubled": {"factor": 3}})
    nodes = {node.stage_name: node for node in Checkpoint.objects.filter(job=job)}
    assert nodes["numbers"].parent is None
    assert nodes["doubled"].parent == nodes["numbers"]
    assert nodes["total"].parent == nodes["doubled"]
    assert nodes["doubled"].config_overrides == {"factor": 3}
    assert nodes["numbers"].stats["values"] == 20


def test_advancing_again_changes_nothing(db: None, timeline: Timeline, profile: Profile, broker: Broker) -> None:
    job = create_job(timeline, profile_name="sums")
    broker.messages.clear()
    for _ in range(3):
        advance.advance(job.pk)
    shards = [message for message in broker.messages if message[0].endswith("run_shard")]
    assert len(shards) == 5
    assert {queue for _, _, queue, _ in shards} == {"cpu"}


def test_the_log_has_no_gap(run_job: Run) -> None:
    job = run_job()
    numbers = list(job.events.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, job.event_seq + 1))
    types = list(job.events.order_by("seq").values_list("type", flat=True))
    assert types[0] == "job.created"
    assert types[-1] == "job.completed"
    assert types.count("shard.done") == 11


class TestASourceThatIsNotThere:
    @pytest.fixture(autouse=True)
    def _with_a_bonus(self, profile: Profile) -> None:
        edges = [{"from": "numbers", "to": "bonus"}, {"from": "bonus", "to": "total"}]
        profile.pipeline = {
            **PIPELINE,
            "stages": ["numbers", "doubled", "bonus", "total"],
            "edges": [*PIPELINE["edges"], *edges],
        }
        profile.save()

    def test_skips_the_stage_that_must_read_it_and_plans_no_shard(self, run_job: Run) -> None:
        job = run_job()
        assert job.status == JobStatus.COMPLETED
        assert states(job) == {"numbers": "done", "doubled": "done", "bonus": "skipped", "total": "done"}
        run = job.stage_runs.get(stage_name="bonus")
        assert run.reason == "Nobody gave anything."
        assert (run.shards_total, run.shards.count(), run.inputs) == (0, 0, {})
        assert total(job) == DOUBLED_SUM

    def test_is_asked_for_anew_by_the_next_job(self, run_job: Run) -> None:
        run_job()
        job = run_job(overrides={"bonus": {"gift": 0.5}})
        assert states(job) == {"numbers": "reused", "doubled": "reused", "bonus": "done", "total": "done"}
        assert total(job) == DOUBLED_SUM + 10
