"""The search over everything: what is found, in which order, by whom."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from brands.models import Brand
from mpr.web.search import holding, matching
from tests.rows import make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def names(workspace):
    for name, aliases in (
        ("Zephyr Cola", ["Zephyr", "Ζέφυρος"]), ("Nördlich Öl", []), ("Łódź Air", ["LA-7"]), ("Cola Zephyrus", []),
        ("Halcyon", ["The calm"]), ("Мороз", []), ("O'Neill 100%_x", []),
    ):  # fmt: skip
        Brand.objects.create(workspace=workspace, canonical_name=name, aliases=aliases)


def found(text):
    return [one.canonical_name for one in matching(Brand.objects.all(), text, "canonical_name", "aliases")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zephyr cola", ["Zephyr Cola", "Cola Zephyrus"]),
        ("ZEPHYR", ["Zephyr Cola", "Cola Zephyrus"]),
        ("phyr", ["Cola Zephyrus", "Zephyr Cola"]),
        ("cola", ["Cola Zephyrus", "Zephyr Cola"]),
        ("co", ["Cola Zephyrus", "Zephyr Cola"]),
        ("ol", ["Nördlich Öl"]),
        ("nordlich", ["Nördlich Öl"]),
        ("NÖRD", ["Nördlich Öl"]),
        ("lodz", ["Łódź Air"]),
        ("la-7", ["Łódź Air"]),
        ("7", ["Łódź Air"]),
        ("calm", ["Halcyon"]),
        ("моро", ["Мороз"]),
        ("ΖΕΦΥΡΟΣ"[:5], ["Zephyr Cola"]),
        ("o'nei", ["O'Neill 100%_x"]),
        ("0%_", ["O'Neill 100%_x"]),
        ("alc%on", []),
        ("eph col", ["Zephyr Cola", "Cola Zephyrus"]),
        ("lcy phy", []),
        ("hal hal", ["Halcyon"]),
    ],
)
def test_names_are_found_by_pieces_whatever_their_case_and_accents(text, expected, names):
    assert sorted(found(text)) == sorted(expected)


def test_the_nearest_comes_first(workspace):
    for name in ("Super Cola Bar", "Grancola", "Cola", "Cola Light"):
        Brand.objects.create(workspace=workspace, canonical_name=name)
    assert found("cola") == ["Cola", "Cola Light", "Super Cola Bar", "Grancola"]


def test_an_index_answers(workspace):
    Brand.objects.bulk_create(
        Brand(workspace=workspace, canonical_name=f"Brand number {number:05d}") for number in range(5000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE brands_brand")
        plan = holding(Brand.objects.all(), "04711", "canonical_name", "aliases").explain()
    assert "brand_pieces" in plan
    assert found("04711") == ["Brand number 04711"]


def test_what_half_of_all_rows_hold_is_ranked_among_those_that_begin_so(workspace):
    names = [f"{start} cola {number:03d}" for number in range(150) for start in ("A", "B")]
    Brand.objects.bulk_create(Brand(workspace=workspace, canonical_name=name) for name in [*names, "Cola", "Colana"])
    nearest = found("cola")
    assert nearest[:2] == ["Cola", "Colana"]
    assert 2 < len(nearest) <= 200


@pytest.fixture
def everything(workspace):
    timeline = make_timeline(workspace, filename="northern_cup.mp4")
    job = make_job(timeline, label="Northern try")
    make_report(job, ("Northwind",))
    return job


def ask(client, text):
    answer = client.get("/search", {"q": text}, headers={"accept": "application/json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_everything_is_found_by_kind(client, everything):
    told = ask(client, "nor")
    assert told["count"] == 4
    for kind in ("footage", "jobs", "brands", "airings"):
        assert f'id="found-{kind}-1"' in told["options"]
    assert "3 times in northern_cup.mp4" in told["options"]
    page = client.get("/search", {"q": "northern"}).content.decode()
    assert "northern_cup.mp4" in page
    assert "Northern try" in page
    assert f"/jobs/{everything.pk}/" in page


def test_airings_of_brands_that_are_not_kept_are_found(client, everything):
    everything.airings.update(brand=None, brand_name="Unkept Tools")
    assert "Unkept Tools" in ask(client, "tools")["options"]


def test_a_stranger_finds_nothing_of_it(stranger_client, everything):
    assert ask(stranger_client, "nor")["count"] == 0
    assert "northern_cup" not in stranger_client.get("/search", {"q": "northern"}).content.decode()
    everything.airings.update(brand=None, brand_name="Unkept Tools")
    assert ask(stranger_client, "unkept")["count"] == 0


@pytest.mark.parametrize("text", ["", "   ", "\x00", "%", "'", "a" * 500, "\\", "ß", "\u0301"])
def test_odd_queries_are_answered(text, client, everything):
    assert client.get("/search", {"q": text}).status_code == 200
    assert ask(client, text)["count"] >= 0


def test_who_is_not_signed_in_finds_nothing(anonymous_client):
    assert anonymous_client.get("/search?q=a").status_code == 302
    assert anonymous_client.get("/workers").status_code == 302
