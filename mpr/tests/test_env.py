from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from mpr.env import env_bool, env_choice, env_int, env_list, env_str, env_url

READ: dict[str, tuple[Callable[[], Any], str | None, Any]] = {
    "text": (lambda: env_str("X"), "word", "word"),
    "text with blanks around": (lambda: env_str("X"), "  two words\n", "two words"),
    "no text": (lambda: env_str("X", "other"), None, "other"),
    "empty text": (lambda: env_str("X", "other"), "", "other"),
    "blank text": (lambda: env_str("X", "other"), "  ", "other"),
    "1": (lambda: env_bool("X"), "1", True),
    "Yes": (lambda: env_bool("X"), "Yes", True),
    "TRUE": (lambda: env_bool("X"), "TRUE", True),
    "on": (lambda: env_bool("X"), "on", True),
    "0": (lambda: env_bool("X", True), "0", False),
    "No": (lambda: env_bool("X", True), "No", False),
    "false": (lambda: env_bool("X", True), "false", False),
    "off": (lambda: env_bool("X", True), "off", False),
    "neither": (lambda: env_bool("X", True), None, True),
    "empty is neither": (lambda: env_bool("X", True), "", True),
    "a number": (lambda: env_int("X", 7), " 12 ", 12),
    "the least number": (lambda: env_int("X", 7, at_least=5), "5", 5),
    "no number": (lambda: env_int("X", 7), None, 7),
    "a choice": (lambda: env_choice("X", ("INFO", "DEBUG"), "INFO"), "debug", "DEBUG"),
    "no choice": (lambda: env_choice("X", ("INFO", "DEBUG"), "INFO"), None, "INFO"),
    "a list": (lambda: env_list("X"), "a, b ,,c", ["a", "b", "c"]),
    "no list": (lambda: env_list("X", ("a",)), None, ["a"]),
    "a list of nothing": (lambda: env_list("X", ("a",)), " , ", ["a"]),
    "a URL": (lambda: env_url("X", ("http", "https")), "https://u:p@host:8443/path", "https://u:p@host:8443/path"),
    "a path as URL": (lambda: env_url("X", ("unix",)), "unix:///run/valkey.sock", "unix:///run/valkey.sock"),
    "no URL": (lambda: env_url("X", ("http",)), None, ""),
    "another URL": (lambda: env_url("X", ("http",), "http://localhost"), None, "http://localhost"),
}


@pytest.mark.parametrize(("read", "value", "expected"), READ.values(), ids=READ)
def test_values_are_read(
    read: Callable[[], Any], value: str | None, expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("X", raising=False)
    if value is not None:
        monkeypatch.setenv("X", value)
    assert read() == expected


NO_URL = (
    "X is not a URL that can be read (“…{}”); give the port as a number, and special characters of the password as %XX."
)

REFUSED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "perhaps": (lambda: env_bool("X"), "perhaps", "X is “perhaps”; set it to 1 or 0."),
    "2": (lambda: env_bool("X"), "2", "X is “2”; set it to 1 or 0."),
    "many": (lambda: env_int("X", 7), "many", "X is “many”; set it to a whole number."),
    "a fraction": (lambda: env_int("X", 7), "1.5", "X is “1.5”; set it to a whole number."),
    "too few": (lambda: env_int("X", 7, at_least=5), "4", "X is 4; set it to 5 or more."),
    "negative": (lambda: env_int("X", 7), "-1", "X is -1; set it to 0 or more."),
    "no such choice": (
        lambda: env_choice("X", ("INFO", "DEBUG", "ERROR"), "INFO"),
        "chatty",
        "X is “chatty”; set it to INFO, DEBUG or ERROR.",
    ),
    "another scheme": (
        lambda: env_url("X", ("postgresql", "postgres")),
        "mysql://me:geheim@host/db",
        "X must begin with postgresql:// or postgres://; it is “host/db”.",
    ),
    "no scheme": (lambda: env_url("X", ("http",)), "host:80", "X must begin with http://; it is “host:80”."),
    "a port in letters": (
        lambda: env_url("X", ("redis",)),
        "redis://me:geheim@host:abc/0",
        NO_URL.format("host:abc/0"),
    ),
    "a slash in the password": (
        lambda: env_url("X", ("redis",)),
        "redis://me:geh/eim@host/0",
        NO_URL.format("host/0"),
    ),
    "half an address": (lambda: env_url("X", ("http",)), "http://[::1/", NO_URL.format("http://[::1/")),
}


@pytest.mark.parametrize(("read", "value", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_bad_value_stops_with_a_sentence_that_keeps_secrets(
    read: Callable[[], Any], value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured) as raised:
        read()
    assert str(raised.value) == sentence
    assert "geh" not in str(raised.value)
