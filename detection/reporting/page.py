"""What the templates of the report's page show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from detection.audits import audited
from detection.contracts import promises_of
from detection.exporting import offered
from detection.presets import list_presets
from detection.records import Report
from detection.report.addenda import addenda, preset_words
from detection.report.contract import Check, Kept, check_contract
from detection.report.placement import NAMES
from detection.report.value import ESTIMATE
from detection.report.words import PLACEMENTS, clock, duration
from detection.reporting import bars, gallery, heat
from detection.reporting.asking import asked, wanted_of
from detection.reporting.boxes import brand_colours
from detection.reporting.dials import dials
from detection.reporting.figures import figures
from detection.reporting.files import BIG
from detection.reporting.metrics import COLUMNS
from detection.reporting.shown import Shown
from detection.reporting.source import Source
from detection.reporting.table import Wanted, chosen_columns, table
from detection.reporting.timeline import length_s
from detection.reporting.video import shared_playback
from mpr.assets.playback import Playback, playback_of
from mpr.errors import MprError, NotFound
from mpr.jobs.models import Job
from mpr.workspaces.models import Role

_GAPS_SHOWN = 12
_OTHERS_SHOWN = 30


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A promise as the page tells it; `gaps` are moments to go to."""

    kept: Kept
    where: str
    gaps: tuple[tuple[float, str], ...]
    more: int


def context_of(source: Source) -> dict[str, Any]:
    """What every part needs."""
    return {
        "source": source,
        "job": source.job,
        "asset": source.job.timeline.source_asset,
        "link": source.link,
        "addresses": source.addresses,
        "query": source.query,
        "asked": {} if source.link else asked(source.shown),
        "page_address": source.address("page"),
        "estimate": ESTIMATE,
    }


def numbers_of(request: HttpRequest, source: Source) -> dict[str, Any]:
    """What follows from the settings: figures, the table, pictures, contract and audit."""
    shown, wanted = source.shown, wanted_of(request.GET)
    report = shown.report
    found = audited(source.job, report)
    colours = brand_colours(source.job)
    promises = promises_of(source.job.timeline)
    return context_of(source) | {
        "report": report,
        "figures": figures(report, found),
        "table": table(report, colours, wanted),
        "wanted": wanted,
        "column_groups": _column_groups(report, wanted),
        "placements": {
            name: PLACEMENTS[name] for name in NAMES if any(name in one.placement_seconds for one in report.brands)
        },
        "took_s": shown.took_s,
        "settings_said": preset_words(report),
        "is_changed": bool(asked(shown)) if source.link is None else False,
        "voices": bars.voices(report, colours),
        "placed": bars.placed(report, colours),
        "heats": [
            (one.brand, colours.get(one.brand, 7), heat.heat_words(one)) for one in report.brands if one.heat_map
        ],
        "promises": _promises(check_contract(report, promises)) if promises is not None else None,
        "audit": addenda(report, None, found).audit,
        "audit_said": addenda(report, None, found).audited,
        "groups": _dials(shown) if source.link is None else (),
        "presets": _presets(shown) if source.link is None else (),
        "preset": _preset_name(shown),
    }


def report_of(request: HttpRequest, source: Source) -> dict[str, Any]:
    """All of the page."""
    report = source.shown.report
    wanted = gallery.Filter.of(request.GET)
    context = numbers_of(request, source) | {
        "length_s": length_s(report),
        "playback": _playback(source),
        "brand_names": [one.brand for one in report.brands],
        "page": gallery.gallery(report, wanted),
        "choices": gallery.choices(report),
        "short_of": [one for one in report.brands if not one.events],
    }
    if source.link is None:
        context |= _for_members(request, source)
    return context


def _for_members(request: HttpRequest, source: Source) -> dict[str, Any]:
    job, workspace = source.job, source.job.workspace
    return {
        "downloads": _downloads(source),
        "others": _others(job),
        "contract": getattr(job.timeline, "contract", None),
        "review_address": _review(job),
        "may_change": workspace.allows(request.user, Role.ANALYST),
        "may_curate": workspace.allows(request.user, Role.CURATOR),
        "links": list(job.report_links.select_related("created_by")) if hasattr(job, "report_links") else [],
    }


def _playback(source: Source) -> Playback | None:
    """What can be played; None where the video is not shared, or its timeline cannot be told any more."""
    if source.link is not None and not source.link.with_video:
        return None
    try:
        found = playback_of(source.job.timeline)
    except NotFound:
        return None
    if found.state == "none":
        return None
    return shared_playback(source, found) if source.link else found


def _review(job: Job) -> str:
    return reverse("job-review", args=[job.pk])


def _column_groups(report: Report, wanted: Wanted) -> dict[str, list[tuple[Any, bool]]]:
    chosen = {column.key for column in chosen_columns(report, wanted)}
    groups: dict[str, list[tuple[Any, bool]]] = {}
    for column in COLUMNS:
        groups.setdefault(column.group, []).append((column, column.key in chosen))
    return groups


def _dials(shown: Shown) -> Any:
    """None for a job whose settings cannot be changed, since it was made by an early version or cleared."""
    try:
        return dials(shown) if shown.can_compute else ()
    except NotFound:
        return ()


def _presets(shown: Shown) -> list[tuple[str, str, bool]]:
    """(what to ask for, how it is called, whether it is chosen)"""
    chosen = _preset_name(shown)
    found = []
    for preset in list_presets(shown.job.workspace):
        name = f"{preset.name}@{preset.version}"
        if chosen.partition("@")[0] == preset.name and chosen != name:
            found.append((chosen, f"{preset.name}, version {chosen.partition('@')[2]}", True))
        found.append((name, f"{preset.name}, version {preset.version}", chosen == name))
    return [("", "the job’s own", not chosen), *found]


def _preset_name(shown: Shown) -> str:
    if shown.look.choice.preset is None:
        return ""
    try:
        _, base = shown.reported.settings
    except MprError:
        return ""
    return f"{base.name}@{base.version}" if base else ""


def _promises(check: Check) -> dict[str, Any]:
    rows = []
    for kept in check.promises:
        promise = kept.promise
        where = PLACEMENTS.get(promise.placement, "Any placement")
        if promise.from_s or promise.to_s is not None:
            where += f", {clock(promise.from_s)} to {'the end' if promise.to_s is None else clock(promise.to_s)}"
        gaps = tuple((start, f"{clock(start)} – {clock(end)}") for start, end in kept.gaps[:_GAPS_SHOWN])
        rows.append(Promise(kept=kept, where=where, gaps=gaps, more=len(kept.gaps) - len(gaps)))
    return {"rows": rows, "met": check.met, "missed": check.missed, "least_gap": duration(check.least_gap_s)}


def _downloads(source: Source) -> list[Mapping[str, Any]]:
    """Every form in which the report can be had, with the settings that are shown."""
    has_contract = promises_of(source.job.timeline) is not None
    return [
        {
            "name": name,
            "file_name": file_name,
            "says": says,
            "address": reverse("report-file", args=[source.job.pk, name]),
            "prepare": reverse("report-prepare", args=[source.job.pk, name]) if name in BIG else "",
        }
        for name, file_name, _, says in offered(source.job)
        if name != "contract" or has_contract
    ]


def _others(job: Job) -> list[dict[str, Any]]:
    """Other jobs on the same footage that have a report."""
    found = job.timeline.jobs.filter(outputs__stage_name="compile_report").exclude(pk=job.pk)
    newest = found.order_by("-created_at")[:_OTHERS_SHOWN]
    return [{"job": other, "address": reverse("job-compare", args=[job.pk, other.pk])} for other in newest]
