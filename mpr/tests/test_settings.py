"""The settings read anew, from an environment made for each test."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

SETTINGS = Path(__file__).parents[1] / "settings.py"
MINIMAL = {
    "MPR_SECRET_KEY": "secret",
    "DATABASE_URL": "postgresql://mpr:pass@db.example:5433/mpr",
    "REDIS_URL": "redis://cache.example:6379/0",
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MPR_") or name in MINIMAL:
            monkeypatch.delenv(name)


def _read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name, value in {**MINIMAL, **environment}.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


MISSING = {
    "MPR_SECRET_KEY": "MPR_SECRET_KEY is not set; set it to a long random text, or start through `mpr`.",
    "DATABASE_URL": (
        "DATABASE_URL is not set; set it to postgresql://user:password@host/database, or start through `mpr`, which "
        "brings its own PostgreSQL."
    ),
    "REDIS_URL": (
        "REDIS_URL is not set; set it to redis://host:6379/0, or start through `mpr`, which brings its own Valkey."
    ),
}


@pytest.mark.parametrize(("missing", "sentence"), MISSING.items(), ids=MISSING)
def test_what_is_missing_stops_the_start(missing: str, sentence: str) -> None:
    environment = {name: value for name, value in MINIMAL.items() if name != missing}
    answer = subprocess.run(
        [sys.executable, "-c", "import mpr.settings"],
        env={"PATH": os.environ["PATH"], **environment}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode != 0
    assert answer.stderr.splitlines()[-1] == f"django.core.exceptions.ImproperlyConfigured: {sentence}"


@pytest.mark.parametrize("missing", MISSING)
def test_what_is_set_to_nothing_is_missing(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} is not set; "):
        _read(monkeypatch, **{missing: "  "})


BAD = {
    "MPR_DEBUG": ("maybe", "MPR_DEBUG is “maybe”; set it to 1 or 0."),
    "MPR_HTTPS": ("tls", "MPR_HTTPS is “tls”; set it to 1 or 0."),
    "DATABASE_URL": (
        "sqlite:///db",
        "DATABASE_URL must begin with postgresql:// or postgres://; it is “sqlite:///db”.",
    ),
    "REDIS_URL": ("host:6379", "REDIS_URL must begin with redis:// or rediss:// or unix://; it is “host:6379”."),
    "MPR_LEASE_S": ("4", "MPR_LEASE_S is 4; set it to 5 or more."),
    "MPR_SHARD_ATTEMPTS": ("0", "MPR_SHARD_ATTEMPTS is 0; set it to 1 or more."),
    "MPR_LOG_LEVEL": ("loud", "MPR_LOG_LEVEL is “loud”; set it to DEBUG, INFO, WARNING, ERROR or CRITICAL."),
}


@pytest.mark.parametrize(("name", "value", "sentence"), [(name, *bad) for name, bad in BAD.items()], ids=BAD)
def test_a_bad_value_stops_the_start(name: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        _read(monkeypatch, **{name: value})
    assert str(raised.value) == sentence


def test_without_more_it_is_safe_and_local(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _read(monkeypatch)
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    home = Path(settings["BASE_DIR"]) / ".mpr"
    assert settings["STORAGES"]["media_in"]["OPTIONS"]["location"] == str(home / "media_in")
    assert settings["STORAGES"]["media_out"] == settings["STORAGES"]["default"]
    assert settings["LOGGING"]["root"]["level"] == "INFO"


def test_behind_https_cookies_are_secure(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, secured = _read(monkeypatch), _read(monkeypatch, MPR_HTTPS="1")
    assert not plain["SESSION_COOKIE_SECURE"]
    assert "SECURE_PROXY_SSL_HEADER" not in plain
    assert secured["SESSION_COOKIE_SECURE"]
    assert secured["CSRF_COOKIE_SECURE"]
    assert secured["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://mpr:p%40ss%2F@db.example:5433/my%20db",
            {"NAME": "my db", "USER": "mpr", "PASSWORD": "p@ss/", "HOST": "db.example", "PORT": 5433},
        ),
        ("postgres://db.example/mpr", {"NAME": "mpr", "USER": "", "PASSWORD": "", "HOST": "db.example", "PORT": ""}),
        (
            "postgresql:///mpr?host=/run/pg&sslmode=require",
            {"NAME": "mpr", "USER": "", "PASSWORD": "", "HOST": "/run/pg", "PORT": ""},
        ),
        ("postgresql://me@[::1]:5433/mpr", {"NAME": "mpr", "USER": "me", "PASSWORD": "", "HOST": "::1", "PORT": 5433}),
    ],
    ids=["all parts", "few parts", "a socket", "IPv6"],
)
def test_the_database_url_is_taken_apart(url: str, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    database = _read(monkeypatch, DATABASE_URL=url)["DATABASES"]["default"]
    assert {name: database[name] for name in expected} == expected
    assert database["OPTIONS"].get("sslmode") == ("require" if "sslmode" in url else None)
    assert "host" not in database["OPTIONS"]


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("redis://cache.example:6379/0", "redis://cache.example:6379/0"),
        ("rediss://:pw@cache.example:6379/0", "rediss://:pw@cache.example:6379/0"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock"),
    ],
    ids=["TCP", "TLS", "socket"],
)
def test_celery_and_the_channel_layer_share_one_address(url: str, broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _read(monkeypatch, REDIS_URL=url)
    assert settings["CELERY_BROKER_URL"] == broker
    assert settings["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"] == [url]
