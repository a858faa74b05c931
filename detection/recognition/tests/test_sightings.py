"""From verdicts to sightings, with what is read beside the logo."""

from __future__ import annotations

from typing import Any

import pytest

from detection.quads import rectangle
from detection.recognition.claims import Chain
from detection.recognition.judging import Verdict
from detection.recognition.lettering import Line
from detection.recognition.sightings import Found, settle, undisputed
from detection.recognition.support import by_frame, combined, still_open
from detection.records import BrandMatch, Candidate, Quad, Question, Track, View

from .conftest import Make, square

BESIDE = rectangle(160, 110, 300, 140)


def text(seq: int, brand: str = "Zephyra", *, quad: Quad = BESIDE, confidence: float = 0.9) -> BrandMatch:
    return BrandMatch(
        seq=seq, boxes=[0], quad=quad, brand=brand, text=brand.upper(), confidence=confidence, sharpness=900.0,
        contrast=0.2, method="ocr", start_s=seq / 2, end_s=seq / 2 + 0.5, boundary_error_s=0.25,
    )  # fmt: skip


def verdict(claims: list[Any], *, confidence: float = 0.8, counts: bool = True, looks: int = 0) -> Verdict:
    return Verdict(chain=Chain(claims=claims, looks=looks), claims=claims, confidence=confidence, counts=counts)


def track(count: int) -> Track:
    """A word that moves by 10 px a frame; the sign stands to its left."""
    views = [
        View(seq=seq, box=0, quad=rectangle(160 + 10 * seq, 110, 300 + 10 * seq, 140), start_s=0.12 + seq / 2,
             end_s=0.62 + seq / 2, sharpness=900.0 if seq else 450.0, contrast=0.2)
        for seq in range(count)
    ]  # fmt: skip
    return Track(
        number=4, shot=0, label="text", start_s=0.12, end_s=views[-1].end_s, start_cause="vanished", end_cause="edge",
        start_error_s=0.04, end_error_s=0.08, motion="camera", views=views,
    )  # fmt: skip


def settled(
    given: Verdict, read: list[BrandMatch] | None = None, tracks: Any = None, lines: Any = None
) -> Found | None:
    return settle(given, by_frame(read or []), lines or {}, tracks or {}, 0.25)


def test_frames_without_a_track_stand_for_their_time(claim: Make) -> None:
    found = settled(verdict([claim(1), claim(2, 120.0)]))
    assert found is not None
    assert [(one.seq, one.start_s, one.end_s, one.quad) for one in found.matches] == [
        (1, 0.5, 1.0, square(100)),
        (2, 1.0, 1.5, square(120)),
    ]
    assert {(one.brand, one.method, one.text, one.boundary_error_s, one.motion) for one in found.matches} == {
        ("Zephyra", "logo", "", 0.25, None)
    }


def test_a_logo_on_a_track_is_there_as_long_as_the_track_and_moves_with_it(claim: Make) -> None:
    given = verdict([claim(1, quad=square(115), track=(0, 4)), claim(2, quad=square(125), track=(0, 4))], looks=3)
    found = settled(given, tracks={0: {4: track(5)}})
    assert found is not None
    assert [one.seq for one in found.matches] == [0, 1, 2, 3, 4]
    assert [one.quad for one in found.matches] == [square(105 + 10 * seq) for seq in range(5)]
    assert (found.matches[0].start_s, found.matches[-1].end_s) == (0.12, 2.62)
    assert [one.boundary_error_s for one in found.matches] == [0.04, 0.0, 0.0, 0.0, 0.08]
    assert {one.motion for one in found.matches} == {"camera"}
    assert [one.sharpness for one in found.matches[:2]] == [400.0, 800.0]


def test_a_logo_that_a_track_shows_for_a_moment_is_seen_for_that_moment(claim: Make) -> None:
    found = settled(verdict([claim(1, track=(0, 4))], looks=3), tracks={0: {4: track(5)}})
    assert found is not None
    assert [(one.seq, one.motion) for one in found.matches] == [(1, None)]


