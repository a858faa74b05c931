from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from detection.records import (
    BrandList,
    BrandMatch,
    BrandName,
    KeptFrame,
    Matches,
    Quad,
    Scenes,
    Shot,
    TextCandidate,
    Texts,
    Track,
    Tracks,
    View,
)
from detection.stages.match_brands import STAGE, Config, Inputs
from mpr.pipeline.blobs import Folder
from mpr.pipeline.config import parse
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame

FPS = 2.0


class Board:
    """A track of one text, `letters` wide, seen in some frames and read in some of those."""

    def __init__(
        self,
        seqs: Sequence[int],
        read: dict[int, str | tuple[str, float]],
        *,
        x: float = 100,
        y: float = 300,
        letters: int = 8,
        height: float = 40,
        errors_s: tuple[float, float] = (0.02, 0.04),
        lost: Sequence[int] = (),
    ) -> None:
        self.seqs, self.read, self.errors_s, self.lost = seqs, read, errors_s, lost
        self._corner, self._size = (x, y), (letters * height * 0.6, height)

    def quad(self, seq: int) -> Quad:
        """It pans to the right."""
        (x, y), (width, height) = self._corner, self._size
        x += 10 * seq
        return (x, y), (x + width, y), (x + width, y + height), (x, y + height)

    def track(self, number: int, box: int) -> Track:
        views = [
            View(seq=seq, box=-1 if seq in self.lost else box, quad=self.quad(seq), start_s=seq / FPS,
                 end_s=(seq + 1) / FPS, sharpness=500.0 + seq, contrast=0.2)
            for seq in self.seqs
        ]  # fmt: skip
        return Track(number=number, shot=0, label="text", start_s=views[0].start_s, end_s=views[-1].end_s,
                     start_cause="edge", end_cause="vanished", start_error_s=self.errors_s[0],
                     end_error_s=self.errors_s[1], motion="camera", views=views)  # fmt: skip

    def readings(self, number: int, box: int) -> list[TextCandidate]:
        found = []
        for seq, said in self.read.items():
            text, score = said if isinstance(said, tuple) else (said, 0.97)
            found.append(TextCandidate(seq=seq, box=box, quad=self.quad(seq), text=text, score=score, sharpness=100.0,
                                       contrast=0.3, track=number))  # fmt: skip
        return found


class Runner:
    def __init__(self, folder: Path) -> None:
        self._ctx = Context(
            span=Span(number=0, start_s=0, end_s=1e6), blobs=Folder(folder), media=Folder(folder), prefix="shard"
        )

    def __call__(self, *shards: Sequence[Board], brands: Sequence[str], **config: Any) -> Matches:
        names = [brand.partition("=") for brand in brands]
        inputs = Inputs(
            run_ocr=[
                Texts(candidates=sorted(
                    (one for number, board in enumerate(shard) for one in board.readings(number, number)),
                    key=lambda one: (one.seq, one.box),
                ))
                for shard in shards
            ],
            filter_scenes=_scenes(1 + max(seq for shard in shards for board in shard for seq in board.seqs)),
            brands=BrandList(brands=[
                BrandName(name=name, aliases=aliases.split(";") if aliases else []) for name, _, aliases in names
            ]),
            track_objects=[
                Tracks(tracks=[board.track(number, number) for number, board in enumerate(shard)]) for shard in shards
            ],
        )  # fmt: skip
        return STAGE.run(inputs, parse(Config, config, owner="match_brands"), self._ctx)


def _scenes(frames: int) -> Scenes:
    kept = [
        KeptFrame(
            frame=Frame(seq=seq, pts_s=(seq + 0.5) / FPS, width_px=1280, height_px=720, pack="p", offset=0, size=1),
            shot=0, start_s=seq / FPS, end_s=(seq + 1) / FPS,
        )
        for seq in range(frames)
    ]  # fmt: skip
    return Scenes(shots=[Shot(number=0, start_s=0, end_s=frames / FPS)], frames=kept, dropped=0)


