"""Brands through the API: what is answered, and one sentence for what is not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from brands.models import Brand, Exemplar
from mpr.jobs.models import Job
from mpr.storage.buckets import media_in
from tests.recorded import QUAD, record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/></svg>'
BRANDS = "/api/detect/brands"


@pytest.fixture
def curator(api):
    return api("curator")


@pytest.fixture
def brand(workspace):
    return Brand.objects.create(workspace=workspace, canonical_name="Zephyra")


@pytest.fixture
def recorded(workspace):
    return record_job(make_timeline(workspace, duration_s=20.0), brand="Zephyra")


def shown():
    """The picture of the one exemplar there is."""
    return Image.open(io.BytesIO(media_in.read(Exemplar.objects.get().picture.name)))


def send(client, brand, data, name="logo.svg", **given):
    address = f"{BRANDS}/{brand.pk}/exemplars"
    return client.post(address, {"file": SimpleUploadedFile(name, data), **given}, format="multipart")


def test_a_brand_is_added_once_and_its_aliases_later(curator, workspace):
    first = curator.post(BRANDS, {"canonical_name": " Zephyr  Cola ", "aliases": ["Zephyr"]}, format="json")
    assert first.status_code == 201
    assert first.json()["canonical_name"] == "Zephyr Cola"
    again = curator.post(BRANDS, {"canonical_name": "ZEPHYR COLA", "aliases": ["ZC"]}, format="json")
    assert (again.status_code, again.json()["aliases"]) == (200, ["Zephyr", "ZC"])
    assert [brand["id"] for brand in curator.get(BRANDS).json()["brands"]] == [first.json()["id"]]


def test_an_exemplar_is_kept_once_seen_and_deleted(curator, brand):
    made = send(curator, brand, SVG, note="green")
    assert made.status_code == 201
    assert (made.json()["note"], made.json()["brand"]) == ("green", str(brand.pk))
    picture = Image.open(io.BytesIO(b"".join(curator.get(made.json()["address"]).streaming_content)))
    assert (picture.format, picture.size) == ("PNG", (512, 512))
    again = send(curator, brand, SVG, name="other.svg")
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    assert len(curator.get(f"{BRANDS}/{brand.pk}").json()["exemplars"]) == 1
    assert curator.delete(f"{BRANDS}/{brand.pk}/exemplars/{made.json()['id']}").status_code == 204
    assert not Exemplar.objects.exists()
    assert curator.delete(f"{BRANDS}/{brand.pk}/exemplars/{made.json()['id']}").status_code == 404


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"words", "“logo.svg” is no SVG, PNG or JPEG; save the logo as one of them."),
        (SVG.replace(b"<circle", b"<script/><circle"), "“logo.svg” holds a script; save it as plain SVG."),
        (b"x" * 10_000_001, "This file is larger than 10 MB; a logo needs far less."),
    ],
    ids=["another file", "bad svg", "huge"],
)
def test_what_is_no_logo_is_one_sentence(data, sentence, curator, brand):
    answer = send(curator, brand, data)
    assert (answer.status_code, answer.json()) == (400, {"error": {"code": "bad_input", "message": sentence}})
    assert not Exemplar.objects.exists()


def test_brands_that_ship_are_seen_and_left_alone(curator):
    shipped = Brand.objects.create(canonical_name="Everywhere")
    assert curator.get(f"{BRANDS}/{shipped.pk}").status_code == 200
    for answer in (curator.delete(f"{BRANDS}/{shipped.pk}"), send(curator, shipped, SVG)):
        assert answer.status_code == 403
        assert answer.json()["error"]["message"].startswith("Everywhere ships with MPR; make a brand of that name")


class TestACropOfAFrame:
    @pytest.fixture
    def crop(self, curator, brand, recorded):
        def post(polygon, t_s=2.5, **given):
            body = {"job": str(recorded.pk), "t_s": t_s, "polygon": polygon, **given}
            return curator.post(f"{BRANDS}/{brand.pk}/exemplars/crop", body, format="json")

        return post

    def test_four_corners_are_set_upright(self, crop):
        corners = [[(x + step) / 640, (y + other) / 360] for (x, y), (step, other) in
                   zip(QUAD, ((-20, -20), (20, -20), (20, 20), (-20, 20)), strict=True)]  # fmt: skip
        made = crop(corners)
        assert made.status_code == 201, made.content
        assert made.json()["note"] == "cut from cup_final.mp4 at 2.50 s"
        pixels = np.asarray(shown())
        assert pixels.shape[2] == 3
        assert pixels[pixels.shape[0] // 2, pixels.shape[1] // 2].min() > 230
        assert crop(corners).status_code == 200

    def test_around_any_other_polygon_it_is_transparent(self, crop):
        assert crop([[0.25, 0.3], [0.7, 0.3], [0.5, 0.7]], note="mine").json()["note"] == "mine"
        picture = shown()
        assert picture.mode == "RGBA"
        assert picture.getpixel((0, picture.height - 1))[3] == 0

    @pytest.mark.parametrize(
        ("polygon", "t_s", "status", "sentence"),
        [
            (
                [[0.2, 0.2], [0.2001, 0.2], [0.2001, 0.2001], [0.2, 0.2001]],
                2.5,
                400,
                "The polygon is 0 × 0 pixels large",
            ),
            ([[-0.1, 0.2], [0.4, 0.2], [0.4, 0.6]], 2.5, 400, "The polygon leaves the frame"),
            ([[0.02, 0.9], [0.1, 0.9], [0.1, 0.98], [0.02, 0.98]], 2.5, 400, "The crop shows nothing but one colour"),
            ([[0.2, 0.2], [0.4, 0.2], [0.4, 0.6]], 99.0, 404, "This job has no frame at 99.000 s; the nearest is at"),
            ([[0.2, 0.2], [0.4, 0.2]], 2.5, 400, "polygon: "),
        ],
        ids=["a point", "outside", "plain grass", "after the end", "a line"],
    )
    def test_what_cannot_be_cut_is_one_sentence(self, crop, polygon, t_s, status, sentence):
        answer = crop(polygon, t_s)
        assert answer.status_code == status
        assert sentence in answer.json()["error"]["message"]


class TestLookingAnew:
    def test_a_child_job_with_only_matching_ahead(self, api, recorded, brand):
        answer = api("analyst").post(f"/api/detect/jobs/{recorded.pk}/rematch", {"label": "logos"}, format="json")
        assert answer.status_code == 201, answer.content
        assert answer.json()["note"] == ""
        child = Job.objects.get(pk=answer.json()["job"]["id"])
        assert (child.parent, child.label, child.config_overrides) == (recorded, "logos", {})
        taken = {run.stage_name: run.state for run in child.stage_runs.all()}
        assert "match_brands" not in taken
        assert "match_logos" not in taken
        assert (taken["run_ocr"], taken["embed_regions"]) == ("reused", "skipped")

    def test_the_first_exemplar_takes_the_regions_once_and_says_so(self, api, curator, recorded, brand):
        send(curator, brand, SVG)
        answer = api("analyst").post(f"/api/detect/jobs/{recorded.pk}/rematch", {}, format="json").json()
        assert "embed_regions runs once on the cached frames" in answer["note"]
        taken = set(Job.objects.get(pk=answer["job"]["id"]).stage_runs.values_list("stage_name", flat=True))
        assert not {"embed_regions", "match_brands", "match_logos"} & taken
        assert {"extract_frames", "detect_objects", "track_objects", "run_ocr"} <= taken

    def test_an_unknown_brand_is_one_sentence(self, api, recorded, brand):
        address = f"/api/detect/jobs/{recorded.pk}/rematch"
        answer = api("analyst").post(address, {"brands": ["Zefyra"]}, format="json")
        assert (answer.status_code, answer.json()["error"]["message"]) == (
            400, "There is no brand “Zefyra”. Did you mean “Zephyra”?",
        )  # fmt: skip

    def test_the_same_key_makes_one_job(self, api, recorded, brand):
        client = api("analyst")
        for _ in range(2):
            answer = client.post(
                f"/api/detect/jobs/{recorded.pk}/rematch", {}, format="json", headers={"Idempotency-Key": "one"}
            )
            assert answer.status_code == 201
        assert Job.objects.filter(parent=recorded).count() == 1

    def test_a_job_whose_profile_knows_no_logos_says_so(self, api, curator, recorded, brand):
        send(curator, brand, SVG)
        pipeline = recorded.plan["pipeline"]
        for name in ("embed_regions", "match_logos"):
            pipeline["stages"].remove(name)
            for part in ("edges", "routing"):
                pipeline[part] = [one for one in pipeline[part] if name not in (one["from"], one["to"])]
            recorded.stage_runs.filter(stage_name=name).delete()
            del recorded.plan["configs"][name]
        recorded.save()
        answer = api("analyst").post(f"/api/detect/jobs/{recorded.pk}/rematch", {}, format="json")
        assert answer.status_code == 201, answer.content
        assert "This job's profile has no match_logos" in answer.json()["note"]
