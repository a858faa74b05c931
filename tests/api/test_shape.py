"""What every endpoint has in common: the shape of errors, strict input, pages, throttles, tokens, the schema."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from mpr.api.errors import answer_error
from mpr.jobs.models import Job
from tests.rows import make_job

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def said(answer) -> tuple[int, str, str]:
    assert set(answer.json()) == {"error"}
    return (answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["message"])


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"jop": "x"}, "There is no field “jop” here. Known: job."),
        ({}, "job: This field is required."),
        ({"job": "x"}, "job: Must be a valid UUID."),
        ([], "Invalid data. Expected a dictionary, but got list."),
    ],
    ids=["unknown field", "missing field", "no uuid", "no object"],
)
def test_bad_input_is_told_in_a_sentence(body, sentence, api):
    assert said(api("analyst").post("/api/detect/pause", body, format="json")) == (400, "bad_input", sentence)


def test_a_body_that_is_no_json(api):
    answer = api("analyst").post("/api/detect/pause", "{", content_type="application/json")
    assert said(answer)[:2] == (400, "parse_error")


def test_a_method_that_is_not_there(api):
    assert said(api("owner").delete("/api/detect/jobs")) == (405, "method_not_allowed", 'Method "DELETE" not allowed.')


def test_an_unknown_address_below_api_is_told_as_json(api):
    assert said(api("viewer").get("/api/detect/nothing"))[:2] == (404, "not_found")


def test_an_unknown_filter_is_refused(api):
    status, _, sentence = said(api("viewer").get("/api/detect/jobs?state=running"))
    assert (status, sentence.partition(".")[0]) == (400, "There is no field “state” here")


def test_a_domain_error_keeps_its_code_and_status(api, job):
    Job.objects.update(status="completed")
    answer = api("curator").post("/api/detect/resume", {"job": job.pk}, format="json")
    assert said(answer) == (409, "refused", "This job is completed and cannot be resumed.")


def test_a_database_that_is_away_is_told():
    answer = answer_error(OperationalError(), {})
    assert answer is not None
    assert (answer.status_code, answer.data["error"]["code"]) == (503, "unavailable")


def test_what_nobody_foresaw_is_left_to_django():
    assert answer_error(KeyError(), {}) is None


def test_a_list_comes_in_pages(api, job):
    for _ in range(4):
        make_job(job.timeline)
    client = api("viewer")
    seen, address = [], "/api/detect/jobs?page_size=2"
    while address:
        page = client.get(address).json()
        seen += [found["id"] for found in page["results"]]
        address = page["next"]
    assert len(seen) == len(set(seen)) == 5


def test_filters_narrow_a_list(api, job):
    make_job(job.timeline)
    client = api("viewer")
    assert [found["id"] for found in client.get("/api/detect/jobs?status=running").json()["results"]] == [str(job.pk)]


def test_who_asks_too_often_is_told_when_to_come_back(api, settings):
    settings.MPR_API_PER_MINUTE = 3
    client = api("viewer")
    for _ in range(3):
        assert client.get("/api/detect/jobs").status_code == 200
    answer = client.get("/api/detect/jobs")
    assert said(answer)[:2] == (429, "too_many_requests")
    assert said(answer)[2] == f"Too many requests; try again in {answer['Retry-After']} s."


def test_a_session_without_its_csrf_token_changes_nothing(owner, job):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post("/api/detect/pause", {"job": str(job.pk)}, format="json")
    assert said(answer)[:2] == (403, "not_allowed")
    job.refresh_from_db()
    assert job.status == "running"


def test_a_token_is_made_on_its_page_and_opens_the_api(client, job):
    page = client.post("/account/token", {"act": "make"}).content.decode()
    token = Token.objects.get().key
    assert token in page
    assert token not in client.get("/account/token").content.decode()
    program = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    assert program.get(f"/api/detect/jobs/{job.pk}").status_code == 200
    client.post("/account/token", {"act": "make"})
    assert said(program.get("/api/detect/jobs"))[:2] == (401, "not_signed_in")
    client.post("/account/token", {"act": "remove"})
    assert not Token.objects.exists()


def test_the_token_page_is_for_the_signed_in(anonymous_client):
    assert anonymous_client.get("/account/token").status_code == 302


def test_the_schema_is_valid_and_the_committed_one_is_up_to_date(settings, tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made), stderr=io.StringIO())
    assert made.read_text() == (ROOT / "docs" / "openapi.yaml").read_text(), "run: make schema"


def test_the_schema_is_served_to_members(api):
    assert api("viewer").get("/api/schema/").status_code == 200
    assert said(APIClient().get("/api/schema/"))[0] == 401
