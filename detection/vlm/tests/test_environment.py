from __future__ import annotations

import pytest

from detection.vlm import environment
from mpr.errors import BadConfig


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/", "http://localhost:11434/v1"),
        ("http://gpu:8000/v1", "http://gpu:8000/v1"),
        ("https://gpu/llm/v1/", "https://gpu/llm/v1"),
    ],
)
def test_address_gets_the_usual_path(monkeypatch: pytest.MonkeyPatch, given: str, url: str) -> None:
    monkeypatch.setenv("VLM_URL", given)
    assert environment.local_endpoint("", 1).url == url


@pytest.mark.parametrize("given", ["localhost:11434", "ftp://gpu", "http://"])
def test_bad_address_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("VLM_URL", given)
    with pytest.raises(BadConfig, match=r"VLM_URL is .* set it to an address"):
        environment.local_endpoint("", 1)


def test_password_in_an_address_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLM_URL", "gpu://me:secret@host")
    with pytest.raises(BadConfig) as error:
        environment.local_endpoint("", 1)
    assert "secret" not in error.value.message


def test_config_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLM_URL", "http://gpu/v1")
    monkeypatch.setenv("VLM_MODEL", "llava")
    assert environment.local_endpoint("", 1).model == "llava"
    assert environment.local_endpoint("qwen", 1).model == "qwen"


@pytest.mark.parametrize(("value", "on"), [("1", True), ("yes", True), ("0", False), ("", False), ("False", False)])
def test_switches(monkeypatch: pytest.MonkeyPatch, value: str, on: bool) -> None:
    monkeypatch.setenv("SKIP_VLM", value)
    assert environment.is_on("SKIP_VLM") is on


def test_unclear_switch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKIP_VLM", "perhaps")
    with pytest.raises(BadConfig, match="SKIP_VLM is “perhaps”; set it to 1 or 0"):
        environment.is_on("SKIP_VLM")
