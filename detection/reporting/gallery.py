"""The evidence: every airing with the frame that proves it, filtered, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from detection.records import Event, OpenCandidate, Report
from detection.report.placement import NAMES
from detection.report.words import METHODS, PLACEMENTS
from detection.reporting.shown import Shown
from mpr.errors import NotFound

PER_PAGE = 24
_ORDERS = {
    "time": lambda found: (found.event.start_s, found.brand),
    "size": lambda found: (-found.event.max_area_share, found.event.start_s),
    "doubt": lambda found: (found.event.confidence, found.event.start_s),
}
ORDERS = {"time": "Earliest first", "size": "Largest first", "doubt": "Least sure first"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """An airing of the gallery. `picture` is the query that its pictures are asked for by."""

    brand: str
    event: Event

    @property
    def picture(self) -> str:
        return urlencode({"brand": self.brand, "start_s": f"{self.event.start_s:.6f}"})

    @property
    def placement(self) -> str:
        return PLACEMENTS[self.event.placement]

    @property
    def method(self) -> str:
        return METHODS[self.event.method]


@dataclass(frozen=True, kw_only=True)
class Filter:
    brand: str = ""
    placement: str = ""
    method: str = ""
    order: str = "time"
    page: int = 1

    @classmethod
    def of(cls, query: QueryDict) -> Filter:
        """What is not known is no filter."""
        page = query.get("page", "1")
        placement, method, order = query.get("where", ""), query.get("method", ""), query.get("order", "time")
        return cls(
            brand=query.get("of_brand", query.get("brand", "")),
            placement=placement if placement in NAMES else "",
            method=method if method in METHODS else "",
            order=order if order in _ORDERS else "time",
            page=int(page) if page.isdecimal() and 0 < int(page) < 10**6 else 1,
        )

    def query(self, page: int) -> str:
        """The same filter, another page."""
        told = {"of_brand": self.brand, "where": self.placement, "method": self.method, "order": self.order}
        return urlencode({name: value for name, value in told.items() if value and value != "time"} | {"page": page})


@dataclass(frozen=True, kw_only=True)
class Page:
    airings: tuple[Found, ...]
    count: int
    filter: Filter
    pages: int

    @property
    def earlier(self) -> str:
        return self.filter.query(self.filter.page - 1) if self.filter.page > 1 else ""

    @property
    def later(self) -> str:
        return self.filter.query(self.filter.page + 1) if self.filter.page < self.pages else ""


def gallery(report: Report, wanted: Filter) -> Page:
    """A page of the airings that fit; a page beyond the last has none."""
    found = sorted(_fitting(report, wanted), key=_ORDERS[wanted.order])
    first = (wanted.page - 1) * PER_PAGE
    return Page(
        airings=tuple(found[first : first + PER_PAGE]),
        count=len(found),
        filter=wanted,
        pages=max(1, -(-len(found) // PER_PAGE)),
    )


def find_airing(shown: Shown, brand: str, start_s: float) -> Found:
    """The airing of that brand that begins then. Raises NotFound."""
    for one in shown.report.brands:
        if one.brand == brand:
            for event in one.events:
                if abs(event.start_s - start_s) < 1e-5:
                    return Found(brand=brand, event=event)
    raise NotFound("The report has no such airing; with other settings it had. Reload the page.")


def find_question(shown: Shown, number: int) -> OpenCandidate:
    """The open question of that number, from 0. Raises NotFound."""
    questions = shown.report.unresolved
    if number >= len(questions):
        raise NotFound("The report has no such open question.")
    return questions[number]


def choices(report: Report) -> Mapping[str, Mapping[str, str]]:
    """What the filters offer: only what there is."""
    events = [event for one in report.brands for event in one.events]
    there, by = {event.placement for event in events}, {event.method for event in events}
    return {
        "brands": {one.brand: one.brand for one in report.brands if one.events},
        "placements": {name: words for name, words in PLACEMENTS.items() if name in there},
        "methods": {name: words for name, words in METHODS.items() if name in by},
        "orders": ORDERS,
    }


def _fitting(report: Report, wanted: Filter) -> Iterator[Found]:
    for one in report.brands:
        if wanted.brand in ("", one.brand):
            for event in one.events:
                if wanted.placement in ("", event.placement) and wanted.method in ("", event.method):
                    yield Found(brand=one.brand, event=event)
