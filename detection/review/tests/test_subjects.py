from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from detection.report.reviews import Dismissed, Ends, Named, Reviews
from detection.review.alike import difference_hash, gathered_by_hash, gathered_by_vector, look_of_text
from detection.review.edits import edits
from detection.review.subjects import Said, Standing, Thing, bounds, governed, same_subject, standings

HYUNDAI = Thing(
    kind="airing", brand="Hyundai", text="HYUNDAI", start_s=10.0, end_s=14.0, t_s=11.0, box=(0.1, 0.1, 0.3, 0.2),
    found_in="first",
)  # fmt: skip
OPEN = replace(HYUNDAI, kind="question", brand="", text="QU1LLON", start_s=30.0, end_s=31.0, t_s=30.5)


def said(about: Thing, *verdicts: str, subject: UUID | None = None, first: int = 1, **given: Any) -> list[Said]:
    subject = subject or uuid4()
    return [
        Said(number=number, subject=subject, about=about, verdict=verdict, **given)
        for number, verdict in enumerate(verdicts, first)
    ]


def state(thing: Thing, holding: list[Standing]) -> str | None:
    found = governed({"it": thing}, holding).get("it")
    return found.state if found else None


def test_the_last_verdict_holds_and_the_ends_beside_it() -> None:
    subject = uuid4()
    ends = said(HYUNDAI, "ends", subject=subject, first=3, start_s=10.5, end_s=13.0)

    (one,) = standings([*said(HYUNDAI, "reject", "accept", subject=subject), *ends])

    assert (one.state, one.ends, one.brand, one.number) == ("accepted", (10.5, 13.0), "Hyundai", 3)


def test_every_split_holds() -> None:
    subject = uuid4()
    splits = [said(HYUNDAI, "split", subject=subject, first=number, at_s=10.0 + number)[0] for number in (1, 2)]

    assert standings(splits)[0].parted == (11.0, 12.0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "rejected"),
        ({"found_in": "second"}, "rejected"),
        ({"found_in": "second", "start_s": 10.4, "end_s": 14.9}, "rejected"),
        ({"found_in": "second", "start_s": 11.0, "end_s": 12.0}, "rejected"),
        ({"found_in": "second", "brand": "HYUNDAI"}, "rejected"),
        ({"start_s": 10.4}, None),
        ({"found_in": "second", "start_s": 13.5, "end_s": 19.0}, None),
        ({"found_in": "second", "start_s": 14.6, "end_s": 15.0}, None),
        ({"found_in": "second", "brand": "Quillon"}, None),
    ],
    ids=[
        "the same", "another report", "other ends", "a part of it", "another case", "beside it in its report",
        "hardly meets", "after it", "another brand",
    ],
)  # fmt: skip
def test_an_airing_is_found_again(changes: dict[str, Any], expected: str | None) -> None:
    assert state(replace(HYUNDAI, **changes), standings(said(HYUNDAI, "reject"))) == expected


def test_what_was_said_to_be_another_brand_is_true_where_a_later_job_finds_that_one() -> None:
    holding = standings(said(HYUNDAI, "rename", brand="Kia"))

    assert state(HYUNDAI, holding) == "renamed"
    assert state(replace(HYUNDAI, found_in="second"), holding) == "renamed"
    assert state(replace(HYUNDAI, found_in="second", brand="Kia"), holding) == "accepted"
    assert state(replace(HYUNDAI, brand="Kia"), holding) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "renamed"),
        ({"found_in": "second", "text": "QU1LLON!"}, "renamed"),
        ({"found_in": "second", "text": "QUILL"}, "renamed"),
        ({"found_in": "second", "text": "QUILL", "box": (0.6, 0.6, 0.8, 0.7)}, None),
        ({"found_in": "second", "text": "QUILL", "t_s": 32.0}, None),
        ({"found_in": "second", "kind": "airing", "brand": "Quillon"}, "accepted"),
        ({"found_in": "second", "kind": "airing", "brand": "Aldermoor"}, None),
    ],
    ids=["the same", "the same letters", "the same place", "another place", "another moment", "found now", "another"],
)
def test_a_question_is_found_again(changes: dict[str, Any], expected: str | None) -> None:
    assert state(replace(OPEN, **changes), standings(said(OPEN, "rename", brand="Quillon"))) == expected


def test_a_question_that_is_no_brand_makes_a_later_airing_of_it_false() -> None:
    holding = standings(said(OPEN, "no_brand"))

    assert state(replace(OPEN, kind="airing", brand="Quillon", found_in="second"), holding) == "rejected"
    assert state(replace(OPEN, kind="airing", brand="Quillon", text="OTHER", found_in="second"), holding) is None


