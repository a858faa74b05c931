"""Who appears: enough kinds of names, and nothing on screen that could be mistaken for a listed brand."""

import csv
import re

import numpy as np
import pytest

from detection.sample.cast import ARENAS, CLUBS, SLOGANS, SURNAMES, choose_cast, write_brands


def key(text):
    return re.sub(r"[^a-z0-9]", "", text.lower())


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_cast_has_short_double_brief_and_absent_brands(seed):
    cast = choose_cast(np.random.default_rng(seed))
    names = [brand.name for brand in cast.listed]
    assert len(names) == len(set(names)) == 13
    assert sum(len(brand.name) == 4 for brand in cast.regular) == 1
    assert sum(" " in brand.name for brand in cast.regular) == 2
    assert len(cast.absent) == 4
    assert cast.clubs[0] != cast.clubs[1]


def test_no_decoy_contains_a_brand():
    decoys = [key(text) for text in (*ARENAS, *SLOGANS, *SURNAMES, *(part for club in CLUBS for part in club))]
    for seed in range(20):
        for brand in choose_cast(np.random.default_rng(seed)).listed:
            assert not any(key(brand.name) in decoy or decoy == key(brand.name) for decoy in decoys)


def test_brand_list_is_a_csv_of_names_and_aliases(tmp_path):
    cast = choose_cast(np.random.default_rng(3))
    write_brands(cast, tmp_path / "brands.csv")
    with (tmp_path / "brands.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["canonical_name", "aliases"]
    assert [row["canonical_name"] for row in rows] == [brand.name for brand in cast.listed]
    assert all(set(row["aliases"].split(";")) for row in rows)
    double = next(row for row in rows if " " in row["canonical_name"])
    assert double["canonical_name"].replace(" ", "") in double["aliases"].split(";")
