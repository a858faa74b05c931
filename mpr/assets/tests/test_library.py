from __future__ import annotations

import pytest

from tests.rows import make_failed_asset, make_job, make_timeline

pytestmark = pytest.mark.django_db


def test_the_library_shows_what_is_ones_own(workspace, client, stranger_client, anonymous_client):
    job = make_job(make_timeline(workspace, filename="final.mp4"))
    mine = client.get("/").content.decode()
    assert "final.mp4" in mine
    assert f"/jobs/{job.pk}/report" in mine
    theirs = stranger_client.get("/").content.decode()
    assert "final.mp4" not in theirs
    assert anonymous_client.get("/").status_code == 302


def test_an_empty_library_says_what_to_do(client):
    assert "mpr analyze match.mp4" in client.get("/").content.decode()


def test_a_file_that_failed_tells_its_sentence(client, workspace):
    asset = make_failed_asset(workspace)
    assert asset.error_message in client.get("/").content.decode()


def test_footage_is_described_in_human_units(client, workspace):
    make_timeline(workspace, duration_s=5423.0)
    page = client.get("/").content.decode()
    assert "1:30:23" in page
    assert "1280 × 720" in page
    assert "184 MB" in page


def test_names_are_text_and_never_markup(client, workspace):
    make_timeline(workspace, filename="<script>alert(1)</script>.mp4")
    assert "<script>alert" not in client.get("/").content.decode()


def test_the_library_asks_the_same_whatever_its_length(client, workspace, django_assert_max_num_queries):
    for number in range(8):
        make_job(make_timeline(workspace, filename=f"{number}.mp4"))
    with django_assert_max_num_queries(9):
        client.get("/")
