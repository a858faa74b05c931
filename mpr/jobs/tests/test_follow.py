from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import transaction

from mpr.events import log
from mpr.events.models import JobEvent
from mpr.events.read import Entry
from mpr.jobs.live import follow as following
from mpr.jobs.live import tail as tails
from mpr.jobs.live.follow import Beat, News, Over, Progress, Resumed, follow
from mpr.jobs.models import Job, Shard
from tests.loops import in_loop
from tests.rows import make_job, make_timeline

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(workspace):
    return make_job(make_timeline(workspace), "running", done=4)


@sync_to_async
def write(job, count=1):
    for _ in range(count):
        with transaction.atomic():
            log.append(job.pk, "log", {})


async def take(items, kind, count=1):
    taken = []
    async with asyncio.timeout(20):
        while len(taken) < count:
            item = await anext(items)
            taken += [one for one in (item.entries if isinstance(item, News) else [item]) if isinstance(one, kind)]
    return taken


@in_loop
async def test_a_beat_comes_when_nothing_does(job, owner, monkeypatch):
    monkeypatch.setattr(tails, "BEAT_S", 0.2)
    async with aclosing(follow(job.pk, 0, owner)) as items:
        assert (await take(items, Beat, 2)) == [Beat(), Beat()]


@in_loop
async def test_progress_within_a_shard_is_told_without_an_event(job, owner):
    async with aclosing(follow(job.pk, 0, owner)) as items:
        (before,) = await take(items, Progress)
        await Shard.objects.filter(stage_run__job=job).aupdate(progress=1.0)
        (after,) = await take(items, Progress)
    assert json.loads(after.data)["percent"] > json.loads(before.data)["percent"]


@in_loop
async def test_who_is_no_member_any_more_is_sent_away(job, owner, monkeypatch):
    monkeypatch.setattr(following, "_MAY_SEE_S", 0.0)
    monkeypatch.setattr(tails, "BEAT_S", 0.1)
    async with aclosing(follow(job.pk, 0, owner)) as items:
        await take(items, Resumed)
        await owner.memberships.all().adelete()
        assert await take(items, Over) == [Over(status="refused")]


@in_loop
async def test_without_the_channel_layer_events_come_all_the_same(job, owner, monkeypatch):
    class Away:
        def __getattr__(self, name):
            raise ConnectionRefusedError("no channel layer")

    monkeypatch.setattr(tails, "get_channel_layer", Away)
    async with aclosing(follow(job.pk, 0, owner)) as items:
        await take(items, Resumed)
        await write(job, 3)
        assert [entry.seq for entry in await take(items, Entry, 3)] == [1, 2, 3]


@in_loop
async def test_who_is_slow_makes_nothing_grow_and_misses_nothing(job, owner, monkeypatch):
    monkeypatch.setattr(tails, "_KEPT", 50)
    async with aclosing(follow(job.pk, 0, owner)) as items:
        await take(items, Resumed)
        count = 700
        await JobEvent.objects.abulk_create(
            [JobEvent(job=job, seq=seq, type="log", payload={}) for seq in range(1, count + 1)]
        )
        await Job.objects.filter(pk=job.pk).aupdate(event_seq=count)
        (tail, _) = following._tails[asyncio.get_running_loop()][job.pk]
        async with asyncio.timeout(20):
            while tail.newest < count:
                await asyncio.sleep(0.1)
        assert len(tail._entries) == 50
        assert [entry.seq for entry in await take(items, Entry, count)] == list(range(1, count + 1))


@in_loop
async def test_all_who_follow_share_one_tail_which_goes_with_the_last(job, owner):
    first, second = follow(job.pk, 0, owner), follow(job.pk, 0, owner)
    await take(first, Resumed)
    await take(second, Resumed)
    mine = following._tails[asyncio.get_running_loop()]
    assert mine[job.pk][0].followers == 2
    await first.aclose()
    assert mine[job.pk][0].followers == 1
    await second.aclose()
    assert mine == {}
    assert not [task for task in asyncio.all_tasks() if "Tail" in repr(task)]


@in_loop
async def test_a_wake_up_comes_through_the_channel_layer(job):
    from mpr.events.wake import group_name

    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group_name(job.pk), channel)
    # The layer says that it has subscribed a moment before it has.
    await asyncio.sleep(0.2)
    await write(job)
    async with asyncio.timeout(10):
        assert await layer.receive(channel) == {"type": "job.event", "seq": 1}
    await layer.group_discard(group_name(job.pk), channel)
