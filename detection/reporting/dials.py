"""The settings of a report as a person turns them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detection.report.settings import Config
from detection.reporting.shown import Shown
from mpr.pipeline.config import plain, schema


@dataclass(frozen=True, kw_only=True)
class Dial:
    """A setting with its value now and that of the preset. A slider reaches from `low` to `high`, the number beside it
    as far as the setting goes; one without a slider is a word."""

    name: str
    label: str
    says: str
    value: Any
    was: Any
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0
    unit: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.value != self.was)

    @property
    def slides(self) -> bool:
        return self.step > 0


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    dials: tuple[Dial, ...]
    is_open: bool = False

    @property
    def differs(self) -> int:
        return sum(dial.differs for dial in self.dials)


# (label, slider from, to, step, unit) by setting, in groups as a person looks for them.
_GROUPS: tuple[tuple[str, dict[str, tuple[str, float, float, float, str]]], ...] = (
    ("What counts as seen", {
        "min_area_share": ("Least size", 0.0, 0.005, 0.00005, "of the picture"),
        "min_visible_share": ("Least visible share", 0.0, 1.0, 0.05, "of the logo"),
        "min_clarity": ("Least clarity", 0.0, 1.0, 0.05, ""),
        "high_confidence": ("Certain from", 0.0, 1.0, 0.01, "confidence"),
    }),
    ("Airings", {
        "bridge_s": ("Bridged misses", 0.0, 10.0, 0.1, "s"),
        "min_event_s": ("Shortest airing", 0.0, 10.0, 0.1, "s"),
        "short_event_confidence": ("Shorter ones listed from", 0.0, 2.0, 0.05, "confidence"),
    }),
    ("Value", {
        "audience_viewers": ("Viewers", 0.0, 5_000_000.0, 10_000.0, ""),
        "cpm30_price": ("Price of a thousand viewers for 30 s", 0.0, 100.0, 0.5, ""),
        "currency": ("Currency", 0.0, 0.0, 0.0, ""),
    }),
    ("Weights of quality", {
        "quality_size_exponent": ("Size", 0.0, 2.0, 0.05, ""),
        "quality_position_exponent": ("Position", 0.0, 2.0, 0.05, ""),
        "quality_clarity_exponent": ("Clarity", 0.0, 2.0, 0.05, ""),
        "quality_visible_exponent": ("Visible share", 0.0, 2.0, 0.05, ""),
        "quality_clutter_exponent": ("Other brands at once", 0.0, 2.0, 0.05, ""),
        "large_area_share": ("Large from", 0.005, 0.5, 0.005, "of the picture"),
    }),
    ("Clarity and tracks", {
        "full_sharpness": ("Fully sharp from", 50.0, 3000.0, 50.0, ""),
        "full_contrast": ("Full contrast from", 0.01, 1.0, 0.01, ""),
        "track_step_diagonals": ("Longest move", 0.1, 5.0, 0.1, "diagonals"),
    }),
    ("Placements", {
        "still_share": ("Stays within", 0.001, 0.1, 0.001, "of the picture"),
        "min_still_s": ("Graphic from", 0.0, 10.0, 0.1, "s"),
        "border_share": ("Border", 0.0, 0.5, 0.01, "of the picture"),
        "field_margin_share": ("Near the field", 0.0, 1.0, 0.05, "of the picture"),
        "backdrop_marks": ("Backdrop from", 2.0, 30.0, 1.0, "marks"),
        "backdrop_height_share": ("Backdrop's height", 0.0, 1.0, 0.05, "of the picture"),
        "ad_area_share": ("Advertisement from", 0.005, 0.5, 0.005, "of the picture"),
    }),
)  # fmt: skip
_OPEN = ("What counts as seen", "Airings", "Value")


def dials(shown: Shown) -> tuple[Group, ...]:
    """Every setting but the audience's curve. Raises NotFound for a job that makes no report."""
    config, _ = shown.reported.settings
    now = plain(config)
    preset = shown.reported.preset
    was = dict(preset.settings) if preset else shown.own_settings
    says = {name: entry.get("description", "") for name, entry in schema(Config)["properties"].items()}
    return tuple(
        Group(
            title=title,
            is_open=title in _OPEN,
            dials=tuple(
                Dial(name=name, label=label, says=says[name], value=now[name], was=was[name], low=low, high=high,
                     step=step, unit=unit)
                for name, (label, low, high, step, unit) in settings.items()
            ),
        )
        for title, settings in _GROUPS
    )  # fmt: skip