def test_of_two_decisions_the_one_that_fits_better_holds() -> None:
    wide = replace(HYUNDAI, start_s=5.0, end_s=15.0)
    later = replace(HYUNDAI, found_in="third")
    holding = standings([*said(wide, "reject", first=2), *said(HYUNDAI, "accept", first=1)])

    assert state(later, holding) == "accepted"
    assert state(replace(later, start_s=5.1, end_s=15.0), holding) == "rejected"


def test_decisions_far_apart_are_found_whatever_their_number() -> None:
    many = [replace(HYUNDAI, start_s=20.0 * n, end_s=20.0 * n + 4) for n in range(300)]
    holding = standings(one for thing in many for one in said(thing, "accept"))

    found = governed(dict(enumerate(replace(one, found_in="second") for one in many)), holding)

    assert len(found) == 300
    assert all(judged.standing.about.start_s == many[key].start_s for key, judged in found.items())


def test_a_part_of_something_gets_a_history_of_its_own() -> None:
    (standing,) = standings(said(HYUNDAI, "accept"))

    assert same_subject(replace(HYUNDAI, found_in="second", end_s=14.4), standing)
    assert not same_subject(replace(HYUNDAI, found_in="second", end_s=12.0), standing)


def test_decisions_become_edits_of_the_report() -> None:
    things = {
        "moved": HYUNDAI,
        "renamed": replace(HYUNDAI, start_s=20.0, end_s=22.0),
        "no": replace(HYUNDAI, start_s=40.0, end_s=42.0),
        "joined": replace(HYUNDAI, start_s=60.0, end_s=62.0),
        "named": OPEN,
        "dismissed": replace(OPEN, start_s=50.0, end_s=51.0, text="GOAL"),
    }
    decided = [
        *said(HYUNDAI, "accept", subject=UUID(int=1)),
        *said(HYUNDAI, "ends", subject=UUID(int=1), first=2, start_s=10.5, end_s=13.0),
        *said(things["renamed"], "rename", brand="Kia"),
        *said(things["no"], "reject"),
        *said(things["joined"], "merge", subject=UUID(int=2), start_s=56.0, end_s=58.0),
        *said(things["joined"], "split", subject=UUID(int=2), first=2, at_s=61.0),
        *said(OPEN, "rename", brand="Quillon"),
        *said(things["dismissed"], "no_brand"),
    ]

    assert edits(things, governed(things, standings(decided))) == Reviews(
        accepted={"Hyundai": [(10.5, 13.0)], "Kia": [(20.0, 22.0)], "Quillon": [(30.0, 31.0)]},
        rejected={"Hyundai": [(40.0, 42.0)]},
        renamed={"Hyundai": {"Kia": [(20.0, 22.0)]}},
        named=[Named(text="QU1LLON", span=(30.0, 31.0), brand="Quillon")],
        dismissed=[Dismissed(text="GOAL", span=(50.0, 51.0))],
        ends=[Ends(brand="Hyundai", span=(10.0, 14.0), start_s=10.5, end_s=13.0)],
        joined={"Hyundai": [(56.0, 62.0)]},
        parted={"Hyundai": [61.0]},
    )


def test_the_box_around_an_outline() -> None:
    assert bounds([(0.2, 0.1), (0.4, 0.15), (0.3, 0.5)]) == (0.2, 0.1, 0.4, 0.5)
    assert bounds([]) is None


def test_the_same_letters_for_the_same_brand_look_alike() -> None:
    assert look_of_text("Kia", "K I A") == look_of_text("KIA", "kia")
    assert look_of_text("Kia", "KIA") != look_of_text("Hyundai", "KIA")
    assert look_of_text("Kia", "—") == ""
    assert len(look_of_text("K" * 120, "A" * 400)) == 200


def test_crops_are_gathered_by_how_they_look() -> None:
    dice = np.random.default_rng(3)
    first, second = (dice.integers(0, 255, (40, 120, 3), np.uint8) for _ in range(2))
    noisy = np.clip(first.astype(int) + dice.integers(-6, 6, first.shape), 0, 255).astype(np.uint8)
    vectors = np.array([[1, 0], [0.95, 0.312], [0, 1], [0.05, 0.999]], np.float32)

    assert gathered_by_hash([difference_hash(one) for one in (first, second, noisy)]) == [0, 1, 0]
    assert gathered_by_vector(vectors) == [0, 0, 1, 1]
