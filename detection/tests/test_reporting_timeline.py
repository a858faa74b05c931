from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest

from detection.airings import write_airings
from detection.reporting.boxes import Window
from detection.reporting.shown import Look, Shown, stored_report
from detection.reporting.timeline import _filled, lanes_json, next_airing
from detection.review.deciding import Choice, decide
from mpr.errors import BadInput, NotFound
from tests.broadcasts import broadcast_job
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(workspace):
    return record_job(make_timeline(workspace, duration_s=20.0))


@pytest.fixture
def long_job(workspace):
    return broadcast_job(make_timeline(workspace, duration_s=7200.0))


def lane(told, name):
    return next(brand for brand in told["brands"] if brand["name"] == name)


def test_a_short_stretch_has_every_airing_and_cut(job):
    told = lanes_json(Shown(job), Window(from_s=0, to_s=20), 500)
    assert told["columns"] == 0
    assert [entry[:2] for entry in lane(told, "Nördlich Öl")["airings"]] == [(2, 5), (9, 10)]
    assert told["cuts"] == [10.0]
    assert told["length_s"] == 20.0
    part = lanes_json(Shown(job), Window(from_s=6, to_s=20), 500)
    assert [entry[:2] for entry in lane(part, "Nördlich Öl")["airings"]] == [(9, 10)]


def test_a_long_stretch_is_told_by_columns(long_job):
    report = stored_report(long_job)
    told = lanes_json(Shown(long_job), Window(from_s=0, to_s=7200), 720)
    assert told["columns"] == 720
    assert told["cuts"] is None
    assert told["cut_count"] > 900
    for brand in report.brands[:3]:
        filled = np.frombuffer(b64decode(lane(told, brand.brand)["filled"]), np.uint8)
        assert len(filled) == 720
        listed = sum(event.end_s - event.start_s for event in brand.events)
        assert filled.sum() / 100 * 10 == pytest.approx(listed, rel=0.02)
    part = lanes_json(Shown(long_job), Window(from_s=600, to_s=1200), 720)
    assert part["columns"] == 0
    here = [event for event in report.brands[0].events if event.start_s < 1200 and event.end_s > 600]
    assert len(part["brands"][0]["airings"]) == len(here)


@pytest.mark.parametrize(
    ("spans", "filled"),
    [
        ([], [0, 0, 0, 0]),
        ([(0, 4)], [100, 100, 100, 100]),
        ([(1.5, 3.25)], [0, 50, 100, 25]),
        ([(1.2, 1.4), (1.6, 1.9)], [0, 50, 0, 0]),
        ([(-5, 0.5), (3.9, 9)], [50, 0, 0, 10]),
        ([(2.0, 2.001)], [0, 0, 1, 0]),
        ([(5, 6)], [0, 0, 0, 0]),
        ([(1, 2)], [0, 100, 0, 0]),
    ],
)
def test_columns_tell_the_share_of_their_time(spans, filled):
    assert _filled(spans, (0, 4), 4).tolist() == filled


def test_what_people_said_is_marked(job, owner):
    write_airings(job, stored_report(job))
    first = job.airings.order_by("start_s").first()
    decide(owner, [f"a{first.pk}"], Choice(verdict="accept"))
    states = [
        entry[4] for entry in lane(lanes_json(Shown(job), Window(from_s=0, to_s=20), 500), "Nördlich Öl")["airings"]
    ]
    assert states == [1, 0]
    decide(owner, [f"a{first.pk}"], Choice(verdict="reject"))
    told = lanes_json(Shown(job), Window(from_s=0, to_s=20), 500)
    assert [entry[:2] for entry in lane(told, "Nördlich Öl")["airings"]] == [(9, 10)]
    found = Shown(job, Look(as_reviewed=False))
    told = lanes_json(found, Window(from_s=0, to_s=20), 500)
    assert [entry[4] for entry in lane(told, "Nördlich Öl")["airings"]] == [2, 0]


def test_the_way_from_airing_to_airing(job):
    shown = Shown(job)
    assert next_airing(shown, 0, 1, "Nördlich Öl")["start_s"] == 2
    assert next_airing(shown, 2, 1, "Nördlich Öl")["start_s"] == 9
    assert next_airing(shown, 9, -1, "Nördlich Öl")["start_s"] == 2
    assert next_airing(shown, 20, -1)["said"].startswith("Nördlich Öl, board")
    assert "airing 2 of 2" in next_airing(shown, 5, 1)["said"]
    with pytest.raises(NotFound):
        next_airing(shown, 9, 1)
    with pytest.raises(NotFound):
        next_airing(shown, 0, 1, "Nobody")


@pytest.mark.parametrize("columns", [0, 49, 4001])
def test_columns_that_cannot_be_are_refused(columns, job):
    with pytest.raises(BadInput):
        lanes_json(Shown(job), Window(from_s=0, to_s=20), columns)


@pytest.mark.parametrize("query", ["", "from_s=0&to_s=20&columns=x", "from_s=9&to_s=3", "from_s=0&to_s=20&columns=5"])
def test_a_script_is_told_in_a_sentence_what_is_wrong(query, job, client):
    answer = client.get(f"/jobs/{job.pk}/report/lanes?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(".")
