from __future__ import annotations

import msgspec
import pytest

from detection.records import BrandName, Candidate, Escalation, Matches, Question, Verdict
from detection.vlm.ladder import Answer, Price, Terms, left_open, offered, same_reading, settle

QUAD = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0))
TERMS = Terms(speaker="The model", method="local_vlm", min_confidence=0.7, accept_new_brands=False)
LENIENT = Terms(speaker="The model", method="local_vlm", min_confidence=0.7, accept_new_brands=True)


def question(text: str, *seqs: int) -> Question:
    sightings = [
        Candidate(
            seq=seq,
            box=2,
            quad=QUAD,
            sharpness=1.0,
            contrast=0.1,
            start_s=seq / 2,
            end_s=seq / 2 + 0.5,
            boundary_error_s=0.25,
        )
        for seq in seqs or (0,)
    ]
    return Question(text=text, reason="Open.", nearest_brand=None, nearest_score=0.1, sightings=sightings, best=0)


def said(brand: str | None, *, known: bool = True, confidence: float = 0.9) -> Answer:
    verdict = Verdict(brand=brand, known=known, confidence=confidence, reason="Seen.")
    return Answer(verdict=verdict, problem="", input_tokens=1, output_tokens=1)


def test_same_readings_are_asked_once_in_order() -> None:
    questions = [question("MAHOU"), question("Damm"), question("mahou!"), question("Amstel")]
    assert same_reading(questions, 9) == [[0, 2], [1], [3]]
    assert same_reading(questions, 2) == [[0, 2], [1]]
    assert same_reading(questions, 0) == []


def test_all_brands_are_offered_or_those_most_like_the_reading() -> None:
    brands = [BrandName(name=name, aliases=[]) for name in ("Sony", "Mahou", "Estrella", "Amstel")]
    brands.append(BrandName(name="Zed", aliases=["Mahoo"]))
    assert offered("MAHOO", brands, 9) == ["Amstel", "Estrella", "Mahou", "Sony", "Zed"]
    assert offered("MAHOO", brands, 2) == ["Mahou", "Zed"]


def test_sure_verdict_settles_every_sighting() -> None:
    matches, rest = settle(question("S0NV", 3, 5), said("Sony"), TERMS)
    assert rest is None
    assert [(one.seq, one.boxes, one.brand, one.confidence, one.method) for one in matches] == [
        (3, [2], "Sony", 0.9, "local_vlm"),
        (5, [2], "Sony", 0.9, "local_vlm"),
    ]
    assert [(one.start_s, one.end_s, one.boundary_error_s) for one in matches] == [(1.5, 2.0, 0.25), (2.5, 3.0, 0.25)]


def test_a_sighting_that_only_tracking_knows_of_rests_on_no_box() -> None:
    asked = question("S0NV", 3)
    followed = msgspec.structs.replace(asked, sightings=[msgspec.structs.replace(asked.sightings[0], box=-1)])
    ((match,), _) = settle(followed, said("Sony"), TERMS)
    assert match.boxes == []


def test_sure_no_brand_settles_too() -> None:
    assert settle(question("x"), said(None), TERMS) == ([], None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (said("Sony", confidence=0.69), "“Sony”, but is only 69% sure"),
        (said(None, confidence=0.2), "no brand, but is only 20% sure"),
        (said("Mahou", known=False), "“Mahou”, which is not in the brand list"),
        (Answer(verdict=None, problem="it was empty.", input_tokens=0, output_tokens=0), "it was empty."),
    ],
    ids=["unsure", "unsure-no-brand", "unknown-brand", "no-verdict"],
)
def test_otherwise_the_question_stays_open_with_the_reason(answer: Answer, words: str) -> None:
    matches, rest = settle(question("x", 1, 2), answer, TERMS)
    assert matches == []
    assert rest is not None
    assert words in rest.reason
    assert rest.sightings == question("x", 1, 2).sightings


def test_new_brands_count_when_wanted() -> None:
    matches, rest = settle(question("x"), said("Mahou", known=False), LENIENT)
    assert ([one.brand for one in matches], rest) == (["Mahou"], None)


@pytest.mark.parametrize(
    ("tokens", "micros"), [((0, 0), 0), ((1000, 0), 100), ((1000, 100), 150), ((1, 0), 1)],
    ids=["nothing", "sent", "both", "rounded-up"],
)  # fmt: skip
def test_cost(tokens: tuple[int, int], micros: int) -> None:
    assert Price(input_usd_per_million=0.1, output_usd_per_million=0.5).cost_usd_micros(*tokens) == micros


def test_open_is_what_the_last_rung_that_ran_left_open() -> None:
    first, second, third = question("A"), question("B"), question("C")
    read = Matches(matches=[], unresolved=[first, second, third])
    logos = Matches(matches=[], unresolved=[second, third])
    asked = Escalation(matches=[], unresolved=[third], asked=2, cost_usd_micros=0)
    assert left_open(read, None, None) == [first, second, third]
    assert left_open(read, logos, None) == [second, third]
    assert left_open(read, logos, asked) == [third]
    assert left_open(read, None, asked) == [third]
