"""The fixtures of conftest.py themselves."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings
from django.db import connection


@pytest.mark.django_db
def test_tests_use_their_own_database(services_home):
    assert connection.settings_dict["NAME"] == "test_mpr"
    assert str(services_home) in str(settings.STORAGES["media_in"]["OPTIONS"]["location"])


def test_valkey_runs_without_the_database(services):
    assert redis.Redis.from_url(services.redis_url).ping()


@pytest.mark.django_db(transaction=True)
def test_celery_workers_answer(celery_workers):
    from mpr.celery import app

    assert len(app.control.ping(timeout=5)) == 1


@pytest.mark.browser
def test_browser_opens_a_page(browser):
    page = browser.new_page()
    page.set_content("<h1>Hello</h1>")
    assert page.inner_text("h1") == "Hello"


def test_owner_and_stranger_share_no_workspace(owner, stranger):
    assert not set(owner.workspaces.all()) & set(stranger.workspaces.all())
