"""Whether a logo would be a letter of a line of text."""

from __future__ import annotations

import pytest

from detection.quads import rectangle
from detection.recognition.lettering import Line, is_lettering, written
from detection.records import TextCandidate, Texts, Track, Tracks, View

WORD = rectangle(100, 100, 400, 150)


def read(seq: int, text: str = "ZOREN", *, score: float = 0.9, track: int = -1) -> TextCandidate:
    return TextCandidate(seq=seq, box=0, quad=WORD, text=text, score=score, sharpness=500.0, contrast=0.2, track=track)


def track(number: int, seqs: range) -> Track:
    views = [
        View(seq=seq, box=0, quad=rectangle(100 + 10 * seq, 100, 400 + 10 * seq, 150), start_s=seq / 2,
             end_s=seq / 2 + 0.5, sharpness=500.0, contrast=0.2)
        for seq in seqs
    ]  # fmt: skip
    return Track(
        number=number, shot=0, label="text", start_s=0.0, end_s=9.0, start_cause="cut", end_cause="cut",
        start_error_s=0.0, end_error_s=0.0, motion="camera", views=views,
    )  # fmt: skip


def test_what_was_read_once_of_a_track_stands_in_all_of_its_views() -> None:
    texts = [
        Texts(candidates=[read(2, "ZOREN", score=0.8, track=7), read(4, "ZORENA", score=0.95, track=7)]),
        Texts(candidates=[read(11)]),
    ]
    tracks = [Tracks(tracks=[track(7, range(1, 6)), track(8, range(1, 6))]), Tracks(tracks=[])]
    found = written(texts, tracks, {1, 4, 5, 11})
    assert {seq: [line.text for line in lines] for seq, lines in found.items()} == {
        1: ["ZORENA"], 4: ["ZORENA"], 5: ["ZORENA"], 11: ["ZOREN"],
    }  # fmt: skip
    assert found[5][0].quad == rectangle(150, 100, 450, 150)


def test_without_tracks_a_reading_stands_in_its_own_frame() -> None:
    found = written([Texts(candidates=[read(2, track=7)])], None, {2})
    assert {seq: lines[0].quad for seq, lines in found.items()} == {2: WORD}


@pytest.mark.parametrize(("text", "score"), [("-", 0.99), ("ZOREN", 0.5)])
def test_signs_and_doubtful_readings_say_nothing(text: str, score: float) -> None:
    assert not written([Texts(candidates=[read(2, text, score=score)])], None, {2})


@pytest.mark.parametrize(
    ("logo", "is_letter"),
    [
        pytest.param(rectangle(105, 100, 155, 150), True, id="its first letter"),
        pytest.param(rectangle(220, 95, 275, 155), True, id="a letter within it"),
        pytest.param(rectangle(100, 100, 400, 150), False, id="all of it"),
        pytest.param(rectangle(100, 100, 290, 150), False, id="most of it"),
        pytest.param(rectangle(40, 100, 95, 150), False, id="a sign before it"),
        pytest.param(rectangle(80, 40, 130, 140), False, id="larger than the line"),
    ],
)
def test_a_part_of_a_line_is_a_letter(logo: tuple[tuple[float, float], ...], is_letter: bool) -> None:
    lines = {3: [Line(quad=WORD, text="ZOREN")]}
    assert is_lettering("Quillon", {3: logo}, lines) is is_letter  # type: ignore[dict-item]


def test_lines_that_run_down_are_measured_along_their_letters() -> None:
    down = {3: [Line(quad=rectangle(100, 100, 150, 400), text="ZOREN")]}
    assert is_lettering("Quillon", {3: rectangle(100, 105, 150, 155)}, down)
    assert not is_lettering("Quillon", {3: rectangle(100, 105, 150, 395)}, down)


def test_a_sign_before_its_own_name_is_no_letter_of_it() -> None:
    lines = {3: [Line(quad=WORD, text="YZo-Ren")]}
    sign = rectangle(105, 100, 155, 150)
    assert not is_lettering("ZOREN", {3: sign}, lines)
    assert not is_lettering("Zorén", {3: sign}, lines)
    assert is_lettering("Zorena", {3: sign}, lines)


def test_a_line_cut_off_that_is_higher_than_long_is_measured_along_its_letters() -> None:
    """ST, of STADIUM at the picture's right edge."""
    cut = {3: [Line(quad=rectangle(1180, 350, 1280, 460), text="ST")]}
    assert is_lettering("Quillon", {3: rectangle(1185, 370, 1230, 435)}, cut)
    assert not is_lettering("Quillon", {3: rectangle(1185, 355, 1275, 450)}, cut)


@pytest.mark.parametrize(
    ("below", "is_letter"),
    [
        pytest.param(Line(quad=rectangle(560, 264, 640, 304), text="HOS"), True, id="a line of its size close by"),
        pytest.param(Line(quad=rectangle(560, 364, 640, 404), text="HOS"), False, id="far away"),
        pytest.param(Line(quad=rectangle(560, 264, 600, 276), text="HOS"), False, id="much smaller"),
        pytest.param(Line(quad=rectangle(560, 264, 640, 304), text="QUILLON"), False, id="the brand's own name"),
        pytest.param(Line(quad=rectangle(560, 264, 600, 304), text="H"), False, id="another letter"),
    ],
)
def test_a_letter_by_a_line_is_the_rest_of_a_word_that_somebody_hides(below: Line, is_letter: bool) -> None:
    letter = Line(quad=rectangle(567, 222, 604, 260), text="Q")
    assert is_lettering("Quillon", {3: rectangle(565, 222, 604, 262)}, {3: [letter, below]}) is is_letter
    assert not is_lettering("Quillon", {3: rectangle(565, 222, 604, 262)}, {3: [letter]})
    assert not is_lettering("Quillon", {3: rectangle(465, 222, 604, 362)}, {3: [letter, below]})


def test_half_of_the_frames_decide() -> None:
    lines = {3: [Line(quad=WORD, text="ZOREN")]}
    letter = rectangle(105, 100, 155, 150)
    assert is_lettering("Quillon", {3: letter}, lines)
    assert is_lettering("Quillon", {3: letter, 4: letter}, lines)
    assert not is_lettering("Quillon", {3: letter, 4: letter, 5: letter}, lines)
    assert not is_lettering("Quillon", {}, lines)
