from __future__ import annotations

import pytest

from detection.matching.normal import normalise


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("Coca-Cola", "cocacola"),
        ("McDonald's®", "mcdonalds"),
        ("Citroën", "citroen"),
        ("STRASSE Straße", "strassestrasse"),
        ("Škoda Łódź Ørsted", "skodalodzorsted"),
        ("ＮＩＫＥ", "nike"),
        ("Газпром Ёлка", "газпромелка"),
        ("トヨタ", "トヨタ"),
        ("บุรีรัมย์", "บุรีรัมย์"),
        ("– · –", ""),
    ],
    ids=["hyphen", "signs", "accent", "sharp-s", "no-decomposition", "full-width", "cyrillic", "kana", "thai", "empty"],
)
def test_letters(text: str, letters: str) -> None:
    assert normalise(text).letters == letters


def test_words_part_at_signs_and_look_changes_at_case_and_digits() -> None:
    normal = normalise("FlyEmirates 24x7 cup")
    assert [normal.letters[start:end] for start, end in normal.words()] == ["flyemirates", "24x7", "cup"]
    assert normal.soft == (3, 13, 14)


def test_accents_are_remembered() -> None:
    assert normalise("über").accents == (0,)
    assert normalise("uber").accents == ()


def test_places_are_shares_of_the_text() -> None:
    normal = normalise("ab cd")
    assert [normal.share(place) for place in range(5)] == [0.0, 0.2, 0.6, 0.8, 1.0]
