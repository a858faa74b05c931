"""report.html: one file that needs nothing else, neither network nor script."""

from __future__ import annotations

from django.template.loader import render_to_string

from detection.records import Report
from detection.report.audit import Audited
from detection.report.contract import Check
from detection.report.facts import JobFacts
from detection.report.view import Picture, page

TEMPLATE = "detection/report.html"


def report_html(
    report: Report,
    facts: JobFacts,
    picture: Picture,
    *,
    check: Check | None = None,
    audited: Audited | None = None,
) -> str:
    """The report as a page with its pictures inside. `picture` reads a cached frame."""
    return render_to_string(TEMPLATE, {"page": page(report, facts, picture, check=check, audited=audited)})
