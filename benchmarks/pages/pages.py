"""Which pages are measured. A new page joins by one line: what it is called here, the name of its address, what that
takes of the `things` of benchmarks.pages.world, and its query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


@dataclass(frozen=True, kw_only=True)
class Page:
    """`takes` names things in the order of the address's arguments. A part is fetched by its page, not opened."""

    name: str
    url_name: str
    takes: tuple[str, ...] = ()
    query: str = ""
    is_part: bool = False

    def address(self, things: Mapping[str, object]) -> str | None:
        """None where this version of MPR has no such page."""
        try:
            place = reverse(self.url_name, args=[things[name] for name in self.takes])
        except NoReverseMatch:
            return None
        return place + (f"?{self.query.format(**things)}" if self.query else "")


def page(name: str, url_name: str, *takes: str, query: str = "") -> Page:
    return Page(name=name, url_name=url_name, takes=takes, query=query)


def part(name: str, url_name: str, *takes: str, query: str = "") -> Page:
    return Page(name=name, url_name=url_name, takes=takes, query=query, is_part=True)


PAGES = (
    page("Library", "library"),
    page("Library, search", "library", query="q=match"),
    page("Asset", "asset", "asset"),
    page("Analyse", "asset-analyse", "asset"),
    page("Jobs", "jobs"),
    page("Job", "job", "job"),
    part("Job: progress", "job-progress", "job"),
    part("Job: frames", "job-frames", "job"),
    part("Job: brands", "job-brands", "job"),
    part("Job: log", "job-log", "job"),
    part("Job: log, all details", "job-log", "job", query="level=detail&text=run"),
    part("Job: since", "job-since", "job", query="after=1"),
    page("Job that runs", "job", "running"),
    page("Lab", "job-lab", "job"),
    part("Lab: tree", "lab-tree", "job"),
    part("Lab: settings", "lab-settings", "job", query="stage=match_brands"),
    part("Lab: frames", "lab-frames", "job"),
    page("Compare", "job-compare", "job", "replay"),
    part("Compare: part", "job-compare-part", "job", "replay"),
    part("Compare: frames", "job-compare-frames", "job", "replay"),
    page("Review", "review"),
    page("Review of a job", "job-review", "job"),
    page("Report", "report", "job"),
    part("Report: numbers", "report-numbers", "job"),
    part("Report: lanes", "report-lanes", "job", query="from_s=0&to_s=7200"),
    part("Report: open questions", "report-open", "job"),
    part("Report: heat map", "report-heat", "job", query="brand={brand_name}"),
    part("Report: airings", "report-airings", "job", query="brand={brand_name}"),
    part("Report: outlines of a minute", "job-boxes", "job", query="from_s=3600&to_s=3660"),
    page("Brands", "brands"),
    page("Brands, longest seen", "brands", query="sort=seen"),
    page("Brand", "brand", "brand"),
    page("Profiles", "profiles"),
    page("Profile", "profile", "profile"),
    page("Profiles compared", "profile-compare", "profile", query="b=p{other_profile}"),
    page("System", "system"),
    part("System: storage", "system-storage"),
    part("System: services", "system-checks"),
    page("Search", "search", query="q=ba"),
)
