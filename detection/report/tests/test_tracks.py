from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from detection.records import BrandMatch, Matches, Scenes, StoredMatches
from detection.report import columns, sightings, tracks
from detection.report.kept import Kept
from detection.report.sightings import Scale
from mpr.pipeline.codec import decode, encode

SCALE = Scale(full_sharpness=1000, full_contrast=0.25)


def link(scenes: Scenes, matches: Sequence[BrandMatch]) -> list[int]:
    stored = decode(encode(Matches(matches=list(matches), unresolved=[])), StoredMatches)
    settled, _ = columns.read([stored.matches])
    found = sightings.measure(settled, Kept.of(scenes.frames)).at(SCALE)
    numbers = tracks.link(found, max_gap_us=1_000_000, max_step=1.0)
    by_match = np.empty(len(matches), int)
    by_match[found.record] = numbers
    return by_match.tolist()


def test_what_stays_is_one_track(film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]) -> None:
    assert link(film(3), [sighting(seq) for seq in range(3)]) == [0, 0, 0]


def test_what_moves_by_less_than_its_size_is_one_track(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]
) -> None:
    moving = [sighting(seq, box=(0.1 + 0.15 * seq, 0.4, 0.3 + 0.15 * seq, 0.5)) for seq in range(3)]

    assert link(film(3), moving) == [0, 0, 0]


def test_two_instances_keep_their_own_tracks(film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]) -> None:
    left, right = (0.1, 0.4, 0.3, 0.5), (0.35, 0.4, 0.55, 0.5)
    matches = [sighting(seq, box=box) for seq in range(3) for box in (left, right)]

    assert link(film(3), matches) == [0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("second", "why"),
    [
        pytest.param({"box": (0.7, 0.8, 0.9, 0.9)}, "too far", id="far away"),
        pytest.param({"box": (0.0, 0.0, 1.0, 1.0)}, "too large", id="much larger"),
        pytest.param({"brand": "Quillon"}, "another brand", id="another brand"),
    ],
)
def test_what_is_not_the_same_gets_another_track(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], second: dict[str, object], why: str
) -> None:
    assert link(film(2), [sighting(0), sighting(1, **second)]) == [0, 1], why


def test_no_track_goes_across_a_cut(film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]) -> None:
    assert link(film(1, 1), [sighting(0), sighting(1)]) == [0, 1]


@pytest.mark.parametrize(("missed", "numbers"), [(2, [0, 0]), (3, [0, 1])])
def test_a_track_survives_a_short_miss(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], missed: int, numbers: list[int]
) -> None:
    assert link(film(6), [sighting(0), sighting(1 + missed)]) == numbers
