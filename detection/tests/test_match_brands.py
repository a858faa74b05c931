from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from detection.matching import gathering, meanings
from detection.records import BrandList, BrandName, KeptFrame, Matches, Scenes, Shot, TextCandidate, Texts
from detection.stages.match_brands import STAGE, Config, Inputs
from mpr.pipeline import codec
from mpr.pipeline.blobs import Folder
from mpr.pipeline.config import parse, schema
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame

WIDTH, HEIGHT = 1280, 720


def reading(
    text: str,
    x: float,
    y: float,
    *,
    seq: int = 0,
    box: int = 0,
    height: float = 40,
    score: float = 0.98,
    sharp: float = 100,
) -> TextCandidate:
    """An upright reading whose width follows from its letters."""
    width = max(1, len(text)) * height * 0.6
    quad = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return TextCandidate(seq=seq, box=box, quad=quad, text=text, score=score, sharpness=sharp, contrast=0.3)


def scenes(frames: int, *, fps: float = 2.0, cuts: Sequence[int] = ()) -> Scenes:
    starts = [0, *cuts]
    kept = [
        KeptFrame(
            frame=Frame(seq=seq, pts_s=seq / fps, width_px=WIDTH, height_px=HEIGHT, pack="p", offset=0, size=1),
            shot=sum(seq >= cut for cut in cuts),
            start_s=seq / fps,
            end_s=(seq + 1) / fps,
        )
        for seq in range(frames)
    ]
    shots = [
        Shot(number=number, start_s=start / fps, end_s=end / fps)
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], frames], strict=True))
    ]
    return Scenes(shots=shots, frames=kept, dropped=0)


def context(tmp_path: Path) -> Context:
    return Context(
        span=Span(number=0, start_s=0, end_s=1e6), blobs=Folder(tmp_path), media=Folder(tmp_path), prefix="shard"
    )


class Runner:
    def __init__(self, folder: Path) -> None:
        self.ctx = context(folder)

    def __call__(
        self, readings: Sequence[TextCandidate], *brands: str, cuts: Sequence[int] = (), **config: Any
    ) -> Matches:
        frames = max((one.seq for one in readings), default=0) + 1
        names = [brand.partition("=") for brand in brands]
        listed = [BrandName(name=name, aliases=aliases.split(";") if aliases else []) for name, _, aliases in names]
        inputs = Inputs(
            run_ocr=[Texts(candidates=list(readings))],
            filter_scenes=scenes(frames, cuts=cuts),
            brands=BrandList(brands=listed),
        )
        return STAGE.run(inputs, parse(Config, config, owner="match_brands"), self.ctx)


