"""The content security policy is sent with every page, and no template needs it to be weaker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[3]
# A file that people download and open by themselves; it brings a policy of its own.
STANDS_ALONE = {"templates/detection/report.html"}
TEMPLATES = sorted(
    str(path.relative_to(ROOT))
    for folder in ("templates", "profiles", "detection", "brands", "mpr")
    for path in (ROOT / folder).rglob("*.html")
)
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)|javascript:|hx-on", re.IGNORECASE)


def policy(answer) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("path", ["/", "/jobs/", "/sign-in", "/healthz", "/nowhere"])
def test_every_answer_bears_a_strict_policy(path, client):
    sent = policy(client.get(path))
    assert sent["default-src"] == "'none'"
    assert sent["script-src"] == sent["style-src"] == sent["connect-src"] == "'self'"
    assert sent["frame-ancestors"] == sent["base-uri"] == "'none'"


def test_in_the_admin_scripts_may_make_styles_and_nothing_else_is_weaker(client, owner):
    owner.is_staff = owner.is_superuser = True
    owner.save()
    sent, elsewhere = policy(client.get("/admin/")), policy(client.get("/"))
    assert sent.pop("style-src") == "'self' 'unsafe-inline'"
    elsewhere.pop("style-src")
    assert sent == elsewhere


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path not in STANDS_ALONE])
def test_no_page_has_a_script_or_style_within_it(path):
    assert INLINE.findall((ROOT / path).read_text()) == []