def test_a_letter_of_a_word_is_no_logo_unless_the_word_is_its_brand(claim: Make) -> None:
    word = rectangle(95, 95, 395, 155)
    lines = {seq: [Line(quad=word, text="ZEPHYR")] for seq in (1, 2)}
    given = verdict([claim(1), claim(2)])
    assert settled(given, lines=lines) is None
    found = settled(given, [text(1, quad=word)], lines=lines)
    assert found is not None
    assert found.matches[0].text == "ZEPHYRA"


def test_text_of_the_same_brand_makes_both_surer(claim: Make) -> None:
    found = settled(verdict([claim(1)]), [text(1)])
    assert found is not None
    assert (found.confidence, found.matches[0].text) == (0.98, "ZEPHYRA")
    assert combined(0.8, 0.9) == 0.98


def test_a_doubtful_logo_counts_where_its_name_is_read(claim: Make) -> None:
    doubtful = verdict([claim(1)], confidence=0.6, counts=False)
    assert settled(doubtful) is None
    assert settled(doubtful, [text(1)]) is not None
    assert settled(doubtful, [text(1, quad=rectangle(600, 600, 700, 630))]) is None
    assert settled(doubtful, [text(1, "Quillon")]) is None
    assert settled(doubtful, [text(2)]) is None


@pytest.mark.parametrize(
    ("read", "counts"),
    [
        (text(1, "Quillon", quad=rectangle(102, 110, 148, 130)), False),
        (text(1, "Quillon", quad=rectangle(102, 110, 148, 130), confidence=0.5), True),
        (text(1, "Quillon", quad=rectangle(102, 110, 112, 115)), True),
        (text(1, "Quillon"), True),
    ],
    ids=["read on it", "hardly read", "a small part", "beside it"],
)
def test_a_logo_on_which_another_brand_is_read_is_none(claim: Make, read: BrandMatch, counts: bool) -> None:
    assert (settled(verdict([claim(1)]), [read]) is not None) is counts


def test_of_two_brands_on_one_place_the_surer_one_stays(claim: Make) -> None:
    sure = settled(verdict([claim(1), claim(2)], confidence=0.95))
    other = settled(verdict([claim(2, brand="Quillon"), claim(3, brand="Quillon")], confidence=0.7))
    elsewhere = settled(verdict([claim(1, 600.0, brand="Aldermoor")], confidence=0.6))
    assert sure is not None
    assert other is not None
    assert elsewhere is not None
    kept = undisputed([other, elsewhere, sure])
    assert [(one.seq, one.brand) for one in kept] == [(1, "Aldermoor"), (1, "Zephyra"), (2, "Zephyra"), (3, "Quillon")]


def question(seqs: range, quad: Quad, nearest: str | None = None) -> Question:
    sightings = [
        Candidate(seq=seq, box=0, quad=quad, sharpness=900.0, contrast=0.2, start_s=seq / 2, end_s=seq / 2 + 0.5,
                  boundary_error_s=0.25)
        for seq in seqs
    ]  # fmt: skip
    return Question(
        text="ZEPH", reason="Like it.", nearest_brand=nearest, nearest_score=0.7, sightings=sightings, best=0
    )


@pytest.mark.parametrize(
    ("asked", "is_open"),
    [
        (question(range(4), rectangle(105, 110, 145, 130)), False),
        (question(range(4), BESIDE, "Zephyra"), False),
        (question(range(4), BESIDE, "Quillon"), True),
        (question(range(4), rectangle(700, 700, 800, 730), "Zephyra"), True),
        (question(range(3, 20), rectangle(105, 110, 145, 130)), True),
        (question(range(4, 8), rectangle(105, 110, 145, 130)), True),
    ],
    ids=["on the logo", "its name beside it", "another name beside it", "elsewhere", "seen for long after", "later"],
)
def test_a_question_that_a_logo_answers_is_not_open(claim: Make, asked: Question, is_open: bool) -> None:
    found = settled(verdict([claim(seq) for seq in range(4)]))
    assert found is not None
    assert bool(still_open([asked], found.matches)) is is_open
