"""Which findings without a reading look alike."""

from __future__ import annotations

from typing import Any

import pytest

from detection.airings import write_airings
from detection.report.load import load_report
from detection.review.looks import ask_for_looks, tell_looks
from mpr.errors import Unavailable
from mpr.jobs.models import Job
from mpr.storage.buckets import media_out
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db


def silent(workspace: Any, *, logos: bool) -> Job:
    """A job whose two airings nothing was read in."""
    job = record_job(make_timeline(workspace, duration_s=20.0), logos=logos)
    write_airings(job, load_report(job))
    for airing in job.airings.all():
        airing.evidence["text"], airing.look = "", ""
        airing.save()
    return job


def looks(job: Job) -> list[str]:
    return list(job.airings.order_by("start_s").values_list("look", flat=True))


def test_what_was_read_tells_it_at_once(workspace: Any) -> None:
    job = record_job(make_timeline(workspace, duration_s=20.0))
    write_airings(job, load_report(job))

    assert looks(job) == ["t:nördlich öl|nordlichol"] * 2


@pytest.mark.parametrize(("logos", "first"), [(True, "v"), (False, "h")], ids=["stored vectors", "hash of the crop"])
def test_without_a_reading_pictures_tell_it(workspace: Any, logos: bool, first: str) -> None:
    job = silent(workspace, logos=logos)

    assert tell_looks(job.pk) == 2

    assert looks(job) == [f"{first}:0|nördlich öl"] * 2
    assert tell_looks(job.pk) == 0


def test_where_nothing_is_stored_any_more_each_is_by_itself(workspace: Any) -> None:
    job = silent(workspace, logos=False)
    media_out.delete_below(f"timelines/{job.timeline_id}/frames")

    tell_looks(job.pk)

    assert looks(job) == [f"-{pk}" for pk in job.airings.order_by("start_s").values_list("pk", flat=True)]


def test_a_worker_is_asked_only_when_something_is_not_known(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("detection.review.looks.send", lambda *given, **options: asked.append((given, options)))
    job = silent(workspace, logos=False)

    ask_for_looks(job)
    tell_looks(job.pk)
    ask_for_looks(job)

    assert asked == [(("detection.review.tasks.tell_looks", str(job.pk)), {"queue": "control"})]


def test_a_broker_that_does_not_answer_keeps_nobody_from_reviewing(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def refuse(*given: Any, **options: Any) -> None:
        asked.append(given)
        raise Unavailable

    monkeypatch.setattr("detection.review.looks.send", refuse)

    ask_for_looks(silent(workspace, logos=False))

    assert len(asked) == 1
