from __future__ import annotations

import pytest

from mpr.jobs.models import JobStatus, StageState
from mpr.jobs.page import share_of
from tests.rows import STAGES, make_job, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def running(workspace):
    return make_job(make_timeline(workspace), JobStatus.RUNNING, done=4)


@pytest.mark.parametrize("path", ["/jobs/{}/", "/jobs/{}/progress"])
def test_a_job_is_seen_by_members_only(path, running, client, stranger_client, anonymous_client):
    address = path.format(running.pk)
    assert client.get(address).status_code == 200
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302


def test_the_list_shows_only_ones_own_jobs(running, client, stranger_client):
    assert str(running.pk) in client.get("/jobs/").content.decode()
    theirs = stranger_client.get("/jobs/").content.decode()
    assert str(running.pk) not in theirs
    assert "mpr analyze" in theirs


def test_a_job_that_runs_asks_for_news_and_a_finished_one_does_not(running, client, workspace):
    assert (
        f'data-stream="/api/detect/stream/{running.pk}?after=0"'
        in client.get(f"/jobs/{running.pk}/progress").content.decode()
    )
    finished = make_job(make_timeline(workspace, filename="other.mp4"))
    assert "data-stream" not in client.get(f"/jobs/{finished.pk}/progress").content.decode()


def test_the_page_tells_states_shares_counts_and_reasons(running, client, workspace):
    page = client.get(f"/jobs/{running.pk}/").content.decode()
    assert "14 shots" in page
    assert "9 of 24 shards" in page
    # Four of eleven stages done, the fifth at 9.5 of 24 shards.
    assert f"{(4 + 9.5 / 24) / 11 * 100:.0f}\u2009%" in page
    finished = make_job(make_timeline(workspace, filename="other.mp4"))
    assert "No model is configured for this rung" in client.get(f"/jobs/{finished.pk}/").content.decode()


def test_the_page_of_a_failed_job_tells_its_sentence(client, workspace):
    sentence = "The disk is full; free some space, then start the job again."
    job = make_job(make_timeline(workspace), JobStatus.FAILED, done=6, error_message=f"run_ocr: {sentence}")
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert page.count(sentence) == 2
    assert "Open the report" not in page


def test_a_reused_stage_links_to_the_job_it_was_computed_by(client, workspace):
    earlier = make_job(make_timeline(workspace))
    job = make_job(earlier.timeline)
    job.stage_runs.filter(stage_name="run_ocr").update(
        state=StageState.REUSED, reason=f"Computed before, by job {earlier.pk}.", reused_from=earlier
    )
    assert f'href="/jobs/{earlier.pk}/">an earlier job</a>' in client.get(f"/jobs/{job.pk}/").content.decode()


def test_a_stale_stage_says_so_and_does_not_count_as_settled(client, workspace):
    job = make_job(make_timeline(workspace), JobStatus.PAUSED)
    settled = f"{len(STAGES)} of {len(STAGES)} stages"
    assert settled in client.get(f"/jobs/{job.pk}/").content.decode()
    job.stage_runs.filter(stage_name="compile_report").update(stale=True)
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "Stale: what it rests on was run again since." in page
    assert f"{len(STAGES) - 1} of {len(STAGES)} stages" in page
    assert share_of(job) == pytest.approx((len(STAGES) - 1) / len(STAGES))


def test_overrides_are_shown(client, workspace):
    job = make_job(make_timeline(workspace), config_overrides={"match_brands": {"min_score": 0.8}})
    assert "match_brands.min_score = 0.8" in client.get(f"/jobs/{job.pk}/").content.decode()


def test_the_share_of_a_list_counts_whole_shards(running):
    assert share_of(running) == pytest.approx((4 + 9 / 24) / len(STAGES))


def test_a_completed_job_is_whole_although_stages_were_left_out(workspace):
    job = make_job(make_timeline(workspace), done=3)
    assert share_of(job) == 1.0


def test_the_list_asks_the_same_whatever_its_length(client, workspace, django_assert_max_num_queries):
    timeline = make_timeline(workspace)
    for _ in range(12):
        make_job(timeline)
    with django_assert_max_num_queries(9):
        client.get("/jobs/")


def test_the_list_says_how_many_stages_are_settled(running, client):
    assert f"4 of {len(STAGES)} stages" in client.get("/jobs/").content.decode()
    running.stage_runs.filter(stage_name="filter_scenes").update(stale=True)
    assert f"3 of {len(STAGES)} stages" in client.get("/jobs/").content.decode()
