"""Brands in the admin: aliases, exemplars, and who may see and change what."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from brands.forms import BrandForm
from brands.models import Brand, Exemplar
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def picture(kind="PNG", size=(60, 40)):
    data = io.BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(data, kind)
    return data.getvalue()


@pytest.fixture
def curator(owner):
    owner.is_staff = True
    owner.save()
    owner.memberships.update(role="curator")
    return owner


@pytest.fixture
def brand(workspace):
    return Brand.objects.create(workspace=workspace, canonical_name="Northwind", aliases=["North Wind", "NORTHW1ND"])


def form_data(workspace, **changes):
    return {
        "workspace": str(workspace.pk), "canonical_name": "Northwind", "aliases": "North Wind", "source": "manual",
        "notes": "", "exemplars-TOTAL_FORMS": 0, "exemplars-INITIAL_FORMS": 0, **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("North Wind\r\nNW Energy", ["North Wind", "NW Energy"]),
        ("\n  North   Wind \n\n", ["North Wind"]),
        ("NW\nnw\nNw Energy", ["NW", "Nw Energy"]),
        ("NORTHWIND\nNW", ["NW"]),
        ("", []),
    ],
    ids=["two lines", "blank lines and spaces", "repeated in another case", "the name itself", "nothing"],
)
def test_aliases_are_one_per_line(text, aliases, workspace):
    form = BrandForm(form_data(workspace, aliases=text))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["aliases"] == aliases


def test_aliases_are_shown_one_per_line(brand):
    assert "North Wind\nNORTHW1ND" in str(BrandForm(instance=brand)["aliases"])


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("canonical_name", {"canonical_name": "northw1nd", "aliases": ""}),
        ("aliases", {"canonical_name": "Zephyr", "aliases": "North wind"}),
    ],
)
def test_a_spelling_means_one_brand(field, changes, brand, workspace):
    form = BrandForm(form_data(workspace, **changes))
    assert "already means Northwind; one spelling means one brand." in form.errors[field][0]


def test_the_same_spelling_in_another_workspace_is_fine(brand):
    assert BrandForm(form_data(Workspace.objects.create(name="Another"))).is_valid()


def test_an_endless_alias_is_refused(workspace):
    form = BrandForm(form_data(workspace, aliases="x" * 121))
    assert "longer than 120 characters" in form.errors["aliases"][0]


@pytest.mark.parametrize("text", ["northw1", "northwind"], ids=["by alias", "by name"])
def test_brands_are_found_by_name_and_alias(text, client, curator, brand, workspace):
    Brand.objects.create(workspace=workspace, canonical_name="Zephyr Cola")
    page = client.get(f"/admin/brands/brand/?q={text}").content.decode()
    assert str(brand.pk) in page
    assert "Zephyr Cola" not in page


def test_a_curator_adds_a_brand_with_its_logo(client, curator, workspace):
    upload = SimpleUploadedFile("logo.PNG", picture())
    data = form_data(
        workspace, **{"exemplars-TOTAL_FORMS": 1, "exemplars-0-picture": upload, "exemplars-0-note": "white"}
    )
    assert client.post("/admin/brands/brand/add/", data).status_code == 302
    exemplar = Exemplar.objects.get(brand__canonical_name="Northwind")
    page = client.get(f"/admin/brands/brand/{exemplar.brand_id}/change/").content.decode()
    assert f'src="/exemplars/{exemplar.pk}"' in page
    assert f"/exemplars/{exemplar.pk}" in client.get("/admin/brands/brand/").content.decode()


def test_two_pictures_of_one_file_name_are_kept_apart(brand):
    exemplars = [Exemplar(brand=brand), Exemplar(brand=brand)]
    for exemplar, size in zip(exemplars, [(10, 10), (20, 20)], strict=True):
        exemplar.picture.save("logo.png", ContentFile(picture(size=size)))
    assert [exemplar.picture.width for exemplar in exemplars] == [10, 20]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("logo.gif", picture("GIF"), "This picture is GIF; save it as PNG or JPEG."),
        ("logo.png", b"no picture at all", "Upload a valid image."),
    ],
    ids=["another format", "not a picture"],
)
def test_what_is_no_logo_is_refused_with_a_sentence(name, data, sentence, client, curator, workspace):
    upload = SimpleUploadedFile(name, data)
    values = form_data(workspace, **{"exemplars-TOTAL_FORMS": 1, "exemplars-0-picture": upload, "exemplars-0-note": ""})
    assert sentence in client.post("/admin/brands/brand/add/", values).content.decode()
    assert not Brand.objects.exists()


def test_exemplars_are_seen_by_members_only(client, stranger_client, anonymous_client, brand):
    exemplar = Exemplar(brand=brand)
    exemplar.picture.save("logo.png", ContentFile(picture()))
    address = f"/exemplars/{exemplar.pk}"
    answer = client.get(address)
    assert answer["Content-Type"] == "image/png"
    assert b"".join(answer.streaming_content) == picture()
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302
    exemplar.picture.storage.delete(exemplar.picture.name)
    assert client.get(address).status_code == 404


def test_shipped_brands_are_read_by_curators_and_kept_by_superusers(client, curator):
    shipped = Brand.objects.create(canonical_name="Everywhere")
    address = f"/admin/brands/brand/{shipped.pk}/change/"
    assert 'name="_save"' not in client.get(address).content.decode()
    assert client.post(address, {"canonical_name": "Nowhere"}).status_code == 403
    curator.is_superuser = True
    curator.save()
    assert 'name="_save"' in client.get(address).content.decode()


def test_curators_make_brands_for_their_workspaces_only(client, curator, stranger):
    theirs = stranger.workspaces.get()
    for workspace in ("", str(theirs.pk)):
        answer = client.post("/admin/brands/brand/add/", {**form_data(theirs), "workspace": workspace})
        assert answer.status_code == 200
    assert not Brand.objects.exists()
