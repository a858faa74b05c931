from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from mpr.errors import BadConfig
from mpr.pipeline.config import defaults, did_you_mean, limits, parse, plain, schema


@dataclass(frozen=True, kw_only=True)
class Config:
    min_score: Annotated[float, limits("Below this nothing counts.", ge=0, le=1)] = 0.5
    width_px: Annotated[int, limits("Width of the picture.", gt=0, lt=10_000)] = 640
    backend: Annotated[Literal["fast", "exact"], limits("Which reader reads.")] = "fast"
    labels: Annotated[tuple[str, ...], limits("Which labels count.")] = ()
    sizes_px: Annotated[tuple[float, ...], limits("Sizes that are tried.")] = (1.0, 2.5)
    url: Annotated[str | None, limits("Where the reader answers.")] = None
    code: Annotated[str, limits("A short word.", pattern="^[a-z]*$", min_length=1)] = "a"


@dataclass(frozen=True, kw_only=True)
class Needs:
    path: str


def test_nothing_given_is_the_defaults() -> None:
    assert parse(Config, {}, owner="reader") == Config()


def test_given_values_replace_defaults() -> None:
    config = parse(Config, {"min_score": 0.25, "labels": ["text"], "url": "http://here"}, owner="reader")
    assert config == Config(min_score=0.25, labels=("text",), url="http://here")


def test_a_whole_number_serves_as_a_fraction_and_is_the_same_config() -> None:
    config = parse(Config, {"min_score": 1}, owner="reader")
    assert repr(config.min_score) == "1.0"


REFUSED: dict[str, tuple[Any, str]] = {
    "nearly a setting": (
        {"min_scores": 0.5},
        "reader has no setting “min_scores”. Did you mean “min_score”?",
    ),
    "no setting at all": (
        {"zzz": 1},
        "reader has no setting “zzz”. Known: backend, code, labels, min_score, sizes_px, url, width_px.",
    ),
    "text for a number": ({"min_score": "high"}, "reader: “min_score” is not right: expected `float`, got `str`."),
    "yes for a number": ({"min_score": True}, "reader: “min_score” is not right: expected `float`, got `bool`."),
    "nothing for a number": ({"min_score": None}, "reader: “min_score” is not right: expected `float`, got `null`."),
    "a fraction of pixels": ({"width_px": 1.5}, "reader: “width_px” is not right: expected `int`, got `float`."),
    "too high": ({"min_score": 1.01}, "reader: “min_score” is not right: expected `float` <= 1.0."),
    "too low": ({"min_score": -0.1}, "reader: “min_score” is not right: expected `float` >= 0.0."),
    "not above the bound": ({"width_px": 0}, "reader: “width_px” is not right: expected `int` >= 1."),
    "not below the bound": ({"width_px": 10_000}, "reader: “width_px” is not right: expected `int` <= 9999."),
    "no such choice": ({"backend": "slow"}, "reader: “backend” is not right: invalid enum value 'slow'."),
    "text for a list": ({"labels": "text"}, "reader: “labels” is not right: expected `array`, got `str`."),
    "a number in texts": ({"labels": ["a", 3]}, "reader: “labels[1]” is not right: expected `str`, got `int`."),
    "too short": ({"code": ""}, "reader: “code” is not right: expected `str` of length >= 1."),
    "not of the form": ({"code": "A"}, "reader: “code” is not right: expected `str` matching regex '^[a-z]*$'."),
    "infinity": ({"min_score": math.inf}, "reader: “min_score” is not right: infinity and NaN cannot be set."),
    "NaN in a list": ({"sizes_px": [math.nan]}, "reader: “sizes_px” is not right: infinity and NaN cannot be set."),
    "text for an object": ("min_score", "reader must be an object of names and values."),
    "a list for an object": ([], "reader must be an object of names and values."),
    "null for an object": (None, "reader must be an object of names and values."),
}


@pytest.mark.parametrize(("given", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_said_in_a_sentence(given: Any, sentence: str) -> None:
    with pytest.raises(BadConfig) as raised:
        parse(Config, given, owner="reader")
    assert raised.value.message == sentence


def test_a_setting_without_default_must_be_given() -> None:
    with pytest.raises(BadConfig) as raised:
        parse(Needs, {}, owner="reader")
    assert raised.value.message == "reader: Object missing required field `path`."


def test_a_config_survives_the_way_through_json() -> None:
    config = Config(min_score=0.25, labels=("a", "b"), url="x")
    assert plain(config) == {
        "min_score": 0.25, "width_px": 640, "backend": "fast", "labels": ["a", "b"], "sizes_px": [1.0, 2.5], "url": "x",
        "code": "a",
    }  # fmt: skip
    assert parse(Config, plain(config), owner="reader") == config


def test_defaults_are_those_of_the_class() -> None:
    assert defaults(Config) == plain(Config())


def test_the_schema_says_all_that_the_class_says() -> None:
    assert schema(Config) == {
        "title": "Config",
        "type": "object",
        "required": [],
        "additionalProperties": False,
        "properties": {
            "min_score": {
                "type": "number", "minimum": 0, "maximum": 1, "default": 0.5,
                "description": "Below this nothing counts.",
            },
            "width_px": {
                "type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10_000, "default": 640,
                "description": "Width of the picture.",
            },
            "backend": {"enum": ["exact", "fast"], "default": "fast", "description": "Which reader reads."},
            "labels": {
                "type": "array", "items": {"type": "string"}, "default": [], "description": "Which labels count.",
            },
            "sizes_px": {
                "type": "array", "items": {"type": "number"}, "default": [1.0, 2.5],
                "description": "Sizes that are tried.",
            },
            "url": {
                "anyOf": [{"type": "string"}, {"type": "null"}], "default": None,
                "description": "Where the reader answers.",
            },
            "code": {
                "type": "string", "pattern": "^[a-z]*$", "minLength": 1, "default": "a", "description": "A short word.",
            },
        },
    }  # fmt: skip


def test_the_schema_names_what_must_be_given() -> None:
    assert schema(Needs)["required"] == ["path"]


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("runocr", ["run_ocr", "preprocess"], " Did you mean “run_ocr”?"),
        ("xyz", ["b", "a"], " Known: a, b."),
        ("xyz", [], ""),
    ],
    ids=["near", "far", "nothing known"],
)
def test_a_wrong_word_gets_a_hint(word: str, known: list[str], said: str) -> None:
    assert did_you_mean(word, known) == said
