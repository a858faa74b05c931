from __future__ import annotations

import pytest

from training.confusions.aligning import plain_price, steps
from training.confusions.costs import count, learnt


@pytest.mark.parametrize(
    ("drawn", "read", "changes"),
    [
        ("heineken", "heineken", []),
        ("heineken", "heinoken", [("e", "o")]),
        ("hummel", "hurnmel", [("m", "rn")]),
        ("burnley", "bumley", [("rn", "m")]),
        ("emirates", "emrates", [("i", "")]),
        ("fedex", "fedlex", [("", "l")]),
    ],
    ids=["equal", "swap", "one-for-two", "two-for-one", "lost", "more"],
)
def test_steps_from_what_was_drawn_to_what_was_read(drawn: str, read: str, changes: list[tuple[str, str]]) -> None:
    taken = steps(drawn, read, plain_price)
    assert [step for step in taken if step[0] != step[1]] == changes
    assert "".join(step[0] for step in taken) == drawn
    assert "".join(step[1] for step in taken) == read


def test_what_happens_often_costs_little_and_both_ways_the_same() -> None:
    words = ["solo", "polo", "lido", "novo", "bold", "milk", "tank", "fund"] * 50
    lines = [(word, word) for word in words]
    lines += [("solo", "s0lo")] * 30 + [("p0l0", "polo")] * 10 + [("milk", "milh")] * 4 + [("bold", "bord")]
    table = learnt(*count(lines))
    assert table.swap["o0"] < table.swap["hk"] < 1.0
    assert "lr" not in table.swap
    assert "0o" in table.fold or "o0" in table.fold


def test_two_letters_that_look_like_one_are_learnt_as_a_pair() -> None:
    words = ["burnley", "barnet", "hornby", "milner", "palace", "fulham"] * 40
    lines = [(word, word) for word in words]
    lines += [(word, word.replace("rn", "m")) for word in ("burnley", "barnet", "hornby") for _ in range(12)]
    table = learnt(*count(lines))
    assert table.pair["rnm"] < 0.5
    assert set(table.pair) == {"rnm"}
