"""Steering jobs through the API: what a verb does in each state, and the sentence where it makes no sense."""

from __future__ import annotations

import pytest

from mpr.events.models import JobEvent
from mpr.jobs.models import Job

pytestmark = pytest.mark.django_db
ENDED = ("completed", "failed", "cancelled")
# Verb → state it is asked in → state the job is in then, or the sentence of the refusal.
OUTCOMES = {
    "pause": {
        "pending": "paused", "running": "paused", "paused": "paused",
        **{state: f"This job is {state} and cannot be paused." for state in ENDED},
    },
    "resume": {
        "pending": "pending", "running": "running", "paused": "running",
        **{state: f"This job is {state} and cannot be resumed." for state in ENDED},
    },
    "step": {
        "paused": "running",
        **{state: f"This job is {state}; pause it before taking a step." for state in ("pending", "running", *ENDED)},
    },
    "stop": {
        "pending": "cancelled", "running": "cancelled", "paused": "cancelled", "failed": "cancelled",
        "cancelled": "cancelled", "completed": "This job is completed; there is nothing left to stop.",
    },
    "retry": {
        "failed": "running", "running": "running",
        **{state: f"This job is {state}; only a failed job can be retried."
           for state in ("pending", "paused", "completed", "cancelled")},
    },
    "clear": {
        **{state: f"This job is {state}; stop it before clearing it." for state in ("pending", "running", "paused")},
        **{state: state for state in ENDED},
    },
}  # fmt: skip
CASES = [(verb, state, outcome) for verb, states in OUTCOMES.items() for state, outcome in states.items()]


@pytest.fixture
def post(api):
    client = api("owner")

    def post(address, body):
        return client.post(f"/api/detect/{address}", body, format="json")

    return post


@pytest.fixture
def job(job):
    Job.objects.filter(pk=job.pk).update(
        plan={"pipeline": {"stages": ["numbers", "doubled", "total"], "edges": [], "routing": []}, "configs": {}}
    )
    return job


def message(answer) -> str:
    return answer.json()["error"]["message"]


@pytest.mark.parametrize(("verb", "state", "outcome"), CASES, ids=[f"{verb} {state}" for verb, state, _ in CASES])
def test_a_verb_in_each_state(verb, state, outcome, post, job):
    Job.objects.filter(pk=job.pk).update(status=state)
    answer = post(verb, {"job": str(job.pk)})
    job.refresh_from_db()
    if outcome.endswith("."):
        assert (answer.status_code, answer.json()["error"]["code"], message(answer)) == (409, "refused", outcome)
        assert job.status == state
        assert not JobEvent.objects.filter(job=job).exists()
    else:
        assert (answer.status_code, answer.json()["status"], job.status) == (200, outcome, outcome)


@pytest.mark.parametrize(
    ("verb", "state"), [("pause", "running"), ("resume", "paused"), ("stop", "running"), ("retry", "failed")]
)
def test_asking_twice_changes_nothing_more(verb, state, post, job):
    Job.objects.filter(pk=job.pk).update(status=state)
    first = post(verb, {"job": str(job.pk)})
    told = JobEvent.objects.filter(job=job).count()
    second = post(verb, {"job": str(job.pk)})
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["status"] == second.json()["status"]
    assert JobEvent.objects.filter(job=job).count() == told


@pytest.mark.parametrize(
    ("stage", "state", "status", "sentence"),
    [
        ("totl", "running", 404, "There is no stage “totl”. Did you mean “total”?"),
        ("run_ocr", "running", 409, "This job does not run run_ocr; choose one of its stages."),
        ("total", "completed", 409, "This job is completed and cannot be told to pause."),
        ("numbers", "running", 409, "numbers is done already; choose a later stage."),
    ],
)
def test_pausing_after_what_is_not_to_come_is_refused(stage, state, status, sentence, post, job):
    job.stage_runs.filter(stage_name=job.stage_runs.first().stage_name).update(stage_name="numbers", state="done")
    Job.objects.filter(pk=job.pk).update(status=state)
    answer = post("pause-after-stage", {"job": str(job.pk), "stage": stage})
    assert (answer.status_code, message(answer)) == (status, sentence)


def test_pausing_after_a_stage_is_kept(post, job):
    answer = post("pause-after-stage", {"job": str(job.pk), "stage": "total"})
    assert (answer.status_code, answer.json()["pause_after"], answer.json()["status"]) == (200, "total", "running")


def test_checkpoints_of_a_timeline_and_of_one_stage(api, job):
    client = api("viewer")
    address = f"/api/detect/checkpoints/{job.timeline_id}"
    every = client.get(address).json()["checkpoints"]
    assert [found["id"] for found in every] == [
        str(pk) for pk in job.checkpoints.order_by("created_at", "pk").values_list("pk", flat=True)
    ]
    mine = job.checkpoints.first()
    mine.stage_name = "numbers"
    mine.save()
    assert [found["id"] for found in client.get(f"{address}/numbers").json()["checkpoints"]] == [str(mine.pk)]
    assert client.get(f"{address}/total").json() == {"checkpoints": []}
    answer = client.get(f"{address}/numbrs")
    assert (answer.status_code, message(answer)) == (404, "There is no stage “numbrs”. Did you mean “numbers”?")
