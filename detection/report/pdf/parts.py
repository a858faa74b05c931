"""What stands on the pages of the PDF."""

from __future__ import annotations

from collections.abc import Sequence

from detection.records import Report
from detection.report.addenda import preset_words
from detection.report.audit import Audited, Interval
from detection.report.contract import Check
from detection.report.facts import JobFacts
from detection.report.pdf.sheet import BAD, GOOD, INK, LANES, PAPER, SOFT, UNKNOWN, Sheet, mixed
from detection.report.value import ESTIMATE
from detection.report.words import METHODS, PLACEMENTS, clock, duration, margin, percent

_GAPS_SHOWN = 6
_LANE_MM, _LANE_GAP_MM, _NAME_MM = 4.0, 1.6, 38.0


def title(sheet: Sheet, report: Report, facts: JobFacts) -> None:
    """The name of the footage and the numbers above all others."""
    sheet.paragraph("SPONSORSHIP REPORT", size_pt=8, bold=True)
    sheet.paragraph(facts.video.filename, size_pt=20, bold=True, colour=INK)
    when = f" · {facts.finished_at:%Y-%m-%d %H:%M %Z}" if facts.finished_at else ""
    fps = f"{facts.video.fps:.3f}".rstrip("0").rstrip(".")
    sheet.paragraph(
        f"Profile {facts.profile} · {facts.video.width} × {facts.video.height} px · {fps} frames a second{when}"
    )
    sheet.paragraph(preset_words(report))
    sheet.ln(3)
    error = report.boundary_error_s
    _tiles(
        sheet,
        [
            ("Analysed", duration(report.analysed_s)),
            ("Brands", str(len(report.brands))),
            ("Events", str(sum(brand.event_count for brand in report.brands))),
            ("Exposure, all brands", duration(sum(brand.exposure_s for brand in report.brands))),
            ("Open questions", str(len(report.unresolved))),
            ("Starts and ends", margin(error.median) if error else UNKNOWN),
        ],
    )


def _tiles(sheet: Sheet, tiles: Sequence[tuple[str, str]]) -> None:
    width, height, top = sheet.epw / len(tiles), 14.0, sheet.get_y()
    for number, (label, value) in enumerate(tiles):
        left = sheet.l_margin + number * width
        sheet.bar(left, top, width - 1, height, PAPER)
        sheet.set_xy(left + 2, top + 1.8)
        sheet.ink(SOFT, 7)
        sheet.cell(width - 4, 3.5, label)
        sheet.set_xy(left + 2, top + 6)
        sheet.ink(INK, 11.5, bold=True)
        sheet.cell(width - 4, 6, value)
    sheet.set_xy(sheet.l_margin, top + height + 2)


def brands(sheet: Sheet, report: Report) -> None:
    """The table of all brands, and what they are worth where that is known."""
    sheet.heading("Brands")
    sheet.rows(
        ("Brand", "Exposure", "Low – high", "Events", "Voice", "Alone", "Mean size", "Clarity", "Quality", "Verified"),
        [
            (
                brand.brand,
                duration(brand.exposure_s),
                f"{duration(brand.exposure_low_s)} – {duration(brand.exposure_high_s)}",
                str(brand.event_count),
                percent(brand.share_of_voice),
                percent(brand.solus_s / brand.exposure_s, 0),
                percent(brand.mean_area_share, 2),
                f"{brand.clarity:.2f}",
                f"{brand.quality_index:.2f}",
                percent(brand.verified_share, 0),
            )
            for brand in report.brands
        ],
        widths=(30, 17, 31, 13, 14, 12, 17, 14, 14, 16),
    )
    if any(brand.impressions is not None for brand in report.brands):
        _value(sheet, report)
    sheet.heading("Where the brands were", size_pt=11)
    kinds = [name for name in PLACEMENTS if any(name in brand.placement_seconds for brand in report.brands)]
    sheet.rows(
        ("Brand", *(PLACEMENTS[name] for name in kinds)),
        [
            (
                brand.brand,
                *(
                    duration(brand.placement_seconds[name]) if name in brand.placement_seconds else UNKNOWN
                    for name in kinds
                ),
            )
            for brand in report.brands
        ],
        widths=(40, *(20 for _ in kinds)),
    )


def _value(sheet: Sheet, report: Report) -> None:
    sheet.heading(f"Value ({ESTIMATE})", size_pt=11)
    currency = report.settings.get("currency") or "no currency named"
    sheet.rows(
        ("Brand", "30-second impressions", f"Gross ({currency})", f"Net of quality ({currency})"),
        [
            (brand.brand, _number(brand.impressions), _number(brand.gross_value, 2), _number(brand.net_value, 2))
            for brand in report.brands
        ],
        widths=(50, 40, 40, 48),
    )


def _number(value: float | None, decimals: int = 0) -> str:
    return UNKNOWN if value is None else f"{value:,.{decimals}f}"


