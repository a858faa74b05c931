from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.audit import Answer, Stratum, estimate
from detection.report.contract import Promise, check_contract
from detection.report.facts import JobFacts
from detection.report.html import report_html
from mpr.errors import NotFound
from mpr.pipeline.frames import Frame, Image


class Page(HTMLParser):
    """Every element with its attributes, and the text by element name."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.setdefault(self._open[-1], []).append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def grass(frame: Frame) -> Image:
    return np.full((frame.height_px, frame.width_px, 3), (60, 120, 50), np.uint8)


def gone(frame: Frame) -> Image:
    raise NotFound


@pytest.fixture
def html(report: Report, facts: JobFacts) -> str:
    return report_html(report, facts, grass)


def test_file_needs_nothing_else(html: str) -> None:
    page = Page(html)

    assert "http://" not in html
    assert "https://" not in html
    assert "url(" not in html
    assert "@import" not in html
    assert {"script", "link", "iframe", "object"}.isdisjoint(name for name, _ in page.elements)
    assert page.all("img")
    assert all((image["src"] or "").startswith("data:image/jpeg;base64,") for image in page.all("img"))
    assert all((link["href"] or "").startswith("#") for link in page.all("a") + page.all("use"))


def test_it_says_how_far_its_times_can_be_trusted(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report], facts: JobFacts
) -> None:
    matches = [sighting(seq, boundary_error_s=0.02 if seq < 6 else 0.4) for seq in (0, 1, 2, 6, 7)]

    page = Page(report_html(compiled(film(8), matches), facts, grass))

    assert "right to ± 0.210 s, all of them to ± 0.400 s." in " ".join(page.text["dd"])
    assert page.text["dd"][:7][-1] == "± 0.210 s"
    assert [text for text in page.text["span"] if "±" in text] == ["± 0.020 s"] * 2 + ["± 0.400 s"] * 2


def test_without_events_it_says_nothing_of_their_ends(
    film: Callable[..., Scenes], compiled: Callable[..., Report], facts: JobFacts
) -> None:
    assert "±" not in report_html(compiled(film(8), []), facts, grass)


def test_links_within_lead_somewhere(html: str) -> None:
    page = Page(html)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert len(ids) == len(set(ids))
    assert {(link["href"] or "")[1:] for link in page.all("a") + page.all("use")} <= set(ids)
    named = {attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes}
    assert named <= set(ids)


def test_page_can_be_read_aloud(html: str) -> None:
    page = Page(html)

    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(image["alt"] for image in page.all("img"))
    assert all(picture.get("aria-label") or picture.get("aria-hidden") for picture in page.all("svg"))
    assert len(page.all("h1")) == 1
    levels = [int(name[1]) for name, _ in page.elements if re.fullmatch("h[1-6]", name)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_numbers_are_there(html: str) -> None:
    page = Page(html)

    assert page.text["dd"][:6] == ["0:00:04.0", "2", "2", "0:00:03.0", "Aldermoor", "1"]
    assert "83.3 %" in page.text["td"]
    assert "0:00:00.5 – 0:00:01.0" not in page.text["td"]
    assert "0:00:00.0 – 0:00:01.0" in page.text["td"]
    assert "It is near two brands." in page.text["td"]
    assert "bridge_s = 1.0" in page.text["code"]
    assert "No local model is configured." in page.text["span"]


def test_lanes_show_events_and_what_is_too_short_for_one(html: str) -> None:
    page = Page(html)

    assert [(bar["x"], bar["width"], bar.get("class")) for bar in page.all("rect")] == [
        ("0.00", "375.00", None),
        ("625.00", "250.00", None),
        ("375.00", "125.00", "faint"),
    ]
    assert page.text["title"][1:] == [
        "Aldermoor, Other, Text read: 0:00:00.000 – 0:00:01.500 (1.5 s)",
        "Aldermoor, Other, Text read: 0:00:02.500 – 0:00:03.500 (1.0 s)",
        "Quillon, too short to be listed as an event: 0:00:01.500 – 0:00:02.000 (0.5 s)",
    ]
    assert 'd="M500.00 0V10"' in html


def test_text_from_the_video_is_no_markup(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report], facts: JobFacts
) -> None:
    evil = '"><img src=x onerror=alert(1)>'
    report = compiled(film(2), [sighting(seq, evil, text=evil) for seq in range(2)])

    page = Page(report_html(report, facts, grass))

    assert all("onerror" not in attributes for _, attributes in page.elements)
    assert evil in page.text["td"]


def test_pictures_that_are_gone_are_said_to_be(report: Report, facts: JobFacts) -> None:
    page = Page(report_html(report, facts, gone))

    assert page.all("img") == []
    assert page.text["p"].count("This picture is no longer kept.") == 2


def test_empty_report_says_so(film: Callable[..., Scenes], compiled: Callable[..., Report], facts: JobFacts) -> None:
    page = Page(report_html(compiled(film(2), []), facts, grass))

    assert "No brand was found." in page.text["p"]
    assert page.all("svg") == []


def test_file_stays_small_however_long_the_match(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report], facts: JobFacts
) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (540, 960, 3), np.uint8)
    matches = [sighting(seq, f"Brand {seq % 40}") for seq in range(400)]
    report = compiled(film(*[1] * 400), matches)

    html = report_html(report, facts, lambda frame: noise)

    assert report.counts()["events"] == 400
    assert html.count("<figure>") == 80
    assert len(html) < 16_000_000


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_the_screen(html: str, browser: Any, tmp_path: Path, width: int, scheme: Any) -> None:
    (tmp_path / "report.html").write_text(html)
    tab = browser.new_page()
    tab.emulate_media(color_scheme=scheme)
    tab.set_viewport_size({"width": width, "height": 800})
    requests: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: complaints.append(message.text))

    tab.goto((tmp_path / "report.html").as_uri())

    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert complaints == []
    paper, ink = (tab.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    lightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (paper, ink)]
    assert (lightness[0] > lightness[1]) == (scheme == "light")


def test_value_contract_audit_and_preset_are_told(
    film: Callable[..., Scenes],
    sighting: Callable[..., BrandMatch],
    compiled: Callable[..., Report],
    facts: JobFacts,
) -> None:
    report = compiled(
        film(60), [sighting(seq) for seq in range(20)], audience_viewers=3000.0, cpm30_price=10.0, currency="EUR"
    )
    promises = [Promise(brand="Aldermoor", placement="any", promised_s=5.0),
                Promise(brand="Quillon", placement="jersey", promised_s=9.0, from_s=10.0)]  # fmt: skip
    strata = [Stratum(kind="claimed", what="", brand="Aldermoor", placement="other", units=10, seconds=10.0)]
    answers = [Answer(stratum=0, brand="Aldermoor", verdict="yes")] * 4

    page = Page(
        report_html(
            report,
            facts,
            lambda frame: np.zeros((100, 100, 3), np.uint8),
            check=check_contract(report, promises),
            audited=estimate({"Aldermoor": 10.0}, strata, answers, asked=9),
        )
    )

    assert "Value (modelled estimate)" in page.text["h2"]
    assert {"1,000", "10.00"} <= set(page.text["td"])
    assert "1 of 2 promises were met." in page.text["span"]
    assert "Jersey, 0:00:10.000 to the end" in page.text["td"]
    assert "0:00:10.000 – 0:00:30.000" in page.text["td"]
    assert "People looked at 4 of 9 sampled seconds. Estimates with 95 % intervals." in page.text["span"]
    assert "100.0 % (51.0 % – 100.0 %)" in page.text["td"]
    assert any(text.startswith("Preset standard, version 2, but audience_viewers = 3000.0") for text in page.text["p"])


def test_nothing_is_valued_promised_or_audited_unless_it_is(report: Report, facts: JobFacts) -> None:
    headings = Page(report_html(report, facts, lambda frame: np.zeros((100, 100, 3), np.uint8))).text["h2"]

    assert not {"Contract", "How far this can be trusted", "Value (modelled estimate)"} & set(headings)
