"""Records in the leaner form that readers of very many of them ask for."""

from __future__ import annotations

from msgspec import Raw

from detection.records.brands import Question
from mpr.pipeline.codec import Record


class StoredMatches(Record, forbid_unknown_fields=False):
    """What a rung of the ladder gave (Matches, Escalation), its sightings still packed: a long broadcast has so many
    that as objects they would take most of a worker's memory. Each `matches` is the msgpack of one BrandMatch. `asked`
    and `cost_usd_micros` are an escalation's."""

    matches: list[Raw]
    unresolved: list[Question]
    asked: int = 0
    cost_usd_micros: int = 0
