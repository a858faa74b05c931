from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.db import transaction

from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.jobs import dispatch, tasks
from mpr.jobs.create import create_job
from mpr.jobs.models import Job
from mpr.pipeline.timeline import Chunk, TimelineFacts
from mpr.workspaces.models import Workspace
from profiles.families import registry
from profiles.models import Profile

PIPELINE = {
    "stages": ["numbers", "doubled", "total"],
    "edges": [
        {"from": "numbers", "to": "doubled"},
        {"from": "numbers", "to": "total"},
        {"from": "doubled", "to": "total"},
    ],
    "shard_s": 4,
}


@pytest.fixture(autouse=True)
def arithmetic(settings: Any) -> Iterator[None]:
    """The arithmetic family instead of the detection family."""
    settings.MPR_FAMILIES = ("mpr.assets.family.FAMILY", "tests.families.arithmetic.FAMILY")
    registry.cache_clear()
    yield
    registry.cache_clear()


@pytest.fixture
def timeline(db: None) -> Timeline:
    asset = MediaAsset.objects.create(
        workspace=Workspace.objects.default(), filename="match.mp4", file_path="assets/match.mp4", sha256="a" * 64,
        status=AssetStatus.READY, duration_s=20.0, fps=25.0, width=64, height=36, poster_path="posters/match.jpg",
    )  # fmt: skip
    facts = TimelineFacts(
        chunks=[Chunk(key="assets/match.mp4", sha256="a" * 64, start_s=0.0, duration_s=20.0)],
        duration_s=20.0, fps=25.0, width_px=64, height_px=36, keyframes_s=[],
    )  # fmt: skip
    return Timeline.objects.create(
        source_asset=asset, chunk_paths=[asset.file_path], profile_name="sums", fps=25.0,
        facts=msgspec.to_builtins(facts),
    )  # fmt: skip


@pytest.fixture
def profile(db: None) -> Profile:
    return Profile.objects.create(name="sums", pipeline=PIPELINE, configs={})


class Message(tuple[str, Any, str, float]):
    """Task, argument, queue and countdown."""

    priority: int = 0


class Broker:
    """Messages in order, as a broker would hold them; `drain` delivers them one by one, in this process, those with the
    lowest priority number first."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()

    def send(self, task: str, argument: Any, *, queue: str, countdown_s: float = 0.0, priority: int = 0) -> None:
        message = Message((task, argument, queue, countdown_s))
        message.priority = priority
        self.messages.append(message)

    def drain(self, *, at_most: int = 500) -> int:
        """Deliver until nothing is left; returns how many were delivered."""
        delivered = 0
        while self.messages and delivered < at_most:
            message = min(self.messages, key=lambda message: message.priority)
            self.messages.remove(message)
            task, argument, _, _ = message
            getattr(tasks, task.rsplit(".", 1)[-1]).run(argument)
            delivered += 1
        return delivered


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Messages go here at once: a test's transaction never commits, and a message does nothing until it is drained."""
    held = Broker()
    monkeypatch.setattr(transaction, "on_commit", lambda act, using=None, robust=False: act())
    monkeypatch.setattr(dispatch, "send", held.send)
    return held


@pytest.fixture
def run_job(db: None, timeline: Timeline, profile: Profile, broker: Broker) -> Callable[..., Job]:
    """Makes a job and works on it until nothing is due."""

    def run(**given: Any) -> Job:
        job = create_job(timeline, profile_name="sums", **given)
        broker.drain()
        job.refresh_from_db()
        return job

    return run
