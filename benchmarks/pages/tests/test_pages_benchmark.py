"""The benchmark of pages knows pages that are there, and weighs what they make a browser fetch."""

from __future__ import annotations

import uuid

import pytest

from benchmarks.pages.pages import PAGES
from benchmarks.pages.weight import weigh

THINGS = {
    **{name: uuid.uuid4() for name in ("asset", "job", "replay", "running", "brand")},
    "brand_name": "Zephyr Cola", "profile": 1, "other_profile": 2,
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_measured_page_is_there(page):
    assert page.address(THINGS) is not None


def test_each_page_has_a_name_of_its_own():
    assert len({page.name for page in PAGES}) == len(PAGES)


def test_a_page_weighs_what_it_links_and_what_that_imports():
    files = {
        "/static/css/a.css": b"x" * 10,
        "/static/js/a.js": b'import { b } from "./b.js";\n',
        "/static/js/b.js": b'export * from "../js/c.js";import "./a.js";',
        "/static/js/c.js": b"1",
    }
    html = (
        b'<link rel="stylesheet" href="/static/css/a.css"><script type="module" src="/static/js/a.js"></script>'
        b'<img src="/x" alt=""><img loading="lazy" src="/y" alt="">'
    )
    weight = weigh(html, files.__getitem__)
    scripts = sum(len(data) for name, data in files.items() if name.endswith(".js"))
    assert (weight.html, weight.styles, weight.scripts) == (len(html), 10, scripts)
    assert (weight.pictures, weight.lazy) == (2, 1)
