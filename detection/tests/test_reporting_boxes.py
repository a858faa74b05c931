from __future__ import annotations

import pytest

from detection.airings import write_airings
from detection.reporting.boxes import MOST_S, Window, boxes
from detection.reporting.shown import Shown, stored_report
from detection.review.deciding import Choice, decide
from mpr.errors import BadInput
from mpr.jobs.models import JobStatus
from tests.recorded import HEIGHT_PX, QUAD, WIDTH_PX, record_job
from tests.rows import make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(workspace):
    """20 s with a frame a second; the board is seen in the frames 2, 3, 4 and 9, and in frame 2 another brand that is
    too small to count."""
    settings = {"compile_report": {"min_area_share": 0.01}}
    return record_job(make_timeline(workspace, duration_s=20.0), config_overrides=settings)


def address(job, from_s=0, to_s=10):
    return f"/jobs/{job.pk}/boxes?from_s={from_s}&to_s={to_s}"


def told_of(job, window):
    return boxes(Shown(job), window)


def reject(job, owner, brand):
    """The airings and rows that review decides on, as compile_report leaves them."""
    write_airings(job, stored_report(job))
    airing = job.airings.filter(brand_name=brand).order_by("start_s").first()
    decide(owner, [f"a{airing.pk}"], Choice(verdict="reject"))


def counted(told):
    """{brand: [[moment, start, end]]} of what counts."""
    found = {}
    for thing in told["things"]:
        name = told["brands"][thing["brand"]]["name"]
        found.setdefault(name, []).extend(sample[:3] for sample in thing["samples"] if sample[3])
    return {name: samples for name, samples in found.items() if samples}


def test_a_window_has_the_outlines_of_its_sightings(job):
    told = told_of(job, Window(from_s=0, to_s=10))
    assert told["source"] == "measured"
    assert counted(told) == {"Nördlich Öl": [[2.5, 2, 3], [3.5, 3, 4], [4.5, 4, 5], [9.5, 9, 10]]}
    corners = next(thing for thing in told["things"] if thing["samples"][0][3])["samples"][0][4:]
    assert corners == [round(value, 4) for x, y in QUAD for value in (x / WIDTH_PX, y / HEIGHT_PX)]
    assert told["frames"] == [number + 0.5 for number in range(10)]


def test_what_is_seen_without_a_break_is_one_thing_and_a_long_gap_ends_it(job):
    told = told_of(job, Window(from_s=0, to_s=10))
    assert sorted(len(thing["samples"]) for thing in told["things"] if thing["samples"][0][3]) == [1, 3]


def test_neighbours_beyond_the_window_s_edge_come_with_what_lies_in_it(job):
    told = told_of(job, Window(from_s=3.2, to_s=3.8))
    assert counted(told) == {"Nördlich Öl": [[2.5, 2, 3], [3.5, 3, 4], [4.5, 4, 5]]}
    assert told_of(job, Window(from_s=6, to_s=8))["things"] == []


def test_what_is_too_small_to_count_is_told_as_such(job):
    told = told_of(job, Window(from_s=2, to_s=3))
    flags = {told["brands"][thing["brand"]]["name"]: thing["samples"][0][3] for thing in told["things"]}
    assert flags == {"Nördlich Öl": 1, "Tiny": 0}


def test_what_a_person_rejected_is_seen_no_more(job, owner):
    reject(job, owner, "Nördlich Öl")
    assert counted(told_of(job, Window(from_s=0, to_s=10))) == {"Nördlich Öl": [[9.5, 9, 10]]}


def test_without_what_was_measured_the_evidence_is_shown(workspace):
    job = make_job(make_timeline(workspace))
    make_report(job)
    airing = job.airings.order_by("start_s").first()
    told = told_of(job, Window(from_s=0, to_s=100))
    assert told["source"] == "evidence"
    seen = counted(told)[airing.brand_name]
    t_s = airing.evidence["t_s"]
    assert [t_s, t_s - 0.5, t_s + 0.5] in seen


def test_evidence_moves_along_its_airing_s_path(workspace):
    job = make_job(make_timeline(workspace))
    make_report(job, brands=("Northwind",), events=1)
    airing = job.airings.get()
    t_s = airing.evidence["t_s"]
    airing.geometry["path"] = [[t_s - 1, 0.4, 0.5], [t_s, 0.5, 0.5], [t_s + 1, 0.6, 0.4]]
    airing.save()
    (thing,) = told_of(job, Window(from_s=t_s - 1, to_s=t_s + 1))["things"]
    first, middle, last = thing["samples"]
    assert middle[4:] == [value for point in airing.evidence["polygon"] for value in point]
    assert first[4] == pytest.approx(middle[4] - 0.1)
    assert last[5] == pytest.approx(middle[5] - 0.1)
    assert (first[1], last[2]) == (airing.start_s, airing.end_s)
    assert first[2] == middle[1] == t_s - 0.5


def test_colours_are_those_of_the_report(workspace):
    job = make_job(make_timeline(workspace))
    make_report(job)
    told = told_of(job, Window(from_s=0, to_s=120))
    assert {brand["name"]: brand["colour"] for brand in told["brands"]} == {
        "Northwind": 0, "Halcyon Air": 1, "Zephyr Cola": 2,
    }  # fmt: skip


@pytest.mark.parametrize(("from_s", "to_s"), [(5, 5), (6, 5), (-1, 5), (0, 121), (0, float("nan")), (0, float("inf"))])
def test_a_window_that_cannot_be_is_refused(from_s, to_s):
    with pytest.raises(BadInput):
        Window(from_s=from_s, to_s=to_s, most_s=MOST_S)


def test_members_alone_see_them(job, client, stranger_client, anonymous_client):
    assert client.get(address(job)).status_code == 200
    assert stranger_client.get(address(job)).status_code == 404
    assert anonymous_client.get(address(job)).status_code == 302


def test_a_browser_keeps_an_answer_to_itself_and_asks_whether_it_changed(job, owner, client):
    answer = client.get(address(job))
    assert "private" in answer["Cache-Control"]
    again = client.get(address(job), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(address(job, 0, 9), headers={"If-None-Match": answer["ETag"]}).status_code == 200
    reject(job, owner, "Nördlich Öl")
    assert client.get(address(job), headers={"If-None-Match": answer["ETag"]}).status_code == 200


@pytest.mark.parametrize("query", ["", "from_s=1", "from_s=a&to_s=b", "from_s=0&to_s=500", "from_s=nan&to_s=4"])
def test_a_script_is_told_in_a_sentence_what_is_wrong(query, job, client):
    answer = client.get(f"/jobs/{job.pk}/boxes?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith(".")


def test_a_job_without_a_report_says_so(workspace, client):
    running = make_job(make_timeline(workspace), JobStatus.RUNNING, done=3)
    answer = client.get(address(running), headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "no report yet" in answer.json()["error"]["message"]


def test_the_nearest_stored_frame_is_shown(job, client, stranger_client):
    answer = client.get(f"/jobs/{job.pk}/frame.jpg?t_s=7.9")
    assert float(answer["X-Frame-S"]) == 7.5
    assert answer.content[:2] == b"\xff\xd8"
    small = client.get(f"/jobs/{job.pk}/frame.jpg?t_s=7.9&width_px=320")
    assert len(small.content) < len(answer.content)
    assert stranger_client.get(f"/jobs/{job.pk}/frame.jpg?t_s=7.9").status_code == 404
    assert client.get(f"/jobs/{job.pk}/frame.jpg?t_s=x").status_code == 400
    assert client.get(f"/jobs/{job.pk}/frame.jpg?t_s=1&width_px=9").status_code == 400
