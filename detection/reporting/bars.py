"""Shares as bars: of voice, and of every brand's placements. Numbers are ready to print, in percent of the width."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from detection.records import BrandReport, Report
from detection.report.placement import NAMES
from detection.report.words import PLACEMENTS, duration, percent

# What is narrower has no room for words.
_LEAST_LABELLED = 0.06
_TOLD = 5


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a bar; `label` is empty where there is no room."""

    x: str
    width: str
    colour: int
    title: str
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`said` is the same in words."""

    name: str
    colour: int
    parts: tuple[Part, ...]
    said: str
    value: str = ""


def voices(report: Report, colours: Mapping[str, int]) -> tuple[Bar, ...]:
    """Shares of voice: by time, with time shared between brands seen at once, and by area."""
    kinds: tuple[tuple[str, Callable[[BrandReport], float]], ...] = (
        ("by time", lambda one: one.share_of_voice),
        ("concurrent", lambda one: one.concurrent_share_of_voice),
        ("by area", lambda one: one.area_share_of_voice),
    )
    return tuple(_voice(name, report, colours, value) for name, value in kinds)


def placed(report: Report, colours: Mapping[str, int]) -> tuple[Bar, ...]:
    """Every brand's exposure by placement, on one scale; placements may overlap, so a bar may be longer than the
    brand's exposure."""
    totals = [sum(one.placement_seconds.values()) for one in report.brands]
    longest = max(totals, default=0.0)
    return tuple(
        _placements(one, colours.get(one.brand, 7), longest)
        for one, total in zip(report.brands, totals, strict=True)
        if total
    )


def _voice(name: str, report: Report, colours: Mapping[str, int], value: Callable[[BrandReport], float]) -> Bar:
    order = sorted(report.brands, key=lambda one: -value(one))
    parts, x = [], 0.0
    for one in order:
        share = value(one)
        if share <= 0:
            continue
        label = one.brand if share >= max(_LEAST_LABELLED, 0.0085 * len(one.brand)) else ""
        parts.append(
            Part(
                x=f"{100 * x:.3f}", width=f"{100 * share:.3f}", colour=colours.get(one.brand, 7),
                title=f"{one.brand}: {percent(share)}", label=label,
            )
        )  # fmt: skip
        x += share
    told = ", ".join(f"{one.brand} {percent(value(one), 0)}" for one in order[:_TOLD])
    more = f" and {len(order) - _TOLD} more" if len(order) > _TOLD else ""
    return Bar(name=name, colour=0, parts=tuple(parts), said=f"Share of voice {name}: {told}{more}.")


def _placements(brand: BrandReport, colour: int, longest: float) -> Bar:
    parts, x = [], 0.0
    for number, name in enumerate(NAMES):
        seconds = brand.placement_seconds.get(name, 0.0)
        if seconds <= 0:
            continue
        width = seconds / longest
        parts.append(
            Part(
                x=f"{100 * x:.3f}", width=f"{100 * width:.3f}", colour=number,
                title=f"{brand.brand}, {PLACEMENTS[name].lower()}: {duration(seconds)}",
            )
        )  # fmt: skip
        x += width
    told = ", ".join(
        f"{PLACEMENTS[name].lower()} {duration(brand.placement_seconds[name])}"
        for name in NAMES
        if brand.placement_seconds.get(name)
    )
    return Bar(
        name=brand.brand,
        colour=colour,
        parts=tuple(parts),
        said=f"{brand.brand}: {told}",
        value=duration(sum(brand.placement_seconds.values())),
    )
