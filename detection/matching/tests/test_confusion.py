from __future__ import annotations

import numpy as np
import pytest

from detection.matching import confusion
from detection.matching.alike import TABLE
from detection.matching.confusion import Place, places


@pytest.mark.parametrize(
    ("name", "text", "least", "most"),
    [
        ("heliocare", "heliocare", 0.0, 0.0),
        ("heliocare", "heli0care", 0.1, 0.5),
        ("hummel", "hurnmel", 0.2, 0.8),
        ("burnley", "bumley", 0.2, 0.8),
        ("panasonic", "panatonic", 0.8, confusion.WRONG),
        ("fedex", "fedlex", 0.2, confusion.LOST),
        ("emirates", "emrates", 0.2, confusion.LOST),
        ("santander", "santnder", 0.8, confusion.LOST),
        ("santander", "antander", confusion.END, confusion.END),
        ("binance", "finance", confusion.WRONG, confusion.LOST),
    ],
    ids=["equal", "look-alike", "two-for-one", "one-for-two", "wrong", "extra-stroke", "lost-stroke", "lost", "cut-off",
         "first-letter"],
)  # fmt: skip
def test_cost_of_a_whole_reading(name: str, text: str, least: float, most: float) -> None:
    assert least <= places(name, text, 2.0)[0].cost <= most


def test_learnt_costs_are_bounded_and_the_same_both_ways() -> None:
    swaps = TABLE.swap[~np.eye(len(TABLE.swap), dtype=bool)]
    assert (TABLE.swap == TABLE.swap.T).all()
    assert 0.2 <= swaps.min() < 0.3
    assert swaps.max() <= confusion.WRONG
    assert min(TABLE.missing.min(), TABLE.extra.min(), TABLE.pair.min()) >= 0.2
    assert max(TABLE.missing.max(), TABLE.extra.max()) <= confusion.LOST


@pytest.mark.parametrize(("alike", "unlike"), [("o0", "ox"), ("l1", "lo"), ("s5", "sw"), ("ce", "cm"), ("b8", "k8")])
def test_letters_that_look_alike_cost_less(alike: str, unlike: str) -> None:
    assert confusion.swap(*alike) < 0.5 < confusion.swap(*unlike)


def test_names_of_many_lengths_are_compared_together() -> None:
    asked = [
        (name, text, 2.0)
        for name in ("kia", "yonex", "emirates", "santander", "mcdonaldsburgers")
        for text in ("", "k", "yonix", "em1rates", "antander", "mcdonaldburgers", "x" * 90, "flyemratesnow", "京都")
    ]
    assert confusion.places_of(asked) == [places(*one) for one in asked]


def test_name_within_a_longer_text() -> None:
    assert places("emirates", "flyemiratesnow", 1.0) == (Place(start=3, end=11, cost=0.0),)
    assert places("emirates", "flyem1ratesnow", 1.0)[0] == Place(start=3, end=11, cost=confusion.swap("i", "1"))


def test_all_exact_places_are_found() -> None:
    assert [(place.start, place.end) for place in places("yonex", "yonexyonex", 1.0)] == [(0, 5), (5, 10)]


def test_nothing_beyond_the_limit() -> None:
    assert places("santander", "panasonic", 2.0) == ()


def test_folding_keeps_the_length() -> None:
    assert confusion.fold("b0ss8l1") == confusion.fold("8o55bil")