@pytest.fixture
def match(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def seqs(matches: Sequence[BrandMatch], brand: str) -> list[int]:
    return [one.seq for one in matches if one.brand == brand]


# --- one track --------------------------------------------------------------------------------------------------------


def test_a_brand_read_in_one_view_is_seen_in_all(match: Runner) -> None:
    board = Board(range(6), {2: "HEINEKEN"}, lost=[4])
    found = match([board], brands=["Heineken"]).matches
    assert [(one.seq, one.start_s, one.end_s) for one in found] == [(seq, seq / 2, seq / 2 + 0.5) for seq in range(6)]
    assert [one.quad for one in found] == [board.quad(seq) for seq in range(6)]
    assert [one.boxes for one in found] == [[0], [0], [0], [0], [], [0]]
    assert [one.sharpness for one in found] == [500.0 + seq for seq in range(6)]


def test_only_the_ends_of_a_track_may_be_wrong(match: Runner) -> None:
    found = match([Board(range(4), {1: "HEINEKEN"}, errors_s=(0.02, 0.3))], brands=["Heineken"]).matches
    assert [one.boundary_error_s for one in found] == [0.02, 0.0, 0.0, 0.3]
    (found,) = match([Board([0], {0: "HEINEKEN"}, errors_s=(0.02, 0.3))], brands=["Heineken"]).matches
    assert found.boundary_error_s == 0.3


def test_a_partial_reading_is_completed_by_its_track(match: Runner) -> None:
    board = Board(range(6), {0: "neken", 2: "HEINEKEN", 5: "HEIN"})
    assert seqs(match([board], brands=["Heineken"]).matches, "Heineken") == list(range(6))


def test_a_partial_reading_alone_names_nothing(match: Runner) -> None:
    board = Board(range(6), {0: "neken", 2: "neken"})
    assert match([board], brands=["Heineken"]).matches == []
    assert seqs(match([board], brands=["Heineken=neken"]).matches, "Heineken") == list(range(6))


def test_turned_text_keeps_its_reading_order(match: Runner) -> None:
    board = Board([0, 1], {0: "HEINEKEN"})

    class Turned(Board):
        def readings(self, number: int, box: int) -> list[TextCandidate]:
            (a, b, c, d) = board.quad(0)
            (plain,) = super().readings(number, box)
            return [TextCandidate(seq=0, box=0, quad=(b, c, d, a), text=plain.text, score=plain.score, sharpness=1.0,
                                  contrast=0.3, track=0)]  # fmt: skip

    found = match([Turned([0, 1], {0: "HEINEKEN"})], brands=["Heineken"]).matches
    assert [one.quad[0] for one in found] == [board.quad(0)[1], board.quad(1)[1]]


def test_a_brand_that_clearer_readings_deny_is_dropped(match: Runner) -> None:
    denied = Board(range(6), {0: "FINANCE", 2: "FINANCE", 4: ("BINANCE", 0.7)})
    assert match([denied], brands=["Binance"]).matches == []
    with_a_sign = Board(range(6), {0: "YPUMA", 2: "PUMA", 4: "YPUMA"})
    assert seqs(match([with_a_sign], brands=["Puma"]).matches, "Puma") == list(range(6))
    torn = Board(range(6), {0: "BINANCE", 2: "INANC", 4: "NANCE"})
    assert seqs(match([torn], brands=["Binance"]).matches, "Binance") == list(range(6))


def test_of_brands_alike_the_one_with_more_votes_is_meant(match: Runner) -> None:
    board = Board(range(6), {0: "CASTELLI", 2: "CASTELLI", 4: ("CASTELLO", 0.8)})
    assert {one.brand for one in match([board], brands=["Castelli", "Castello"]).matches} == {"Castelli"}


def test_three_readings_make_out_what_none_of_them_says(match: Runner) -> None:
    read: dict[int, str | tuple[str, float]] = {0: ("SANTAXDXR", 0.7), 2: ("SAXTANDXR", 0.7), 4: ("SXNTXNDER", 0.7)}
    assert seqs(match([Board(range(6), read)], brands=["Santander"]).matches, "Santander") == list(range(6))
    assert match([Board(range(6), {0: read[0], 2: read[2]})], brands=["Santander"]).matches == []


# --- a board that changes ---------------------------------------------------------------------------------------------


def test_a_board_that_changes_is_cut_between_the_readings(match: Runner) -> None:
    board = Board(range(10), {1: "HEINEKEN", 3: "HEINEKEN", 6: "LUFTHANSA", 8: "LUFTHANSA"})
    found = match([board], brands=["Heineken", "Lufthansa"]).matches
    assert seqs(found, "Heineken") == [0, 1, 2, 3, 4]
    assert seqs(found, "Lufthansa") == [5, 6, 7, 8, 9]
    last = [one for one in found if one.brand == "Heineken"][-1]
    assert (last.end_s, last.boundary_error_s) == (2.5, 0.0)


def test_a_view_is_cut_where_the_board_changes_within_it(match: Runner) -> None:
    board = Board([0, 1, 2], {0: "HEINEKEN", 2: "FLY BETTER"})
    first, last = match([board], brands=["Heineken"]).matches
    assert (last.seq, last.start_s, last.end_s, last.boundary_error_s) == (1, 0.5, 0.75, 0.5)
    assert first.end_s == 0.5


def test_an_unclear_reading_does_not_cut(match: Runner) -> None:
    board = Board(range(8), {1: "HEINEKEN", 3: ("LUFTWAFFE", 0.6), 6: "HE"})
    assert seqs(match([board], brands=["Heineken"]).matches, "Heineken") == list(range(8))


# --- several tracks ---------------------------------------------------------------------------------------------------


def test_names_are_joined_in_the_frames_that_tracks_share(match: Runner) -> None:
    left = Board(range(6), {0: "Cantabria"}, letters=9)
    right = Board(range(2, 9), {7: "Labs"}, x=340, letters=4, errors_s=(0.1, 0.1))
    found = match([left, right], brands=["Cantabria Labs"]).matches
    assert [(one.seq, one.boxes) for one in found if len(one.boxes) == 2] == [(seq, [0, 1]) for seq in range(2, 6)]
    whole = next(one for one in found if one.seq == 3)
    assert whole.quad == (left.quad(3)[0], right.quad(3)[1], right.quad(3)[2], left.quad(3)[3])
    assert whole.text == "Cantabria Labs"


def test_most_of_a_joined_name_stands_for_it_and_little_does_not(match: Runner) -> None:
    left = Board(range(6), {0: "Cantabria"}, letters=9)
    right = Board(range(2, 9), {7: "Labs"}, x=340, letters=4)
    found = match([left, right], brands=["Cantabria Labs"]).matches
    assert [one.seq for one in found] == [0, 1, 2, 3, 4, 5]
    assert found[0].confidence < found[3].confidence


def test_tracks_apart_are_not_joined(match: Runner) -> None:
    left = Board(range(3), {0: "Cantabria"}, letters=9)
    for right in (Board(range(3), {2: "Labs"}, x=800, letters=4), Board(range(3, 6), {4: "Labs"}, x=340, letters=4)):
        assert match([left, right], brands=["Cantabria Labs"]).matches == []


def test_a_sure_reading_explains_a_damaged_one_in_the_next_shard(match: Runner) -> None:
    sure, damaged = Board(range(4), {1: "EMIRATES"}), Board(range(4, 12), {9: "EMIRA"})
    found = match([sure], [damaged], brands=["Emirates"]).matches
    assert seqs(found, "Emirates") == list(range(12))
    assert match([damaged], brands=["Emirates"]).matches == []


def test_tracks_of_different_shards_keep_apart(match: Runner) -> None:
    shards = [[Board(range(4), {1: "HEINEKEN"})], [Board(range(4, 8), {5: "LUFTHANSA"})]]
    found = match(*shards, brands=["Heineken", "Lufthansa"]).matches
    assert (seqs(found, "Heineken"), seqs(found, "Lufthansa")) == ([0, 1, 2, 3], [4, 5, 6, 7])


# --- short and repeated names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "height", "found"),
    [
        ({1: ("DHL", 0.9)}, 40, False),
        ({1: ("DHL", 0.97)}, 40, True),
        ({1: ("DHL", 0.97)}, 16, False),
        ({1: ("DHL", 0.9), 3: ("DHL", 0.9)}, 16, True),
        ({1: ("SONY", 0.9)}, 16, True),
    ],
    ids=["once-unsure", "once-large", "once-small", "twice", "four-letters"],
)
def test_tiny_names_need_two_readings_or_a_large_sure_one(
    match: Runner, read: dict[int, str | tuple[str, float]], height: float, found: bool
) -> None:
    board = Board(range(4), read, letters=3, height=height)
    assert bool(match([board], brands=["DHL", "Sony"]).matches) is found


