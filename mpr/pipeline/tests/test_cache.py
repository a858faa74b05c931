from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from mpr.pipeline.cache import cache_key
from mpr.pipeline.config import limits
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.transforms import Transform


@dataclass(frozen=True, kw_only=True)
class Config:
    min_score: Annotated[float, limits("Below this nothing counts.", ge=0, le=1)] = 0.5
    labels: Annotated[tuple[str, ...], limits("Which labels count.")] = ()


@pytest.fixture
def given(stage: Callable[..., Stage]) -> dict[str, Any]:
    return {
        "stage": stage("texts", reads=("boxes",), may_read=("field",)),
        "config": Config(),
        "inputs": {"boxes": ("aa", Transform()), "field": ("bb", Transform())},
        "shards": [(0.0, 10.0), (10.0, 20.0)],
    }


def _key(given: dict[str, Any]) -> str:
    return cache_key(given["stage"], given["config"], inputs=given["inputs"], shards=given["shards"])


def test_the_key_is_a_sha256(given: dict[str, Any]) -> None:
    assert len(_key(given)) == 64
    assert set(_key(given)) <= set("0123456789abcdef")


CHANGED: dict[str, Callable[[dict[str, Any], Callable[..., Stage]], dict[str, Any]]] = {
    "another stage": lambda given, stage: {"stage": stage("words", reads=("boxes",), may_read=("field",))},
    "another version": lambda given, stage: {"stage": stage("texts", reads=("boxes",), may_read=("field",), version=2)},
    "another setting": lambda given, stage: {"config": Config(min_score=0.51)},
    "another list setting": lambda given, stage: {"config": Config(labels=("text",))},
    "another input": lambda given, stage: {"inputs": {**given["inputs"], "boxes": ("ab", Transform())}},
    "inputs exchanged": lambda given, stage: {"inputs": {"boxes": ("bb", Transform()), "field": ("aa", Transform())}},
    "another transform": lambda given, stage: {"inputs": {**given["inputs"], "boxes": ("aa", Transform(limit=1))}},
    "an optional input absent": lambda given, stage: {"inputs": {"boxes": ("aa", Transform())}},
    "other shards": lambda given, stage: {"shards": [(0.0, 20.0)]},
    "shards cut elsewhere": lambda given, stage: {"shards": [(0.0, 10.5), (10.5, 20.0)]},
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_whatever_can_change_the_output_changes_the_key(
    change: Callable[..., dict[str, Any]], given: dict[str, Any], stage: Callable[..., Stage]
) -> None:
    assert _key({**given, **change(given, stage)}) != _key(given)


UNCHANGED: dict[str, Callable[[dict[str, Any], Callable[..., Stage]], dict[str, Any]]] = {
    "all computed anew": lambda given, stage: {
        "stage": stage("texts", reads=("boxes",), may_read=("field",)),
        "config": Config(min_score=0.5),
        "shards": list(given["shards"]),
    },
    "inputs in another order": lambda given, stage: {"inputs": dict(reversed(given["inputs"].items()))},
    "spans from JSON": lambda given, stage: {"shards": [list(span) for span in given["shards"]]},
    "a transform that passes all": lambda given, stage: {
        "inputs": {name: (key, Transform(min_score=0.0)) for name, (key, _) in given["inputs"].items()}
    },
}


@pytest.mark.parametrize("change", UNCHANGED.values(), ids=UNCHANGED)
def test_whatever_cannot_change_the_output_keeps_the_key(
    change: Callable[..., dict[str, Any]], given: dict[str, Any], stage: Callable[..., Stage]
) -> None:
    assert _key({**given, **change(given, stage)}) == _key(given)


def test_the_key_is_the_same_in_every_release(given: dict[str, Any]) -> None:
    # Written down, since a key that changes by itself would make every installation compute everything anew.
    assert _key(given) == "93cbd9b355009538616d5802b1c7b480789cbe9eb25837a57c0f6af048a0f6f0"


def test_where_a_stage_runs_does_not_matter(given: dict[str, Any]) -> None:
    elsewhere = Stage(
        **{**{name: getattr(given["stage"], name) for name in Stage.__dataclass_fields__}, "resource": Resource.GPU}
    )
    assert elsewhere.scope is Scope.SHARD
    assert _key({**given, "stage": elsewhere}) == _key(given)
