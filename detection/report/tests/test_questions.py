from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detection.records import Question, Report, Scenes


@pytest.fixture
def unresolved(film: Callable[..., Scenes], compiled: Callable[..., Report]) -> Callable[..., Any]:
    return lambda *questions: compiled(film(8), [], unresolved=list(questions)).unresolved


def test_question_is_shown_at_its_clearest_sighting(
    unresolved: Callable[..., Any], question: Callable[..., Question]
) -> None:
    shown = unresolved(question([2, 3, 4], best=1))[0]

    assert (shown.t_s, shown.frame.seq, shown.seconds) == (1.75, 3, 1.5)
    assert shown.polygon == [(0.4, 0.4), (0.6, 0.4), (0.6, 0.5), (0.4, 0.5)]
    assert (shown.text, shown.reason) == ("ALDERM", "It is near two brands.")


def test_seconds_count_each_frame_once(unresolved: Callable[..., Any], question: Callable[..., Question]) -> None:
    assert unresolved(question([1, 1, 2]))[0].seconds == 1.0


def test_longest_comes_first(unresolved: Callable[..., Any], question: Callable[..., Question]) -> None:
    shown = unresolved(question([0], text="B"), question([0], text="A"), question([4, 5], text="LONG"))

    assert [candidate.text for candidate in shown] == ["LONG", "A", "B"]


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((0.4, 0.4, 0.41, 0.41), id="too small"),
        pytest.param((-0.3, 0.4, 0.1, 0.5), id="mostly outside"),
        pytest.param((0.4, 0.4, 0.4, 0.5), id="without area"),
    ],
)
def test_what_could_not_count_is_not_asked(
    unresolved: Callable[..., Any], question: Callable[..., Question], box: tuple[float, ...]
) -> None:
    assert unresolved(question([1], box=box)) == []