def test_two_readings_confirm_a_short_name(match: Runner) -> None:
    assert match([Board(range(4), {1: ("SONY", 0.7)})], brands=["Sony"]).matches == []
    assert seqs(match([Board(range(4), {1: ("SONY", 0.7), 3: ("SONY", 0.7)})], brands=["Sony"]).matches, "Sony")


@pytest.mark.parametrize("text", ["PUMAPUMAPUMA", "UMAPUMAPUM", "PUMAPUNAPUMA", "PUMA PUMA"])
def test_a_row_of_one_name_is_taken_apart(match: Runner, text: str) -> None:
    assert seqs(match([Board(range(3), {1: text})], brands=["Puma"]).matches, "Puma") == [0, 1, 2]


@pytest.mark.parametrize("text", ["PUMAPULA", "UMAPUM", "PUMAXYPUMA"])
def test_what_is_no_row_of_a_name_names_nothing(match: Runner, text: str) -> None:
    assert match([Board(range(3), {1: text})], brands=["Puma"]).matches == []


# --- questions --------------------------------------------------------------------------------------------------------


def test_a_track_is_one_question_with_all_its_views(match: Runner) -> None:
    board = Board(range(6), {1: ("MAHOW", 0.8), 4: "MAHOU"}, lost=[2])
    (question,) = match([board], brands=["Sony"]).unresolved
    assert question.text == "MAHOU"
    assert [one.seq for one in question.sightings] == list(range(6))
    assert (question.sightings[question.best].seq, question.sightings[question.best].box) == (4, 0)
    assert [(one.start_s, one.end_s) for one in question.sightings][:2] == [(0.0, 0.5), (0.5, 1.0)]