def timeline(sheet: Sheet, report: Report, length_s: float) -> None:
    """A lane per brand; cuts are thin lines, exposure too short to be an event is pale."""
    sheet.heading("Timeline")
    left, width = sheet.l_margin + _NAME_MM, sheet.epw - _NAME_MM
    for number, brand in enumerate(report.brands):
        if sheet.will_page_break(_LANE_MM + _LANE_GAP_MM + 6):
            sheet.add_page()
        top, colour = sheet.get_y(), LANES[number % len(LANES)]
        sheet.ink(INK, 7.5)
        sheet.cell(_NAME_MM - 2, _LANE_MM, sheet.shortened(brand.brand, _NAME_MM - 3))
        sheet.bar(left, top, width, _LANE_MM, PAPER)
        for spans, shade in (
            (brand.intervals, mixed(PAPER, colour, 0.4)),
            ([(e.start_s, e.end_s) for e in brand.events], colour),
        ):
            for start_s, end_s in spans:
                sheet.bar(
                    left + width * start_s / length_s,
                    top + 0.5,
                    width * (end_s - start_s) / length_s,
                    _LANE_MM - 1,
                    shade,
                )
        sheet.set_xy(sheet.l_margin, top + _LANE_MM + _LANE_GAP_MM)
    sheet.ink(SOFT, 7)
    for part in range(5):
        sheet.set_x(left + width * part / 4 - (0 if part == 0 else 15 if part == 4 else 7.5))
        align = "L" if part == 0 else "R" if part == 4 else "C"
        sheet.cell(15, 3.5, clock(length_s * part / 4).split(".")[0], align=align)
    sheet.ln(5)


def contract(sheet: Sheet, check: Check) -> None:
    """Every promise, and where the brand was not seen."""
    sheet.heading("Contract")
    sheet.paragraph(f"{check.met} of {len(check.promises)} promises were met.")
    for kept in check.promises:
        promise = kept.promise
        if sheet.will_page_break(14):
            sheet.add_page()
        sheet.ink(GOOD if kept.met else BAD, 9, bold=True)
        sheet.cell(18, 5, "met" if kept.met else "missed")
        sheet.ink(INK, 9)
        where = PLACEMENTS.get(promise.placement, "any placement").lower()
        window = ""
        if promise.from_s or promise.to_s is not None:
            until = "the end" if promise.to_s is None else clock(promise.to_s)
            window = f", {clock(promise.from_s)} to {until}"
        what = f"{promise.brand}, {where}{window}: {duration(kept.delivered_s)} of {duration(promise.promised_s)}"
        sheet.cell(0, 5, sheet.shortened(f"{what} ({percent(kept.share, 0)})", sheet.epw - 20))
        sheet.ln(5)
        if kept.gaps:
            shown = "; ".join(f"{clock(start)} – {clock(end)}" for start, end in kept.gaps[:_GAPS_SHOWN])
            more = f"; and {len(kept.gaps) - _GAPS_SHOWN} more" if len(kept.gaps) > _GAPS_SHOWN else ""
            sheet.set_x(sheet.l_margin + 18)
            sheet.ink(SOFT, 7.5)
            sheet.multi_cell(sheet.epw - 18, 3.8, f"Not seen: {shown}{more}", new_x="LMARGIN", new_y="NEXT")
    sheet.ln(1)


def audit(sheet: Sheet, audited: Audited) -> None:
    """Precision and recall with their intervals."""
    sheet.heading("How far this can be trusted")
    unclear = f", {audited.unclear} of them unclear" if audited.unclear else ""
    sheet.paragraph(
        f"People looked at {audited.answered} of {audited.asked} sampled seconds{unclear}. Estimates in seconds, with "
        f"intervals that hold the truth in {audited.level:.0%} of audits."
    )
    sheet.rows(
        ("Brand", "Claimed", "Precision", "Recall", "Really seen"),
        [
            (
                one.brand or "All brands",
                duration(one.claimed_s),
                _share(one.precision),
                _share(one.recall),
                _seconds(one.true_s),
            )
            for one in (audited.all_brands, *audited.brands)
        ],
        widths=(40, 20, 40, 40, 50),
    )


def _share(found: Interval) -> str:
    if found.estimate is None or found.low is None or found.high is None:
        return UNKNOWN
    return f"{percent(found.estimate)} ({percent(found.low)} – {percent(found.high)})"


def _seconds(found: Interval) -> str:
    if found.estimate is None or found.low is None or found.high is None:
        return UNKNOWN
    return f"{duration(found.estimate)} ({duration(found.low)} – {duration(found.high)})"


def method(sheet: Sheet, report: Report, facts: JobFacts) -> None:
    """How the numbers came about, and every setting."""
    sheet.heading("How this was computed")
    spend = f"{report.spend_usd_per_video_hour:.4f}".rstrip("0").rstrip(".")
    sheet.paragraph(
        "Exposure counts a brand once however many of its logos are in the picture. Low bounds hold what people "
        "confirmed and what was read surely, high bounds also open questions that may be the brand. "
        f"Impressions and values, where given, are a {ESTIMATE}. Paid for vision models: {spend} US dollars per hour "
        "of video."
    )
    if report.rungs:
        sheet.rows(
            ("Rung", "Resolved", "Share", "Questions settled", "Asked", "Spent (US dollars)"),
            [
                (
                    METHODS[rung.method],
                    duration(rung.resolved_s),
                    percent(rung.share_resolved),
                    str(rung.settled),
                    str(rung.asked),
                    f"{rung.spend_usd:.4f}",
                )
                for rung in report.rungs
            ],
            widths=(44, 24, 20, 34, 20, 36),
        )
    sheet.paragraph(f"Job {facts.job_id} · configuration {facts.config_hash[:16]} · footage {facts.video.sha256[:16]}")
    if report.settings:
        settings = sorted(report.settings.items())
        sheet.rows(
            ("Setting", "Value"), [(name, str(value)) for name, value in settings], widths=(70, 108), words=2, size_pt=7
        )
