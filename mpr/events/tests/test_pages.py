"""A job's log for reading."""

from __future__ import annotations

import pytest
from django.db import transaction

from mpr.events import log
from mpr.events.pages import PAGE_ROWS, Filter, newest, since
from mpr.events.words import TYPES, Level, sentence
from tests.rows import make_job, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(workspace):
    return make_job(make_timeline(workspace), "running", done=4)


def tell(job, kind, **payload):
    with transaction.atomic():
        return log.append(job.pk, kind, payload)


def words(page):
    return [line.words for line in page.lines]


def test_the_log_comes_newest_first_a_page_at_a_time(job):
    for number in range(PAGE_ROWS + 5):
        tell(job, "log", stage="run_ocr", level="info", message=f"line {number}")
    first = newest(job.pk, Filter())
    assert words(first)[0] == f"line {PAGE_ROWS + 4}"
    assert len(first.lines) == PAGE_ROWS
    rest = newest(job.pk, Filter(), before=first.older)
    assert words(rest) == [f"line {number}" for number in range(4, -1, -1)]
    assert rest.older is None


def test_what_came_since_is_told_and_more_than_a_page_is_not(job):
    tell(job, "job.running")
    tell(job, "log", stage="run_ocr", level="info", message="one")
    assert words(since(job.pk, Filter(), 1)) == ["one"]
    assert since(job.pk, Filter(), 2).lines == ()
    for _ in range(PAGE_ROWS + 1):
        tell(job, "log", stage="run_ocr", level="info", message="more")
    assert since(job.pk, Filter(), 2) is None


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (
            Level.DETAIL,
            {"shard.done", "stage.done", "shard.lost", "job.failed", "log info", "log warning", "log error"},
        ),
        (Level.INFO, {"stage.done", "shard.lost", "job.failed", "log info", "log warning", "log error"}),
        (Level.WARNING, {"shard.lost", "job.failed", "log warning", "log error"}),
        (Level.ERROR, {"job.failed", "log error"}),
    ],
)
def test_a_level_lets_pass_what_matters_at_least_so_much(job, level, expected):
    for kind in ("shard.done", "stage.done", "shard.lost", "job.failed"):
        tell(job, kind, stage="run_ocr")
    for named in ("info", "warning", "error"):
        tell(job, "log", stage="run_ocr", level=named, message=named)
    seqs = {line.seq for line in newest(job.pk, Filter(level=level)).lines}
    told = {
        f"log {event.payload['level']}" if event.type == "log" else event.type
        for event in job.events.filter(seq__in=seqs)
    }
    assert told == expected


def test_a_text_is_looked_for_in_what_is_told_and_in_stages_by_their_title(job):
    tell(job, "stage.running", stage="run_ocr")
    tell(job, "log", stage="match_brands", level="info", message="Nördlich 100% sure")
    assert len(newest(job.pk, Filter(text="Run OCR")).lines) == 1
    assert words(newest(job.pk, Filter(text="nördlich 100%"))) == ["Nördlich 100% sure"]
    assert newest(job.pk, Filter(text="run_xocr")).lines == ()
    assert [line.stage for line in newest(job.pk, Filter(stage="match_brands")).lines] == ["match_brands"]


def test_every_kind_of_event_is_put_into_a_sentence(job):
    for kind in TYPES:
        event = tell(job, kind, stage="run_ocr", message="It is so.", reason="It is so.", shard=1, done=1, of=2)
        assert kind not in sentence(event)
        assert sentence(event).endswith((".", "so."))


def test_a_kind_that_is_not_known_is_shown_as_it_is(job):
    assert sentence(tell(job, "moon.full", phase=3)) == "moon.full {'phase': 3}"


def test_a_job_that_is_named_is_named_shortly(job):
    event = tell(job, "stage.reused", stage="run_ocr", reason=f"Computed before, by job {job.pk}.")
    assert sentence(event) == f"Reused. Computed before, by job {str(job.pk)[:8]}."
