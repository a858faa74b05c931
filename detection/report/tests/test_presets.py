from __future__ import annotations

from collections.abc import Callable

import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.presets import STANDARD, changes, shipped_presets
from detection.report.settings import Config
from mpr.pipeline.config import parse, plain


def test_the_newest_standard_is_what_the_code_does() -> None:
    assert shipped_presets()[STANDARD].newest.settings == plain(Config())


@pytest.mark.parametrize("name", sorted(shipped_presets()))
def test_versions_count_from_one_and_name_every_setting(name: str) -> None:
    preset = shipped_presets()[name]

    assert [version.version for version in preset.versions] == list(range(1, len(preset.versions) + 1))
    assert set(preset.newest.settings) == set(plain(Config()))
    assert preset.description


def test_a_report_says_which_preset_it_used_and_what_was_set_otherwise(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report]
) -> None:
    plainly, other = compiled(film(2), [sighting(0)]), compiled(film(2), [sighting(0)], bridge_s=0.5)
    newest = shipped_presets()[STANDARD].newest

    assert (plainly.preset.name, plainly.preset.version, plainly.preset.changes) == (STANDARD, newest.version, {})
    assert other.preset.changes == {"bridge_s": 0.5}
    assert other.settings["bridge_s"] == 0.5


def test_a_curve_is_compared_by_its_points() -> None:
    settings = plain(Config(audience_curve=((0.0, 5.0),)))

    assert changes(settings, parse(Config, settings, owner="x")) == {}
    assert changes(settings, Config()) == {"audience_curve": []}
