"""Replaying, naming and clearing through the API; what the engine does with it is tested with the engine."""

from __future__ import annotations

import pytest

from mpr.jobs.models import Checkpoint, Job, Priority

pytestmark = pytest.mark.django_db
PLAN = {
    "pipeline": {"stages": ["numbers", "doubled", "total"], "edges": [], "routing": [], "shard_s": 4},
    "configs": {},
}


@pytest.fixture
def job(job):
    job.plan = PLAN
    job.save()
    return job


@pytest.fixture
def post(api):
    client = api("owner")

    def post(address, body, **headers):
        return client.post(f"/api/detect/{address}", body, format="json", headers=headers)

    return post


def message(answer) -> str:
    return answer.json()["error"]["message"]


def test_a_replay_is_an_interactive_child_with_its_overrides(post, job):
    body = {"job": str(job.pk), "from_stage": "numbers", "overrides": {"numbers": {"step_s": 2}}, "label": "coarse"}
    answer = post("replay", body)
    child = Job.objects.get(pk=answer.json()["id"])
    assert answer.status_code == 201
    assert (child.parent, child.run_type, child.label) == (job, "replay", "coarse")
    assert (child.config_overrides, child.priority) == ({"numbers": {"step_s": 2}}, Priority.INTERACTIVE)
    assert (answer.json()["priority"], answer.json()["created_by"]) == ("interactive", "owner")


def test_a_replay_with_a_key_is_made_once(post, job):
    body = {"job": str(job.pk), "from_stage": "numbers"}
    ids = {post("replay", body, **{"Idempotency-Key": "k"}).json()["id"] for _ in range(2)}
    assert len(ids) == 1
    assert job.children.count() == 1


@pytest.mark.parametrize(
    ("address", "body", "status", "sentence"),
    [
        ("replay", {"from_stage": "numbers"}, 400, "Send either “checkpoint” or “job”."),
        ("replay", {"job": "{job}"}, 400, "from_stage: This field is required."),
        ("replay", {"job": "{job}", "from_stage": "numbrs"}, 404,
         "There is no stage “numbrs”. Did you mean “numbers”?"),
        ("replay", {"job": "{job}", "from_stage": "extra"}, 404, "There is no stage “extra”."),
        ("replay", {"job": "{job}", "from_stage": "run_ocr"}, 409,
         "This job does not run run_ocr; choose one of its stages."),
        ("replay", {"job": "{job}", "from_stage": "total"}, 409,
         "numbers of this job is not done, and total rests on it; replay from numbers."),
        ("replay", {"job": "{job}", "from_stage": "doubled", "overrides": {"numbers": {"step_s": 2}}}, 400,
         "The override changes numbers, which is not run again from doubled; replay from numbers."),
        ("replay", {"job": "{job}", "from_stage": "numbers", "overrides": {"numbers": {"step": 2}}}, 400,
         "numbers has no setting “step”. Did you mean “step_s”?"),
        ("replay", {"job": "{job}", "from_stage": "numbers", "label": "x" * 121}, 400,
         "A label has at most 120 characters; this one has 121."),
        ("replay", {"job": "{job}", "from_stage": "numbers", "priority": "urgent"}, 400,
         'priority: "urgent" is not a valid choice.'),
        ("replay-stage", {"job": "{job}", "stage": "numbers"}, 409,
         "This job is running; pause it or wait for its end before replaying a stage of it."),
        ("clear", {"job": "{job}"}, 409, "This job is running; stop it before clearing it."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_its_sentence(address, body, status, sentence, post, job):
    plan = {**PLAN["pipeline"], "edges": [{"from": "numbers", "to": "doubled"}, {"from": "doubled", "to": "total"}]}
    Job.objects.filter(pk=job.pk).update(plan={**PLAN, "pipeline": plan})
    answer = post(address, {name: str(job.pk) if value == "{job}" else value for name, value in body.items()})
    assert answer.status_code == status
    assert message(answer).startswith(sentence)


def test_a_checkpoint_whose_outputs_are_cleared_is_stale(post, job):
    Job.objects.filter(pk=job.pk).update(status="completed")
    assert post("clear", {"job": str(job.pk)}).json()["cleared_at"]
    checkpoint = Checkpoint.objects.filter(job=job).first()
    answer = post("replay", {"checkpoint": str(checkpoint.pk), "from_stage": "numbers"})
    assert (answer.status_code, message(answer)) == (
        409, "This checkpoint is stale: the outputs of its job have been cleared; analyse the footage again.",
    )  # fmt: skip


def test_a_stage_is_replayed_in_place(post, job):
    Job.objects.filter(pk=job.pk).update(status="paused")
    answer = post("replay-stage", {"job": str(job.pk), "stage": "numbers", "overrides": {"numbers": {"step_s": 2}}})
    assert (answer.json()["status"], answer.json()["pause_after"]) == ("running", "numbers")
    assert job.children.count() == 0


def test_a_checkpoint_is_named_and_found_by_its_name(post, api, job):
    checkpoint = Checkpoint.objects.filter(job=job).first()
    assert post("scenarios", {"checkpoint": str(checkpoint.pk), "label": "  best  so far "}).json()["label"] == (
        "best so far"
    )
    client = api("viewer")
    for address in ("scenarios", f"scenarios?timeline={job.timeline_id}"):
        assert [found["id"] for found in client.get(f"/api/detect/{address}").json()["checkpoints"]] == [
            str(checkpoint.pk)
        ]
    post("scenarios", {"checkpoint": str(checkpoint.pk), "label": ""})
    assert client.get("/api/detect/scenarios").json() == {"checkpoints": []}


def test_the_cache_of_a_timeline_with_work_on_it_is_kept(api, job):
    client = api("owner")
    address = f"/api/detect/timeline/{job.timeline_id}/cache"
    answer = client.delete(address)
    assert (answer.status_code, message(answer)) == (
        409, f"Job {job.pk} on this timeline is running; stop it before clearing the cache.",
    )  # fmt: skip
    Job.objects.filter(pk=job.pk).update(status="completed")
    assert client.delete(address).json() == {"jobs": 1}


def test_status_tells_what_was_reused_and_what_is_stale(api, job):
    earlier = Job.objects.create(timeline=job.timeline, profile_name="sums", plan=PLAN)
    run = job.stage_runs.first()
    run.stage_name, run.state, run.reused_from, run.stale = "numbers", "reused", earlier, True
    run.save()
    (status,) = api("viewer").get(f"/api/detect/status?job={job.pk}").json()["jobs"]
    assert status["stages"][0]["stale"] is True
    assert status["stages"][0]["reused_from"] == str(earlier.pk)
