"""report.pdf."""

from __future__ import annotations

from detection.records import Report
from detection.report.audit import Audited
from detection.report.contract import Check
from detection.report.facts import JobFacts
from detection.report.pdf import evidence, parts
from detection.report.pdf.evidence import Picture
from detection.report.pdf.sheet import Sheet

# So many brands have a section of their own; all are in the tables.
_BRANDS_IN_FULL = 60


def report_pdf(
    report: Report, facts: JobFacts, picture: Picture, *, check: Check | None = None, audited: Audited | None = None
) -> bytes:
    """The report as PDF. `picture` reads a cached frame; one that is no longer kept is left out."""
    length_s = max([facts.video.duration_s, 0.001, *(shot.end_s for shot in report.shots)])
    sheet = Sheet(title=f"Sponsorship report: {facts.video.filename}", foot=_foot(report, facts))
    if facts.finished_at is not None:
        sheet.set_creation_date(facts.finished_at)
    sheet.add_page()
    parts.title(sheet, report, facts)
    if report.brands:
        parts.brands(sheet, report)
        parts.timeline(sheet, report, length_s)
    else:
        sheet.heading("Brands")
        sheet.paragraph("No brand was seen.")
    if check is not None:
        parts.contract(sheet, check)
    if audited is not None:
        parts.audit(sheet, audited)
    for number, brand in enumerate(report.brands[:_BRANDS_IN_FULL]):
        if number == 0:
            sheet.add_page()
        evidence.brand(sheet, number, brand, picture)
    parts.method(sheet, report, facts)
    return bytes(sheet.output())


def _foot(report: Report, facts: JobFacts) -> str:
    preset = f" · {report.preset.name} v{report.preset.version}" if report.preset else ""
    return f"{facts.video.filename} · job {facts.job_id[:8]}{preset}"
