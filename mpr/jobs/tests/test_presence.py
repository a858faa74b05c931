"""Signs of life of workers, and what the bar above every page makes of them."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from mpr.jobs import presence
from mpr.jobs.models import WorkerSign

pytestmark = pytest.mark.django_db


@pytest.fixture
def me():
    return presence.Self(name="mpr@here", queues=["control", "cpu"], slots=2, started_at=timezone.now())


def test_a_worker_is_online_while_it_gives_signs_of_life(me, settings):
    assert presence.online() == 0
    presence.beat(me)
    presence.beat(me)
    sign = WorkerSign.objects.get()
    assert (presence.online(), sign.queues, sign.slots) == (1, ["control", "cpu"], 2)
    assert sign.owners[0].rpartition(":")[0] == sign.host
    late = timezone.now() - timedelta(seconds=3 * settings.MPR_SWEEP_S + 1)
    WorkerSign.objects.update(seen_at=late)
    assert presence.online() == 0


def test_who_leaves_is_forgotten_and_so_is_who_left_long_ago(me):
    presence.beat(me)
    presence.beat(presence.Self(name="mpr@there", queues=[], slots=1, started_at=timezone.now()))
    WorkerSign.objects.filter(name="mpr@there").update(seen_at=timezone.now() - timedelta(days=2))
    presence.leave("mpr@here")
    assert not WorkerSign.objects.exists()


def test_the_bar_tells_how_many(client, me):
    page = client.get("/jobs/").content.decode()
    assert "No worker online" in page
    told = json.loads(client.get("/workers").content)
    assert told["online"] == 0
    assert told["sentence"].startswith("No worker is online, so jobs wait")
    presence.beat(me)
    assert "1 worker online" in client.get("/jobs/").content.decode()
    assert json.loads(client.get("/workers").content) == {"online": 1, "words": "1 worker online", "sentence": ""}


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_gives_signs_of_life(celery_workers):
    until_s = time.monotonic() + 60
    while not presence.online() and time.monotonic() < until_s:
        time.sleep(0.2)
    sign = WorkerSign.objects.get()
    assert sign.slots == 2
    assert "control" in sign.queues
