"""Following a thing through the strip."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detection.tracking import following
from detection.tracking.camera import Camera
from detection.tracking.following import walk
from detection.tracking.tests.scenery import seen, strip_of, world
from detection.tracking.things import Rules, Scene

_PICTURES = 12
_RULES = Rules(same_score=0.7, supported_score=0.6, inside_share=0.65, bridge_s=0.5, remember_s=2.0)
_QUAD = np.array([[100.0, 60.0], [160.0, 60.0], [160.0, 80.0], [100.0, 80.0]])


@pytest.fixture
def panned() -> Scene:
    """Seen from a camera that pans to the right by three pixels a picture."""
    strip = strip_of([seen(world(), x=300 + 3 * number) for number in range(_PICTURES)])
    pictures = range(_PICTURES)
    return Scene(strip=strip, pictures=pictures, camera=Camera(strip, pictures, stride=5), looks=[])


@pytest.mark.parametrize("motion", ["camera", "own"])
def test_a_thing_is_followed_where_it_goes(panned: Scene, motion: Any) -> None:
    steps = walk(panned, _QUAD, range(_PICTURES), motion, _RULES)
    assert [step.picture for step in steps] == list(range(_PICTURES))
    for step in steps:
        assert np.abs(step.quad - _QUAD - (-3 * step.picture, 0)).max() < 1
        assert step.score > 0.9


def test_the_same_way_is_gone_only_once(panned: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    find = following.find

    def counted(*given: Any, **more: Any) -> Any:
        looked.append(given)
        return find(*given, **more)

    monkeypatch.setattr(following, "find", counted)
    first = walk(panned, _QUAD, range(_PICTURES), "own", _RULES)
    assert len(looked) == _PICTURES - 1
    assert walk(panned, _QUAD.copy(), range(_PICTURES), "own", _RULES) == first
    assert len(looked) == _PICTURES - 1
    walk(panned, _QUAD + 1, range(_PICTURES), "own", _RULES)
    walk(panned, _QUAD, range(_PICTURES), "camera", _RULES)
    walk(panned, _QUAD, range(0, _PICTURES, 2), "own", _RULES)
    assert len(looked) > 2 * _PICTURES