@pytest.fixture
def match(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


# --- single boxes -----------------------------------------------------------------------------------------------------


def test_match_carries_place_text_and_confidence(match: Runner) -> None:
    read = reading("HEINEKEN", 100, 600, box=3, score=0.9)
    (found,) = match([read], "Heineken").matches
    assert (found.seq, found.boxes, found.brand, found.text) == (0, [3], "Heineken", "HEINEKEN")
    assert (found.quad, found.sharpness, found.contrast, found.method) == (read.quad, 100, 0.3, "ocr")
    assert found.confidence == pytest.approx(0.9)


def test_without_tracks_a_sighting_stands_for_its_frame(match: Runner) -> None:
    result = match(
        [reading("HEINEKEN", 100, 600, seq=3), reading("MAHOU", 100, 200, seq=3, box=1, height=60)], "Heineken"
    )
    (found,), (question,) = result.matches, result.unresolved
    assert (found.start_s, found.end_s, found.boundary_error_s) == (1.5, 2.0, 0.25)
    (asked,) = question.sightings
    assert (asked.start_s, asked.end_s, asked.boundary_error_s) == (1.5, 2.0, 0.25)


def test_misread_letters_lower_the_confidence(match: Runner) -> None:
    (good,) = match([reading("LUFTHANSA", 100, 600, score=0.9)], "Lufthansa").matches
    (poor,) = match([reading("LUFTHANEA", 100, 600, score=0.9)], "Lufthansa").matches
    assert poor.confidence < good.confidence


def test_quad_is_cut_to_the_name(match: Runner) -> None:
    read = reading("HANKOOK Heineken", 0, 600, height=50)
    left, right = match([read], "Hankook", "Heineken").matches
    width = read.quad[1][0]
    assert left.quad[0][0] == 0
    assert left.quad[1][0] == pytest.approx(width * 7 / 16, abs=width / 16)
    assert right.quad[0][0] == pytest.approx(width / 2, abs=0.1)
    assert right.quad[1][0] == pytest.approx(width, abs=0.1)


@pytest.mark.parametrize(
    ("text", "score", "found"),
    [("PANASONIC", 0.61, True), ("PANASONIC", 0.59, False), ("SONY", 0.81, True), ("SONY", 0.79, False)],
    ids=["long", "long-unsure", "short", "short-unsure"],
)
def test_short_names_need_a_surer_reading(match: Runner, text: str, score: float, found: bool) -> None:
    assert bool(match([reading(text, 100, 600, score=score)], "Panasonic", "Sony").matches) is found


# --- several boxes ----------------------------------------------------------------------------------------------------


def test_words_side_by_side_are_joined(match: Runner) -> None:
    left, right = reading("Cantabria", 100, 600, box=1), reading("Labs", 330, 602, box=2)
    result = match([left, right], "Cantabria Labs")
    (found,) = result.matches
    assert (found.boxes, found.text) == ([1, 2], "Cantabria Labs")
    assert found.quad == (left.quad[0], (right.quad[1][0], 600), (right.quad[1][0], 642), (100, 642))
    assert result.unresolved == []


def test_stacked_words_are_joined(match: Runner) -> None:
    (found,) = match([reading("The", 105, 300, box=0), reading("Guardian", 100, 345, box=1)], "The Guardian").matches
    assert found.boxes == [0, 1]


def test_a_word_cut_in_two_is_joined(match: Runner) -> None:
    (found,) = match([reading("HANK", 100, 600, box=0), reading("OOK", 200, 600, box=1)], "Hankook").matches
    assert found.boxes == [0, 1]


def test_three_boxes_on_a_slope_are_joined(match: Runner) -> None:
    def sloped(text: str, x: float, box: int) -> TextCandidate:
        width, rise = len(text) * 24, 0.2
        quad = ((x, 300 + x * rise), (x + width, 300 + (x + width) * rise),
                (x + width - 8, 340 + (x + width) * rise), (x - 8, 340 + x * rise))  # fmt: skip
        return TextCandidate(seq=0, box=box, quad=quad, text=text, score=0.9, sharpness=50, contrast=0.3)

    words = [sloped("Mc", 100, 0), sloped("Donald", 160, 1), sloped("Burgers", 320, 2)]
    (found,) = match(words, "Mc Donald Burgers").matches
    assert found.boxes == [0, 1, 2]


@pytest.mark.parametrize(
    ("x", "y", "height"),
    [(700, 600, 40), (330, 300, 40), (20, 600, 40), (330, 600, 100)],
    ids=["far-right", "far-above", "left", "other-size"],
)
def test_words_apart_are_not_joined(match: Runner, x: float, y: float, height: float) -> None:
    words = [reading("Cantabria", 100, 600, box=0), reading("Labs", x, y, box=1, height=height)]
    assert match(words, "Cantabria Labs").matches == []


def test_the_same_name_twice_in_one_frame_is_two_sightings(match: Runner) -> None:
    words = [
        reading("Red", 100, 600, box=0), reading("Bull", 190, 600, box=1),
        reading("Red", 500, 600, box=2), reading("Bull", 590, 600, box=3),
    ]  # fmt: skip
    assert [found.boxes for found in match(words, "Red Bull").matches] == [[0, 1], [2, 3]]


def test_a_joined_name_takes_the_place_of_its_parts(match: Runner) -> None:
    words = [reading("Santander", 100, 600, box=0), reading("Bank", 330, 600, box=1)]
    assert [found.brand for found in match(words, "Santander", "Santander Bank").matches] == ["Santander Bank"]


def test_words_of_different_frames_are_not_joined(match: Runner) -> None:
    words = [reading("Cantabria", 100, 600, seq=0), reading("Labs", 330, 600, seq=1)]
    assert match(words, "Cantabria Labs").matches == []


# --- scoreboards ------------------------------------------------------------------------------------------------------


def board(seq: int, minute: int, *, x: float = 60, y: float = 30) -> list[TextCandidate]:
    return [
        reading("KIA", x, y, seq=seq, box=0, height=24),
        reading("1-0", x + 60, y, seq=seq, box=1, height=24),
        reading(f"12:{minute:02}", x + 140, y, seq=seq, box=2, height=24),
    ]


def test_team_code_of_a_scoreboard_is_no_brand(match: Runner) -> None:
    result = match([one for seq in range(4) for one in board(seq, seq)], "Kia")
    assert result.matches == []
    assert result.unresolved == []


def test_the_same_code_away_from_the_scoreboard_is_the_brand(match: Runner) -> None:
    readings = [one for seq in range(4) for one in board(seq, seq)] + [reading("KIA", 700, 500, seq=2, box=3)]
    assert [(found.seq, found.boxes) for found in match(readings, "Kia").matches] == [(2, [3])]


def test_a_code_beside_numbers_in_the_middle_of_the_picture_is_the_brand(match: Runner) -> None:
    readings = [one for seq in range(4) for one in board(seq, seq, x=500, y=350)]
    assert len(match(readings, "Kia").matches) == 4


def test_a_code_that_moves_past_the_scoreboard_is_the_brand(match: Runner) -> None:
    readings = [one for seq in range(4) for one in board(seq, seq)[1:]]
    readings += [reading("KIA", 40 + 90 * seq, 60, seq=seq, box=3, height=24) for seq in range(4)]
    assert len(match(readings, "Kia").matches) == 4


def test_a_longer_name_on_the_scoreboard_is_the_brand(match: Runner) -> None:
    readings = [reading("EMIRATES", 60, 60, seq=seq, box=3, height=24) for seq in range(3)]
    readings += [one for seq in range(3) for one in board(seq, seq)]
    assert {found.brand for found in match(readings, "Emirates", "Kia").matches} == {"Emirates"}


# --- damaged readings -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["YPUMA", "DUMA", "PUMAX"])
def test_damaged_reading_counts_beside_a_good_one(match: Runner, text: str) -> None:
    readings = [reading("PUMA", 100, 600, seq=0), reading(text, 90, 600, seq=1)]
    assert [found.seq for found in match(readings, "Puma").matches] == [0, 1]
    assert match(readings[1:], "Puma").matches == []


def test_cut_off_reading_counts_beside_a_good_one(match: Runner) -> None:
    readings = [reading("EMIRATES", 100, 600, seq=0), reading("EMIRA", 90, 600, seq=1), reading("EMI", 90, 600, seq=2)]
    found = match(readings, "Emirates").matches
    assert [one.seq for one in found] == [0, 1]
    assert found[1].confidence < found[0].confidence


@pytest.mark.parametrize(
    ("seq", "height", "cuts"),
    [(8, 40, []), (1, 90, []), (1, 40, [1])],
    ids=["too-late", "other-size", "other-shot"],
)
def test_damaged_reading_elsewhere_does_not_count(match: Runner, seq: int, height: float, cuts: list[int]) -> None:
    readings = [reading("EMIRATES", 100, 600, seq=0), reading("EMIRA", 90, 500, seq=seq, height=height)]
    assert [one.seq for one in match(readings, "Emirates", cuts=cuts).matches] == [0]


def test_damaged_readings_do_not_support_one_another(match: Runner) -> None:
    readings = [reading("EMIRATES", 100, 600, seq=0), *(reading("EMIRA", 90, 600, seq=seq) for seq in range(1, 9))]
    assert [one.seq for one in match(readings, "Emirates").matches] == [0, 1, 2, 3, 4, 5, 6]


def test_support_can_be_switched_off(match: Runner) -> None:
    readings = [reading("EMIRATES", 100, 600, seq=0), reading("EMIRA", 90, 600, seq=1)]
    assert len(match(readings, "Emirates", support_s=0).matches) == 1


# --- questions --------------------------------------------------------------------------------------------------------


def test_reading_near_a_brand_is_a_question(match: Runner) -> None:
    (question,) = match([reading("SANTAMDEL", 100, 600)], "Santander").unresolved
    assert (question.text, question.nearest_brand, question.best) == ("SANTAMDEL", "Santander", 0)
    assert question.nearest_score == pytest.approx(7 / 9, abs=0.001)
    assert "Santander" in question.reason


def test_the_same_reading_in_a_shot_is_one_question_with_its_clearest_sighting(match: Runner) -> None:
    readings = [
        reading("Mahou", 100, 600, seq=0, sharp=10), reading("MAHOU", 110, 600, seq=1, sharp=90),
        reading("mahou", 120, 600, seq=2, sharp=50), reading("MAHOU", 120, 600, seq=5, sharp=50),
        reading("MAHOU", 120, 600, seq=6, sharp=50), reading("MAHOU", 120, 600, seq=7, sharp=50),
    ]  # fmt: skip
    questions = match(readings, "Sony", cuts=[4]).unresolved
    assert sorted([one.seq for one in question.sightings] for question in questions) == [[0, 1, 2], [5, 6, 7]]
    (first,) = [question for question in questions if question.sightings[0].seq == 0]
    assert (first.best, first.text, first.nearest_brand) == (1, "MAHOU", None)


@pytest.mark.parametrize(
    ("text", "y", "height", "score", "frames"),
    [
        ("MAHOU", 600, 30, 0.98, 2),
        ("MAHOU", 600, 10, 0.98, 9),
        ("MAHOU", 600, 40, 0.5, 9),
        ("MA", 600, 40, 0.98, 9),
        ("12:34", 600, 40, 0.98, 9),
        ("RMA 1-0 SEV", 600, 40, 0.98, 9),
        ("one two three four five", 600, 40, 0.98, 9),
    ],
    ids=["brief", "tiny", "unsure", "two-letters", "clock", "score", "sentence"],
)
def test_no_question(match: Runner, text: str, y: float, height: float, score: float, frames: int) -> None:
    readings = [reading(text, 100, y, seq=seq, height=height, score=score) for seq in range(frames)]
    assert match(readings, "Sony").unresolved == []


def test_tall_reading_is_a_question_at_once(match: Runner) -> None:
    (question,) = match([reading("MAHOU", 100, 300, height=60)], "Sony").unresolved
    assert question.reason == "No brand of this name; large in the picture."


def test_questions_are_bounded_and_the_longest_in_view_come_first(match: Runner) -> None:
    readings = [reading("MAHOU", 100, 100, seq=seq, box=0) for seq in range(3)]
    readings += [reading("ESTRELLA", 100, 300, seq=seq, box=1) for seq in range(9)]
    readings += [reading("CRUZCAMPO", 100, 500, seq=seq, box=2) for seq in range(6)]
    questions = match(readings, "Sony", max_questions=2).unresolved
    assert [question.text for question in questions] == ["ESTRELLA", "CRUZCAMPO"]


# --- the stage --------------------------------------------------------------------------------------------------------


def test_order_and_sharding_change_nothing(tmp_path: Path) -> None:
    draw = random.Random(3)
    readings = [
        reading(draw.choice(["PUMA", "EMIRATES", "EMIRA", "Red", "Bull", "MAHOU", "12:00"]), x, y, seq=seq, box=box)
        for seq in range(30)
        for box, (x, y) in enumerate([(50, 100), (140, 100), (500, 300), (600, 500)])
    ]
    brands = BrandList(brands=[BrandName(name=name, aliases=[]) for name in ("Puma", "Emirates", "Red Bull")])

    def run(shards: list[Texts]) -> bytes:
        inputs = Inputs(run_ocr=shards, filter_scenes=scenes(30, cuts=[12]), brands=brands)
        return codec.encode(STAGE.run(inputs, Config(), context(tmp_path)))

    whole = run([Texts(candidates=readings)])
    shuffled = draw.sample(readings, len(readings))
    assert run([Texts(candidates=[one for one in readings if one.seq // 7 == part]) for part in range(5)]) == whole
    assert run([Texts(candidates=shuffled)]) == whole


def test_few_shots_at_a_time_give_the_same_as_all_at_once(match: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["PUMA", "EMIRATES", "EMIRA", "Red", "Bull", "MAHOU", "YPUMA"]
    readings = [
        reading(words[(seq + box) % len(words)], 50 + 90 * box, 100, seq=seq, box=box)
        for seq in range(40)
        for box in range(4)
    ]
    cuts = list(range(4, 40, 4))
    whole = match(readings, "Puma", "Emirates", "Red Bull", cuts=cuts)
    monkeypatch.setattr(gathering, "_BATCH", 9)
    assert match(readings, "Puma", "Emirates", "Red Bull", cuts=cuts) == whole
    assert len(whole.matches) > 20


def test_meanings_are_forgotten_when_there_are_too_many(match: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [reading(f"EMIRATES {seq % 7}", 50, 100, seq=seq) for seq in range(40)]
    monkeypatch.setattr(gathering, "_BATCH", 3)
    monkeypatch.setattr(meanings, "_REMEMBERED", 2)
    assert len(match(readings, "Emirates", cuts=range(4, 40, 4)).matches) == 40


def test_other_brands_and_other_rules_are_looked_up_anew(match: Runner) -> None:
    read = [reading("PANASOMIC", 100, 600)]
    assert len(match(read, "Panasonic").matches) == 1
    assert match(read, "Panasonic", letters_per_error=20).matches == []
    assert match(read, "Sony").matches == []
    assert len(match(read, "Panasonic").matches) == 1


def test_nothing_read_and_no_brands(match: Runner) -> None:
    assert match([], "Puma") == Matches(matches=[], unresolved=[])
    assert match([reading("PUMA", 100, 600)]) == Matches(matches=[], unresolved=[])


def test_matches_are_ordered_by_frame_and_brand(match: Runner) -> None:
    readings = [reading("SONY", 10, 10, seq=1), reading("PUMA", 10, 600, seq=1, box=1), reading("SONY", 10, 10, seq=0)]
    assert [(one.seq, one.brand) for one in match(readings, "Sony", "Puma").matches] == [
        (0, "Sony"), (1, "Puma"), (1, "Sony"),
    ]  # fmt: skip


def test_every_setting_has_a_help_sentence() -> None:
    for name, field in schema(Config)["properties"].items():
        assert field.get("description", "").endswith("."), name


def test_an_hour_of_readings_takes_seconds(tmp_path: Path) -> None:
    draw = random.Random(1)
    syllables = [
        "ba",
        "ne",
        "ro",
        "ti",
        "lon",
        "mar",
        "ves",
        "ku",
        "dor",
        "pin",
        "sa",
        "gel",
        "ri",
        "tan",
        "os",
        "el",
        "fi",
    ]

    def word() -> str:
        return "".join(draw.choices(syllables, k=draw.randint(1, 4)))

    brands = sorted({word().title() for _ in range(200)})
    pool = [word() for _ in range(3000)] + brands
    readings = [
        reading(draw.choice(pool), draw.uniform(0, 900), draw.uniform(0, 600), seq=seq, box=box)
        for seq in range(5000)
        for box in range(10)
    ]
    inputs = Inputs(
        run_ocr=[Texts(candidates=readings)],
        filter_scenes=scenes(5000, cuts=range(20, 5000, 20)),
        brands=BrandList(brands=[BrandName(name=name, aliases=[]) for name in brands]),
    )
    started = time.process_time()
    result = STAGE.run(inputs, Config(), context(tmp_path))
    assert time.process_time() - started < 20
    assert len(result.matches) > 1000
