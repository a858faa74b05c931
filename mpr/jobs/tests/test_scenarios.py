from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from mpr.errors import BadInput, NotFound
from mpr.jobs.models import Checkpoint, Job
from mpr.jobs.replay import replay
from mpr.jobs.scenarios import scenarios_of, set_label

from .conftest import Broker

Run = Callable[..., Job]


def test_a_checkpoint_is_named_renamed_and_unnamed(run_job: Run) -> None:
    job = run_job()
    node = Checkpoint.objects.get(job=job, stage_name="doubled")
    for given, kept in (("  as it\nwas ", "as it was"), ("before the cut", "before the cut"), (" ", "")):
        assert set_label(node.pk, given).label == kept
        node.refresh_from_db()
        assert node.label == kept


def test_the_scenarios_of_a_timeline_newest_first(run_job: Run, broker: Broker) -> None:
    job = run_job()
    set_label(Checkpoint.objects.get(job=job, stage_name="total").pk, "as it was")
    replay(job, from_stage="total", overrides={"total": {"add": 1}}, label="one more")
    broker.drain()
    assert [node.label for node in scenarios_of(job.timeline_id)] == ["one more", "as it was"]
    assert not scenarios_of(uuid.uuid4()).exists()


def test_bad_labels(run_job: Run) -> None:
    node = Checkpoint.objects.get(job=run_job(), stage_name="doubled")
    with pytest.raises(BadInput, match="A label has at most 120 characters; this one has 130"):
        set_label(node.pk, "x" * 130)
    with pytest.raises(NotFound, match="There is no such checkpoint"):
        set_label(uuid.uuid4(), "x")
