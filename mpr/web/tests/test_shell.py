"""Sign-in, health and error pages: what every visitor meets."""

from __future__ import annotations

import json

import psycopg
import pytest
import redis
from django.db import DatabaseError, OperationalError, connection
from django.test import Client, RequestFactory

from mpr.errors import Refused, StorageFull, Unavailable
from mpr.web import health
from mpr.web.middleware import DomainErrorMiddleware
from mpr.web.views import server_error

pytestmark = pytest.mark.django_db


def test_a_page_sends_strangers_to_the_sign_in_and_back(anonymous_client, owner):
    answer = anonymous_client.get("/jobs/")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in?next=/jobs/"
    signed_in = anonymous_client.post(answer["Location"], {"username": "owner", "password": "correct horse"})
    assert signed_in["Location"] == "/jobs/"


def test_a_wrong_password_is_told(anonymous_client, owner):
    answer = anonymous_client.post("/sign-in", {"username": "owner", "password": "wrong"})
    assert "correct username and password" in answer.content.decode()


def test_sign_out_needs_a_post(client):
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/").status_code == 302


def test_sign_in_never_leads_to_another_site(anonymous_client, owner):
    answer = anonymous_client.post(
        "/sign-in?next=https://elsewhere.example/", {"username": "owner", "password": "correct horse"}
    )
    assert answer["Location"] == "/"


def test_health_needs_no_sign_in(anonymous_client, services):
    answer = anonymous_client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "broker": "ok"}


def test_health_says_that_the_broker_is_away(anonymous_client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = anonymous_client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "database": "ok", "broker": "does not answer"}


def test_health_says_that_the_database_is_away(anonymous_client, monkeypatch, services):
    def refuse(*args, **kwargs):
        raise DatabaseError("connection refused") from psycopg.OperationalError()

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = anonymous_client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "does not answer"


def test_an_unknown_address_is_a_styled_404(client):
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


def test_a_form_without_its_token_says_what_to_do(owner):
    answer = Client(enforce_csrf_checks=True).post("/sign-in", {"username": "owner", "password": "correct horse"})
    assert answer.status_code == 403
    assert "reload the page and try again" in answer.content.decode()


def test_people_who_are_not_staff_have_no_admin(client):
    assert client.get("/admin/", follow=True).status_code == 404


def test_the_admin_uses_the_same_sign_in(anonymous_client):
    assert anonymous_client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/sign-in")


@pytest.mark.parametrize(
    "error", [Refused("This job is running."), StorageFull(), Unavailable()], ids=lambda error: error.code
)
def test_domain_errors_become_pages_with_their_sentence(error):
    answer = DomainErrorMiddleware(lambda request: None).process_exception(RequestFactory().get("/"), error)
    assert answer.status_code == error.http_status
    assert error.message in answer.content.decode()


def test_below_api_a_domain_error_becomes_json():
    error = Refused("This job is running.")
    answer = DomainErrorMiddleware(lambda request: None).process_exception(RequestFactory().get("/api/x"), error)
    assert (answer.status_code, json.loads(answer.content)) == (
        409, {"error": {"code": "refused", "message": "This job is running."}},
    )  # fmt: skip


def test_other_errors_are_left_to_django():
    assert DomainErrorMiddleware(lambda request: None).process_exception(RequestFactory().get("/"), KeyError()) is None


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [(OperationalError(), 503, "The database does not answer"), (KeyError(), 500, "The log has the details")],
)
def test_server_errors_ask_nothing_of_the_database(error, status, sentence, django_assert_num_queries):
    with django_assert_num_queries(0):
        try:
            raise error
        except type(error):
            answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == status
    assert sentence in answer.content.decode()


def test_the_broker_check_knows_a_refusing_server(monkeypatch):
    def refuse(self):
        raise redis.AuthenticationError("no password")

    monkeypatch.setattr(redis.Redis, "ping", refuse)
    assert not health.broker_answers()
