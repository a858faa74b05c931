"""What compile_report gives."""

from __future__ import annotations

from typing import Any

from detection.records.brands import Method
from detection.records.footage import Replay, Shot
from detection.records.geometry import Point
from mpr.pipeline.codec import Record
from mpr.pipeline.frames import Frame


class Evidence(Record):
    """The frame that proves an airing. `polygon` is normalised to 0..1."""

    t_s: float
    polygon: list[Point]
    text: str
    frame: Frame


class Event(Record):
    """One airing: a maximal run of a brand's exposure within one shot. Shares are of the frame's area, 0 to 1.
    `start_error_s` and `end_error_s` are by how much its start and its end may be wrong."""

    start_s: float
    end_s: float
    placement: str
    method: Method
    confidence: float
    mean_area_share: float
    max_area_share: float
    position: float
    clarity: float
    sightings: int
    evidence: Evidence
    path: list[tuple[float, float, float]]
    """(t_s, centre x, centre y) per frame, normalised."""
    start_error_s: float = 0.0
    end_error_s: float = 0.0
    methods: list[Method] = []
    """All that it rests on, in the order of the ladder; `method` is that of its evidence."""
    visible_share: float = 1.0


class PlacementReport(Record):
    """docs/metrics.md for one brand on one kind of placement. `intervals` are all its exposure there; `net_value` as in
    BrandReport."""

    placement: str
    exposure_s: float
    asset_s: float
    event_count: int
    area_seconds: float
    mean_area_share: float
    quality_s: float
    intervals: list[tuple[float, float]]
    impressions: float | None = None
    gross_value: float | None = None
    net_value: float | None = None


class BrandReport(Record):
    """docs/metrics.md for one brand. Seconds are exposure seconds unless the name says otherwise."""

    brand: str
    exposure_s: float
    exposure_low_s: float
    exposure_high_s: float
    share_of_voice: float
    concurrent_share_of_voice: float
    area_share_of_voice: float
    event_count: int
    area_seconds: float
    mean_area_share: float
    max_area_share: float
    position: float
    zone_seconds: list[float]
    """3 × 3 grid, row by row from the top left."""
    clarity: float
    solus_s: float
    mean_brands_visible: float
    quality_s: float
    quality_index: float
    placement_seconds: dict[str, float]
    asset_seconds: dict[str, float]
    """Per placement, every instance for itself."""
    method_seconds: dict[str, float]
    events: list[Event]
    intervals: list[tuple[float, float]]
    """All exposure, also what is too short to list as an event."""
    visible_share: float = 1.0
    confirmed_s: float = 0.0
    """What a person confirmed of the exposure."""
    verified_share: float = 0.0
    heat_map: list[float] = []
    """Seconds by cell of a grid over the picture, row by row from the top left; see detection.report.heat."""
    play_seconds: dict[str, float] = {}
    """Exposure in live play, in replays, and where nothing tells which: "live", "replay", "unknown"."""
    impressions: float | None = None
    """Modelled estimates, None where audience or price are not known."""
    gross_value: float | None = None
    net_value: float | None = None
    placements: list[PlacementReport] = []


class OpenCandidate(Record):
    """An unresolved question as the report shows it, at its clearest sighting. It is seen for `seconds` between
    `start_s` and `end_s`; both are 0 in what version 4 of compile_report stored."""

    t_s: float
    polygon: list[Point]
    text: str
    reason: str
    nearest_brand: str | None
    seconds: float
    frame: Frame
    start_s: float = 0.0
    end_s: float = 0.0


class BoundaryError(Record):
    """By how much the starts and ends of all events may be wrong, in seconds: half of them by no more than `median`,
    none by more than `worst`."""

    median: float
    worst: float


class RungReport(Record):
    """What a rung of the ladder resolved and cost. `resolved_s` are exposure seconds of all brands that it settled
    first, `share_resolved` their share in all exposure and open questions; `settled` counts the questions of the rung
    before that are not open behind it, `asked` those that were put to a model."""

    method: Method
    resolved_s: float
    share_resolved: float
    settled: int
    asked: int
    spend_usd: float


class PresetUse(Record):
    """The preset that a report's settings come from, and what was set otherwise."""

    name: str
    version: int
    changes: dict[str, Any] = {}


class Report(Record):
    """Everything the report says that follows from the outputs alone. `boundary_error_s` is None without events.
    `measured` is the key of what was measured, from which the report can be computed anew with other settings."""

    analysed_s: float
    brands: list[BrandReport]
    unresolved: list[OpenCandidate]
    shots: list[Shot]
    boundary_error_s: BoundaryError | None = None
    replays: list[Replay] | None = None
    rungs: list[RungReport] = []
    spend_usd_per_video_hour: float = 0.0
    settings: dict[str, Any] = {}
    preset: PresetUse | None = None
    measured: str | None = None

    def counts(self) -> dict[str, int]:
        return {
            "brands": len(self.brands),
            "events": sum(len(brand.events) for brand in self.brands),
            "unresolved": len(self.unresolved),
        }
