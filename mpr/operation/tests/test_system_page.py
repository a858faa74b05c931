"""The system page: workers, what waits, troubles, spend, storage, services; to each what is theirs."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from mpr.events import log
from mpr.jobs.models import JobStatus, Shard, ShardState, StageOutput, StageRun, StageState, WorkerSign
from mpr.operation.system import storage, work
from mpr.storage.buckets import media_out
from tests.rows import STAGES, make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _count_anew():
    storage.forget()
    yield
    storage.forget()


def sign(name="gpu@box", **given):
    now = timezone.now()
    told = {"host": "box", "version": "0.1.0", "queues": ["control", "cpu", "gpu", "cloud"], "slots": 2,
            "owners": ["box:71"], "started_at": now, "seen_at": now}  # fmt: skip
    return WorkerSign.objects.create(name=name, **told | given)


@pytest.fixture
def running(workspace):
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=STAGES.index("run_ocr"))
    Shard.objects.filter(stage_run__job=job).update(
        lease_owner="box:71", lease_expires_at=timezone.now() + timedelta(minutes=1)
    )
    run = job.stage_runs.get(stage_name="run_ocr")
    Shard.objects.create(stage_run=run, number=10, start_s=100, end_s=110)
    return job


def tell(job, kind, **payload):
    with transaction.atomic():
        log.append(job.pk, kind, payload)


def test_without_workers_the_page_says_what_to_do(client):
    page = client.get("/system").content.decode()
    assert "No worker is online, so jobs wait" in page
    assert "No worker has given a sign of life within a day." in page
    assert "No vision model was asked." in page


def test_workers_are_shown_with_what_they_hold(client, running):
    sign()
    sign("old@box", owners=["box:9"], seen_at=timezone.now() - timedelta(hours=2), version="0.0.9")
    sign("gone@box", owners=[], seen_at=timezone.now() - timedelta(days=2))
    page = client.get("/system").content.decode()
    assert "Run OCR 9 of" in page
    assert f"/jobs/{running.pk}/" in page
    assert "Gone" in page
    assert "gone@box" not in page
    assert "different versions" not in page
    WorkerSign.objects.filter(name="old@box").update(seen_at=timezone.now())
    assert "different versions of MPR (0.0.9, 0.1.0)" in client.get("/system/work").content.decode()


def test_what_waits_for_a_kind_of_worker_that_is_not_there_is_told(client, running, owner):
    sign(queues=["control", "cpu"])
    told = {one.resource: one for one in work.waiting(owner, work.hands(owner))}
    assert (told["gpu"].shards, told["gpu"].running, told["gpu"].workers) == (1, 1, 0)
    assert (told["cpu"].shards, told["cpu"].workers) == (0, 1)
    assert "1 shard wait for a worker with the queue “gpu”" in client.get("/system").content.decode()


def test_leases_that_ran_out_and_troubles_are_counted(client, running):
    Shard.objects.filter(state=ShardState.RUNNING).update(lease_expires_at=timezone.now() - timedelta(minutes=5))
    tell(running, "shard.lost", stage="run_ocr", shard=9, worker="box:71")
    tell(running, "shard.done", stage="run_ocr", shard=8)
    page = client.get("/system").content.decode()
    assert "1 shard in the hand of a worker that went silent" in page
    assert "1 lost" in page
    running.events.update(at=timezone.now() - timedelta(hours=25))
    assert "No shard failed, was lost or was tried again." in client.get("/system").content.decode()


def test_strangers_see_workers_and_nothing_of_others_work(stranger_client, running):
    sign()
    tell(running, "shard.lost", stage="run_ocr", shard=9, worker="box:71")
    page = stranger_client.get("/system").content.decode()
    assert "gpu@box" in page
    assert "of another workspace" in page
    assert "cup_final" not in page
    assert "No shard failed" in page


@pytest.fixture
def asked(workspace):
    job = make_job(make_timeline(workspace))
    StageRun.objects.filter(job=job, stage_name="escalate_cloud").update(state=StageState.DONE)
    counts = {"counts": {"asked": 12, "cost_usd_micros": 34_500}, "artifacts": []}
    for one in (job, make_job(job.timeline)):
        StageOutput.objects.create(
            job=one, timeline=one.timeline, stage_name="escalate_cloud", cache_key="a" * 64, output=counts
        )
    return job


def test_spend_counts_what_was_computed_and_not_what_was_reused(client, stranger_client, asked):
    page = client.get("/system").content.decode()
    assert "Escalate cloud" in page
    assert "0.0345 USD" in page
    assert client.get("/system").context["costs"][0].jobs == 1
    assert "Escalate cloud" not in stranger_client.get("/system").content.decode()


def stored(client):
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        answer = client.get("/system/storage")
        if not answer.context["busy"]:
            return answer
        time.sleep(0.05)
    raise AssertionError("counting did not end")


def test_storage_is_counted_by_kind_and_only_ones_own(client, stranger_client, owner, workspace):
    job = make_job(make_timeline(workspace))
    make_report(job)
    media_out.write("answers/abc.json", b"{}")
    lines = {line.kind: line for line in stored(client).context["lines"]}
    assert lines["Footage"].size == 184_320_000
    assert lines["Frames"].count == 4
    assert "Answers of vision models" not in lines
    assert [line.kind for line in stored(stranger_client).context["lines"]] == ["Footage"]
    owner.is_superuser = owner.is_staff = True
    owner.save()
    page = stored(client).content.decode()
    assert "Answers of vision models" in page
    assert " free of " in page


def test_services_are_for_staff(client, owner, services):
    assert client.get("/system/checks").status_code == 403
    assert "Services" not in client.get("/system").content.decode()
    owner.is_staff = True
    owner.save()
    page = client.get("/system/checks").content.decode()
    for words in ("PostgreSQL", "Broker", "media_in", "Text reading", "Queue control", "0 messages"):
        assert words in page


def test_a_broker_that_is_away_does_not_hold_the_page_up(client, owner, settings):
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    began_s = time.monotonic()
    assert client.get("/system").status_code == 200
    assert time.monotonic() - began_s < 2


def test_the_page_asks_the_same_whatever_is_there(client, running, workspace, django_assert_max_num_queries):
    for number in range(12):
        sign(f"worker-{number}", owners=[f"box:{number}"])
        tell(running, "shard.lost", stage="run_ocr", shard=number)
    for path, most in (("/system", 17), ("/system/work", 14), ("/system/storage", 9)):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200
