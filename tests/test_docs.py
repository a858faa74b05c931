"""The docs say what the code does, or these fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from mpr.pipeline.pages import stage_page
from profiles.families import registry

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    path
    for app in ("mpr", "detection", "brands", "profiles")
    for path in (ROOT / app).rglob("*.py")
    if "tests" not in path.parts and path.name != "testing.py"
]
VARIABLE = re.compile(
    r"""["'](MPR_[A-Z0-9_]+|DATABASE_URL|REDIS_URL|INFERENCE_(?:URL|KEY|STAGES|TIMEOUT_S)|(?:SKIP|VLM|ANTHROPIC)_[A-Z_]+)["']"""
)
OWN_APPS = ("mpr.", "detection", "brands", "profiles")


def variables() -> set[str]:
    return {name for path in SOURCES for name in VARIABLE.findall(path.read_text()) if name != "MPR_FAMILIES"}


def addresses(resolver: URLResolver, prefix: str = "") -> list[str]:
    found = []
    for entry in resolver.url_patterns:
        place = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += [] if place.startswith("admin") else addresses(entry, place)
        elif isinstance(entry, URLPattern):
            found.append(re.sub(r"<(\w+:)?(\w+)>", r"{\2}", "/" + place))
    return found


@pytest.mark.parametrize("name", registry().stages)
def test_a_stages_page_is_what_its_code_says(name: str) -> None:
    page = (ROOT / "docs" / "stages" / f"{name}.md").read_text()
    assert page == stage_page(registry().stage(name), registry()), "run: mpr stage_docs"


@pytest.mark.parametrize("variable", sorted(variables()))
def test_a_setting_is_documented(variable: str) -> None:
    assert f"`{variable}`" in (ROOT / "docs" / "settings.md").read_text()


@pytest.mark.parametrize("command", sorted(name for name, app in get_commands().items() if app.startswith(OWN_APPS)))
def test_a_command_is_documented(command: str) -> None:
    assert f"`mpr {command}" in (ROOT / "docs" / "cli.md").read_text()


@pytest.mark.parametrize("address", sorted(set(addresses(get_resolver()))))
def test_an_address_is_documented(address: str) -> None:
    assert any(f"`{address}`" in (ROOT / "docs" / page).read_text() for page in ("pages.md", "api.md"))


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert not broken
