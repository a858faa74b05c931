from __future__ import annotations

import pytest

from mpr.errors import BadConfig
from mpr.pipeline.config import parse
from mpr.pipeline.transforms import Transform

ITEMS = [("text", 0.9), ("logo", 0.5), ("text", 0.4), ("sign", 0.9), ("ball", 0.7)]


@pytest.mark.parametrize(
    ("transform", "passing"),
    [
        (Transform(), [0, 1, 2, 3, 4]),
        (Transform(min_score=0.5), [0, 1, 3, 4]),
        (Transform(labels=("logo", "ball")), [1, 4]),
        (Transform(limit=2), [0, 3]),
        (Transform(limit=3), [0, 3, 4]),
        (Transform(limit=1), [0]),
        (Transform(limit=5), [0, 1, 2, 3, 4]),
        (Transform(min_score=0.45, labels=("text", "sign", "logo"), limit=2), [0, 3]),
        (Transform(min_score=1), []),
    ],
    ids=["all", "score", "labels", "best two", "best three", "first of equals", "enough room", "together", "none"],
)
def test_what_passes_keeps_its_order(transform: Transform, passing: list[int]) -> None:
    picked = transform.pick(ITEMS, score=lambda item: item[1], label=lambda item: item[0])
    assert picked == [ITEMS[i] for i in passing]


@pytest.mark.parametrize("given", [{"min_score": 1.5}, {"limit": -1}, {"labels": "text"}, {"top": 3}], ids=str)
def test_a_transform_that_means_nothing_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(BadConfig):
        parse(Transform, given, owner="transform")
