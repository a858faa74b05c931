"""One brand in the PDF: its numbers, where on screen it was, its evidence."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from detection.records import BrandReport, Event
from detection.report import pictures
from detection.report.heat import COLUMNS, ROWS
from detection.report.pdf.sheet import INK, LANES, LINE, PAPER, SOFT, UNKNOWN, Colour, Sheet, mixed
from detection.report.words import METHODS, PLACEMENTS, clock, duration, percent
from mpr.errors import NotFound
from mpr.pipeline.frames import Frame, Image

Picture = Callable[[Frame], Image]

_EVENTS_PER_BRAND = 12
_PICTURES_PER_BRAND = 3
_PICTURE_PX, _QUALITY = 640, 78
_MAP_MM = 58.0


def brand(sheet: Sheet, number: int, found: BrandReport, picture: Picture) -> None:
    """One brand: its numbers, where on screen it was, its best evidence, its largest events."""
    sheet.heading(found.brand, size_pt=12, needs_mm=70)
    top = sheet.get_y()
    _heat_map(sheet, found, LANES[number % len(LANES)])
    sheet.set_y(top)
    _facts(sheet, found)
    sheet.set_xy(sheet.l_margin, max(sheet.get_y(), top + _MAP_MM * 9 / 16 + 6))
    _evidence(sheet, found, picture)
    largest = sorted(found.events, key=lambda event: -event.mean_area_share * (event.end_s - event.start_s))
    shown = sorted(largest[:_EVENTS_PER_BRAND], key=lambda event: event.start_s)
    if not shown:
        return
    sheet.rows(
        ("From", "To", "Seconds", "Placement", "Read", "Size", "Clarity", "Sure"),
        [_event(event) for event in shown],
        widths=(24, 24, 16, 24, 44, 16, 16, 14),
        size_pt=7.5,
    )
    if len(found.events) > len(shown):
        sheet.paragraph(f"The {len(shown)} largest of {len(found.events)} events; the CSV has them all.", size_pt=7.5)


def _facts(sheet: Sheet, found: BrandReport) -> None:
    lines = [
        ("Exposure", f"{duration(found.exposure_s)} in {found.event_count} events"),
        ("Bounds", f"{duration(found.exposure_low_s)} – {duration(found.exposure_high_s)}"),
        ("Placement", _parts(found.placement_seconds, PLACEMENTS)),
        ("Settled by", _parts(dict(found.method_seconds), METHODS)),
        ("Size", f"mean {percent(found.mean_area_share, 2)}, largest {percent(found.max_area_share, 2)}"),
        ("Seen clearly", f"clarity {found.clarity:.2f}, visible {percent(found.visible_share, 0)}"),
        ("Quality", f"{found.quality_index:.2f}, that is {duration(found.quality_s)} of full quality"),
        ("Clutter", f"alone {duration(found.solus_s)}, mean {found.mean_brands_visible:.1f} brands at once"),
        ("Play", _parts(found.play_seconds, {"live": "live", "replay": "replay", "unknown": "not told apart"})),
    ]
    width = sheet.epw - _MAP_MM - 6
    for label, value in lines:
        sheet.ink(SOFT, 8)
        sheet.cell(22, 4.2, label)
        sheet.ink(INK, 8)
        sheet.multi_cell(width - 22, 4.2, value, align="L", new_x="LMARGIN", new_y="NEXT")


def _parts(seconds: dict[str, float], words: dict[str, str]) -> str:
    most_first = sorted(seconds, key=lambda name: (-seconds[name], name))
    return ", ".join(f"{words.get(name, name)} {duration(seconds[name])}" for name in most_first) or UNKNOWN


def _heat_map(sheet: Sheet, found: BrandReport, colour: Colour) -> None:
    left, top = sheet.l_margin + sheet.epw - _MAP_MM, sheet.get_y()
    height = _MAP_MM * 9 / 16
    sheet.bar(left, top, _MAP_MM, height, PAPER)
    hottest = max(found.heat_map, default=0.0)
    across, down = _MAP_MM / COLUMNS, height / ROWS
    for place, seconds in enumerate(found.heat_map):
        if seconds > 0 and hottest > 0:
            row, column = divmod(place, COLUMNS)
            shade = mixed(PAPER, colour, 0.12 + 0.88 * seconds / hottest)
            sheet.bar(left + column * across, top + row * down, across + 0.02, down + 0.02, shade)
    sheet.set_draw_color(*LINE)
    sheet.rect(left, top, _MAP_MM, height)
    sheet.set_xy(left, top + height + 0.6)
    sheet.ink(SOFT, 7)
    sheet.cell(_MAP_MM, 3.5, f"Where on screen; the darkest place {hottest:.1f} s", align="R")
    sheet.set_x(sheet.l_margin)


def _evidence(sheet: Sheet, found: BrandReport, picture: Picture) -> None:
    """The largest and clearest events' frames, side by side; those no longer kept are left out."""
    best = sorted(found.events, key=lambda event: (-event.max_area_share * event.clarity, event.start_s))
    shown: list[tuple[Event, bytes]] = []
    for event in best:
        if len(shown) == _PICTURES_PER_BRAND:
            break
        try:
            image = picture(event.evidence.frame)
        except NotFound:
            continue
        jpeg = pictures.frame_jpeg(image, event.evidence.polygon, width_px=_PICTURE_PX, quality=_QUALITY)
        shown.append((event, jpeg))
    if not shown:
        return
    width = (sheet.epw - 3 * (_PICTURES_PER_BRAND - 1)) / _PICTURES_PER_BRAND
    height = max(width * event.evidence.frame.height_px / event.evidence.frame.width_px for event, _ in shown)
    if sheet.will_page_break(height + 8):
        sheet.add_page()
    top = sheet.get_y()
    for place, (event, jpeg) in enumerate(sorted(shown, key=lambda pair: pair[0].start_s)):
        left = sheet.l_margin + place * (width + 3)
        sheet.image(BytesIO(jpeg), left, top, width, alt_text=f"{found.brand} at {clock(event.evidence.t_s)}")
        sheet.set_xy(left, top + height + 0.5)
        sheet.ink(SOFT, 7)
        sheet.cell(width, 3.5, sheet.shortened(f"{clock(event.evidence.t_s)}  “{event.evidence.text}”", width))
    sheet.set_xy(sheet.l_margin, top + height + 6)


def _event(event: Event) -> tuple[str, ...]:
    return (
        clock(event.start_s),
        clock(event.end_s),
        f"{event.end_s - event.start_s:.1f}",
        PLACEMENTS.get(event.placement, event.placement),
        event.evidence.text,
        percent(event.mean_area_share, 2),
        f"{event.clarity:.2f}",
        f"{event.confidence:.2f}",
    )
