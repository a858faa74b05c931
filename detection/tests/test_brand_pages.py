"""The pages of brands: what they show, to whom, and what their forms do."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageDraw

from brands.models import Brand
from detection.brand_pages import history
from detection.models import Airing
from mpr.jobs.models import Job
from mpr.workspaces.models import Workspace
from tests.rows import make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db

LIST = b"canonical_name,aliases\nZephyr Cola,Zephyr\nNorthwind,NW\n"


def png(colour="red"):
    image = Image.new("RGB", (64, 40), "white")
    ImageDraw.Draw(image).rectangle((12, 8, 52, 32), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def brand(workspace):
    return Brand.objects.create(workspace=workspace, canonical_name="Northwind", aliases=["North Wind"])


@pytest.fixture
def viewer_client(workspace, django_user_model):
    user = django_user_model.objects.create_user("viewer")
    workspace.memberships.create(user=user, role="viewer")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def job(workspace, brand):
    job = make_job(make_timeline(workspace))
    make_report(job)
    return job


def change(client, brand, **given):
    return client.post(f"/brands/{brand.pk}/change", given, headers={"hx-request": "true"})


def test_the_list_tells_how_well_brands_are_known(client, job, brand):
    page = client.get("/brands").content.decode()
    for words in ("Northwind", "North Wind", "Halcyon Air", "by its name alone", "0:00:12"):
        assert words in page
    assert "Halcyon Air" not in client.get("/brands", {"q": "wind"}).content.decode()
    assert "No brand goes by" in client.get("/brands", {"q": "xyzzy"}).content.decode()


@pytest.mark.parametrize(
    ("sort", "first"), [("name", "Halcyon Air"), ("seen", "Northwind"), ("last", "Halcyon Air"), ("odd", "Halcyon Air")]
)
def test_the_list_is_sorted(sort, first, client, job):
    Brand.objects.create(workspace=job.workspace, canonical_name="Never Seen")
    names = [one[0].canonical_name for one in client.get("/brands", {"sort": sort}).context["brands"]]
    assert names[0] == first
    assert set(names) == {"Halcyon Air", "Never Seen", "Northwind", "Zephyr Cola"}
    if sort in ("seen", "last"):
        assert names[-1] == "Never Seen"


def test_only_the_newest_report_of_a_timeline_counts(owner, job, brand):
    before = history.seen_of(owner, [brand])[brand.pk]
    replay = make_job(job.timeline)
    make_report(replay, ("Northwind",), events=1)
    after = history.seen_of(owner, [brand])[brand.pk]
    assert (before.times, before.jobs, after.times, after.jobs) == (3, 1, 1, 1)
    assert history.jobs_of(owner, brand).count() == 2
    Airing.objects.filter(job=replay).update(review_state="rejected")
    assert history.seen_of(owner, [brand]) == {}
    assert history.decisions_of(owner, brand).rejected == 1


def test_a_page_of_a_brand_has_its_history(client, job, brand):
    page = client.get(f"/brands/{brand.pk}").content.decode()
    assert f"/jobs/{job.pk}/report/airings?brand=Northwind" in page
    assert "North Wind" in page


def test_a_brand_never_seen_says_what_to_do(client, brand):
    assert "The next job looks for it" in client.get(f"/brands/{brand.pk}").content.decode()


def test_strangers_see_no_brand_of_others(stranger_client, job, brand):
    assert "Northwind" not in stranger_client.get("/brands").content.decode()
    assert stranger_client.get(f"/brands/{brand.pk}").status_code == 404
    assert change(stranger_client, brand, act="add-alias", text="x").status_code == 404
    assert b"Northwind" not in stranger_client.get("/brands/export.csv").content


def test_viewers_read_and_do_not_change(viewer_client, brand):
    page = viewer_client.get(f"/brands/{brand.pk}").content.decode()
    assert "North Wind" in page
    assert "add-alias" not in page
    answer = change(viewer_client, brand, act="add-alias", text="x")
    assert answer.status_code == 403
    assert "takes the role curator" in answer.content.decode()
    assert viewer_client.post("/brands/import", {"files": SimpleUploadedFile("brands.csv", LIST)}).status_code == 403
    assert viewer_client.post("/brands/add", {"name": "New"}, follow=True).status_code == 200
    assert not Brand.objects.filter(canonical_name="New").exists()


def test_what_ships_is_read_by_all_and_changed_by_superusers(client, owner):
    shipped = Brand.objects.create(workspace=None, canonical_name="Shipped")
    assert "add-alias" not in client.get(f"/brands/{shipped.pk}").content.decode()
    assert change(client, shipped, act="add-alias", text="S2").status_code == 403
    owner.is_superuser = True
    owner.save()
    assert change(client, shipped, act="add-alias", text="S2").status_code == 200


def test_a_change_comes_with_its_undo(client, brand):
    answer = change(client, brand, act="remove-alias", text="North Wind")
    made = brand.changes.get()
    page = answer.content.decode()
    assert "“North Wind” is no alias any more." in page
    assert f'name="text" value="{made.pk}"' in page
    assert answer["X-Part"] == "known"
    assert "Undo" in client.get(f"/brands/{brand.pk}").content.decode()
    assert "is an alias again" in change(client, brand, act="undo", text=str(made.pk)).content.decode()


def test_without_scripts_the_page_comes_back_with_what_was_said(client, brand):
    answer = client.post(f"/brands/{brand.pk}/change", {"act": "add-alias", "text": "NW"}, follow=True)
    assert answer.redirect_chain == [(f"/brands/{brand.pk}", 302)]
    assert "“NW” is an alias now." in answer.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"act": "odd"},
        {"act": "undo", "text": "x"},
        {"act": "delete-exemplar", "text": "²"},
        {"act": "add-exemplars"},
    ],
)
def test_odd_requests_are_told(given, client, brand):
    assert change(client, brand, **given).status_code == 400


def test_exemplars_are_given_deleted_and_put_back(client, brand):
    two = [SimpleUploadedFile("red.png", png()), SimpleUploadedFile("broken.png", b"no picture")]
    page = change(client, brand, act="add-exemplars", files=two).content.decode()
    assert "red.png is an exemplar now. “broken.png” is no SVG, PNG or JPEG" in page
    exemplar = brand.exemplars.get()
    assert change(client, brand, act="delete-exemplar", text=str(exemplar.pk)).status_code == 200
    assert change(client, brand, act="undo", text=str(brand.changes.first().pk)).status_code == 200
    assert b"".join(client.get(f"/exemplars/{brand.exemplars.get().pk}").streaming_content).startswith(b"\x89PNG")
    assert change(client, brand, act="add-exemplars", files=[SimpleUploadedFile("x.png", b"x")]).status_code == 400


def test_a_brand_is_added_by_name_into_the_workspace_that_is_named(client, owner, brand):
    other = Workspace.objects.create(name="Second")
    other.memberships.create(user=owner, role="curator")
    answer = client.post("/brands/add", {"name": " New  Brand ", "workspace": str(other.pk)})
    made = Brand.objects.get(canonical_name="New Brand")
    assert (answer["Location"], made.workspace) == (f"/brands/{made.pk}", other)
    for given in ({"name": "X"}, {"name": "", "workspace": str(other.pk)}, {"name": "X", "workspace": "odd"}):
        assert client.post("/brands/add", given)["Location"] == "/brands"
    assert Brand.objects.count() == 2


def test_a_list_is_shown_before_it_is_put_in(client, workspace, brand):
    given = {"files": [SimpleUploadedFile("brands.csv", LIST), SimpleUploadedFile("a.png", png())],
             "paths": ["x/brands.csv", "x/exemplars/Northwind/a.png"]}  # fmt: skip
    page = client.post("/brands/import", given).content.decode()
    assert "1 new brand, 2 aliases, 1 exemplar" in page
    assert Brand.objects.count() == 1
    for file in given["files"]:
        file.seek(0)
    page = client.post("/brands/import", given | {"do": "put"}).content.decode()
    assert "Done: 1 new brand, 2 aliases, 1 exemplar in Ours" in page
    assert brand.exemplars.count() == 1
    for file in given["files"]:
        file.seek(0)
    assert "Nothing would change" in client.post("/brands/import", given).content.decode()


def test_a_bad_list_is_told(client, workspace):
    answer = client.post("/brands/import", {"files": SimpleUploadedFile("brands.csv", b"odd\n")})
    assert answer.status_code == 400
    assert "its first line must be" in answer.content.decode()
    assert client.post("/brands/import").status_code == 400


def test_brands_go_out_as_a_list_and_as_a_folder(client, brand, workspace):
    change(client, brand, act="add-exemplars", files=[SimpleUploadedFile("red.png", png())])
    assert client.get("/brands/export.csv").content == b"canonical_name,aliases\nNorthwind,North Wind\n"
    packed = zipfile.ZipFile(io.BytesIO(b"".join(client.get("/brands/export.zip").streaming_content)))
    assert packed.namelist() == ["brands.csv", "exemplars/Northwind/001.png"]
    assert client.get(f"/brands/export.csv?workspace={workspace.pk}").status_code == 200
    assert client.get("/brands/export.csv?workspace=odd").status_code == 400
    assert client.get("/brands/export.odd").status_code == 404


def test_the_pages_ask_the_same_whatever_their_length(client, workspace, job, brand, django_assert_max_num_queries):
    Brand.objects.bulk_create(Brand(workspace=workspace, canonical_name=f"Brand {n:03d}") for n in range(80))
    for path, most in (("/brands", 12), ("/brands?sort=seen", 12), ("/brands?q=bra", 12), (f"/brands/{brand.pk}", 16)):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200
    assert Job.objects.count() == 1
