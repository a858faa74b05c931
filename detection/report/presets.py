"""The presets that ship: named sets of report settings, each with all its versions.

A version never changes: a report says which one it was computed with, and that must stay true. What is to change gets
the next version.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from detection.records import PresetUse
from detection.report.settings import Config
from mpr.errors import BadConfig
from mpr.pipeline.config import parse, plain

STANDARD = "standard"


class Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings under the number of their version; what is not named has the code's default."""

    version: int
    settings: dict[str, Any]


class Shipped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A preset as its file states it, the newest version last."""

    name: str
    description: str
    versions: list[Version]

    @property
    def newest(self) -> Version:
        return self.versions[-1]


@cache
def shipped_presets() -> dict[str, Shipped]:
    """By name. Raises BadConfig naming the file."""
    found = {}
    for file in sorted(files(__package__).joinpath("shipped").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".json"):
            continue
        try:
            preset = msgspec.json.decode(file.read_bytes(), type=Shipped)
        except msgspec.DecodeError as error:
            raise BadConfig(f"The shipped preset {file.name} cannot be read: {error}.") from error
        for version in preset.versions:
            parse(Config, version.settings, owner=f"{preset.name} v{version.version}")
        found[preset.name] = preset
    return found


def as_changed_standard(config: Config) -> PresetUse:
    """Settings of no preset, told by how they differ from the newest standard."""
    newest = shipped_presets()[STANDARD].newest
    return PresetUse(name=STANDARD, version=newest.version, changes=changes(newest.settings, config))


def changes(settings: dict[str, Any], config: Config) -> dict[str, Any]:
    """What the config sets otherwise than these settings."""
    was = plain(parse(Config, settings, owner="preset"))
    return {name: value for name, value in plain(config).items() if value != was[name]}
