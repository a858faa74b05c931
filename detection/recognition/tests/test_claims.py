from __future__ import annotations

from detection.quads import rectangle
from detection.recognition.claims import Chain, chains, same_place

from .conftest import Make, square


def shape(found: list[Chain]) -> list[tuple[str, list[int]]]:
    return [(chain.brand, [claim.look.seq for claim in chain.claims]) for chain in found]


def test_consecutive_frames_are_one_chain(claim: Make) -> None:
    assert shape(chains([claim(seq, 100.0 + 20 * seq) for seq in (3, 0, 2, 1)], {})) == [("Zephyra", [0, 1, 2, 3])]


def test_one_miss_is_bridged_two_are_not(claim: Make) -> None:
    assert shape(chains([claim(seq) for seq in (0, 2, 5)], {})) == [("Zephyra", [0, 2]), ("Zephyra", [5])]


def test_no_chain_crosses_a_cut(claim: Make) -> None:
    assert shape(chains([claim(9), claim(10)], {})) == [("Zephyra", [9]), ("Zephyra", [10])]


def test_brands_are_apart_and_two_signs_of_one_brand_too(claim: Make) -> None:
    seen = [claim(0), claim(1), claim(0, 700.0), claim(1, 720.0), claim(1, brand="Quillon")]
    assert shape(chains(seen, {})) == [("Zephyra", [0, 1]), ("Zephyra", [0, 1]), ("Quillon", [1])]


def test_what_jumps_or_becomes_much_larger_is_another_thing(claim: Make) -> None:
    assert len(chains([claim(0, 100.0), claim(1, 400.0)], {})) == 2
    assert len(chains([claim(0, quad=square(100)), claim(1, quad=square(90, side=120.0))], {})) == 2


def test_of_regions_on_one_place_the_likeliest_is_taken(claim: Make) -> None:
    (chain,) = chains([claim(0, score=0.6), claim(0, quad=square(105), score=0.8)], {})
    assert [one.candidate.score for one in chain.claims] == [0.8]


def test_what_moves_with_a_track_is_one_chain_whatever_lies_between(claim: Make) -> None:
    found = chains([claim(0, track=(1, 4)), claim(8, 900.0, track=(1, 4)), claim(1)], {(1, 4): 3})
    assert [(chain.track, chain.looks, len(chain.claims)) for chain in found] == [((1, 4), 3, 2), (None, 0, 1)]


def test_a_track_is_preferred_unless_another_region_is_much_likelier(claim: Make) -> None:
    (slightly,) = chains([claim(0, score=0.7, track=(0, 0)), claim(0, score=0.72)], {(0, 0): 1})
    assert slightly.track == (0, 0)
    (much,) = chains([claim(0, score=0.7, track=(0, 0)), claim(0, score=0.9)], {(0, 0): 1})
    assert much.track is None


def test_one_place() -> None:
    big = rectangle(0, 0, 100, 100)
    assert same_place(big, rectangle(20, 20, 40, 40))
    assert same_place(big, rectangle(50, 0, 150, 100))
    assert not same_place(big, rectangle(80, 0, 180, 100))
    assert not same_place(big, rectangle(100, 0, 200, 100))
