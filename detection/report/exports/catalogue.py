"""Every form in which a report leaves the house: its name, its type and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from detection.records import Report
from detection.report.audit import Audited
from detection.report.contract import Check
from detection.report.exports.chapters import chapters, ffmetadata, webvtt
from detection.report.exports.coco import coco_json
from detection.report.exports.edl import airings_edl
from detection.report.exports.events import events_csv
from detection.report.exports.nested import detections_json
from detection.report.exports.placements import placements_csv
from detection.report.exports.promises import promises_csv
from detection.report.exports.seconds import seconds_csv
from detection.report.facts import JobFacts
from detection.report.pdf.document import report_pdf
from detection.report.seen import Seen
from detection.report.settings import Config
from detection.report.tree import encode_json, report_json
from detection.report.value import Price
from mpr.errors import NotFound
from mpr.pipeline.config import did_you_mean, parse
from mpr.pipeline.frames import Frame, Image


@dataclass(frozen=True, kw_only=True)
class Material:
    """What exports are made of. `seen` gives the sightings behind the report, which not all need; `frame_name` is that
    of `report_json`; `picture` and `jpeg` read a cached frame and raise NotFound when it is no longer kept. `page`
    makes report.html, called like `detection.report.html.report_html`."""

    report: Report
    seen: Callable[[], Seen]
    facts: JobFacts
    frame_name: Callable[[Frame], str | None]
    picture: Callable[[Frame], Image]
    jpeg: Callable[[Frame], bytes]
    page: Callable[..., str]
    check: Check | None = None
    audited: Audited | None = None

    @property
    def price(self) -> Price:
        """That of the report's settings."""
        return Price.of(parse(Config, self.report.settings, owner="the report"))


@dataclass(frozen=True, kw_only=True)
class Export:
    """`name` is what it is asked for by, `file_name` what it is saved as, behind the footage's name and a hyphen."""

    name: str
    file_name: str
    media_type: str
    says: str
    make: Callable[[Material, str | None], Iterator[bytes]]
    takes_brand: bool = False


def _contract(material: Material, brand: str | None) -> Iterator[bytes]:
    if material.check is None:
        raise NotFound("There is no contract for this footage; put one first.")
    return promises_csv(material.check)


def _json(material: Material, brand: str | None) -> Iterator[bytes]:
    tree = report_json(
        material.report, material.facts, material.frame_name, check=material.check, audited=material.audited
    )
    yield encode_json(tree)


def _pdf(material: Material, brand: str | None) -> Iterator[bytes]:
    yield report_pdf(material.report, material.facts, material.picture, check=material.check, audited=material.audited)


def _html(material: Material, brand: str | None) -> Iterator[bytes]:
    page = material.page(
        material.report, material.facts, material.picture, check=material.check, audited=material.audited
    )
    yield page.encode()


_CSV = "text/csv; charset=utf-8"

EXPORTS = (
    Export(name="json", file_name="report.json", media_type="application/json", make=_json,
           says="The whole report, schema mpr.report/1."),
    Export(name="html", file_name="report.html", media_type="text/html; charset=utf-8", make=_html,
           says="The report as one page with its pictures, to mail."),
    Export(name="pdf", file_name="report.pdf", media_type="application/pdf", make=_pdf,
           says="The report to print: tables, timeline, heat maps, evidence."),
    Export(name="csv", file_name="report.csv", media_type=_CSV,
           make=lambda material, brand: events_csv(material.report, material.frame_name),
           says="One row per event."),
    Export(name="placements", file_name="placements.csv", media_type=_CSV,
           make=lambda material, brand: placements_csv(material.report),
           says="One row per brand and kind of placement."),
    Export(name="seconds", file_name="seconds.csv", media_type=_CSV,
           make=lambda material, brand: seconds_csv(material.seen(), material.price),
           says="One row per second and brand that is seen in it."),
    Export(name="detections", file_name="detections.json", media_type="application/json",
           make=lambda material, brand: detections_json(
               material.report, material.seen(), material.facts, material.frame_name
           ),
           says="Every detection: shots, brands, events, polygons."),
    Export(name="coco", file_name="coco.json", media_type="application/json",
           make=lambda material, brand: coco_json(material.seen(), material.facts),
           says="Every detection as a COCO data set."),
    Export(name="edl", file_name="airings.edl", media_type="text/plain; charset=utf-8", takes_brand=True,
           make=lambda material, brand: airings_edl(material.report, material.facts, brand=brand),
           says="CMX 3600 edit decision list of the events, of all brands or of one."),
    Export(name="webvtt", file_name="chapters.vtt", media_type="text/vtt; charset=utf-8", takes_brand=True,
           make=lambda material, brand: webvtt(chapters(material.report, brand=brand)),
           says="Chapters for web players: which brands are seen when, or when one is."),
    Export(name="ffmetadata", file_name="chapters.ffmetadata", media_type="text/plain; charset=utf-8",
           takes_brand=True,
           make=lambda material, brand: ffmetadata(chapters(material.report, brand=brand), material.facts),
           says="The same chapters for FFmpeg, to put into the video file."),
    Export(name="contract", file_name="contract.csv", media_type=_CSV, make=_contract,
           says="What was promised and what was delivered; needs a contract."),
)  # fmt: skip


def find_export(name: str) -> Export:
    """Raises NotFound with the nearest name."""
    for export in EXPORTS:
        if export.name == name:
            return export
    names = [*(export.name for export in EXPORTS), "evidence"]
    raise NotFound(f"There is no export “{name}”.{did_you_mean(name, names)}")
