"""Brands in the admin: aliases, exemplars, and who may see and change what."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from brands.exemplars import add_exemplar
from brands.forms import BrandForm
from brands.models import Brand, Exemplar
from mpr.storage.buckets import media_in
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def picture(kind="PNG", colour=(200, 30, 60)):
    drawn = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(drawn).ellipse((10, 5, 50, 35), fill=colour)
    data = io.BytesIO()
    drawn.save(data, kind)
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


def uploads(*files, kept=()):
    """The forms of the exemplars: those that stay, by their keys, and files to upload."""
    values = {"exemplars-TOTAL_FORMS": len(kept) + len(files), "exemplars-INITIAL_FORMS": len(kept)}
    for number, key in enumerate(kept):
        values |= {f"exemplars-{number}-id": key, f"exemplars-{number}-note": ""}
    for number, (name, data) in enumerate(files, start=len(kept)):
        values |= {f"exemplars-{number}-picture": SimpleUploadedFile(name, data), f"exemplars-{number}-note": ""}
    return values


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9" fill="#0a5"/></svg>'


def test_a_curator_adds_a_brand_with_its_logos(client, curator, workspace):
    files = uploads(("logo.PNG", picture()), ("drawn.svg", SVG), ("photo.jpg", picture("JPEG")))
    assert client.post("/admin/brands/brand/add/", form_data(workspace, **files)).status_code == 302
    exemplars = Exemplar.objects.filter(brand__canonical_name="Northwind")
    assert [exemplar.note for exemplar in exemplars] == ["logo.PNG", "drawn.svg", "photo.jpg"]
    listing = client.get("/admin/brands/brand/").content.decode()
    for exemplar in exemplars:
        page = client.get(f"/admin/brands/brand/{exemplar.brand_id}/change/").content.decode()
        assert f'src="/exemplars/{exemplar.pk}"' in page
        assert f"/exemplars/{exemplar.pk}" in listing
        answer = client.get(f"/exemplars/{exemplar.pk}")
        assert answer["Content-Type"] == "image/png"
        assert b"".join(answer.streaming_content)[:4] == b"\x89PNG"


def test_a_curator_deletes_an_exemplar_and_its_file(
    client, curator, brand, workspace, django_capture_on_commit_callbacks
):
    gone, _ = add_exemplar(brand, picture(), called="logo.png")
    stays, _ = add_exemplar(brand, SVG, called="logo.svg")
    data = form_data(workspace, **uploads(kept=[gone.pk, stays.pk]), **{"exemplars-0-DELETE": "on"})
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/admin/brands/brand/{brand.pk}/change/", data).status_code == 302
    assert Exemplar.objects.get() == stays
    assert not media_in.exists(gone.picture.name)
    assert media_in.exists(stays.picture.name)


def test_saving_a_brand_again_leaves_its_exemplars_even_when_a_file_is_lost(client, curator, brand, workspace):
    exemplar, _ = add_exemplar(brand, picture(), called="logo.png")
    media_in.delete(exemplar.picture.name)
    data = form_data(workspace, **uploads(kept=[exemplar.pk]))
    assert client.post(f"/admin/brands/brand/{brand.pk}/change/", data).status_code == 302
    assert Exemplar.objects.get().picture.name == exemplar.picture.name


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([("logo.gif", picture("GIF"))], "“logo.gif” is no SVG, PNG or JPEG; save the logo as one of them."),
        ([("logo.png", b"no picture at all")], "“logo.png” is no SVG, PNG or JPEG"),
        ([("logo.svg", SVG.replace(b"<circle", b"<script/><circle"))], "“logo.svg” holds a script"),
        ([("huge.png", b"x" * 10_000_001)], "This file is larger than 10 MB; a logo needs far less."),
        ([("a.png", picture()), ("b.png", picture())], "This picture is there already."),
    ],
    ids=["another format", "not a picture", "bad svg", "huge", "twice"],
)
def test_what_is_no_logo_is_refused_with_a_sentence(files, sentence, client, curator, workspace):
    page = client.post("/admin/brands/brand/add/", form_data(workspace, **uploads(*files))).content.decode()
    assert sentence in page
    assert not Brand.objects.exists()


def test_a_picture_that_a_brand_has_is_refused(client, curator, brand, workspace):
    exemplar, _ = add_exemplar(brand, picture(), called="logo.png")
    data = form_data(workspace, **uploads(("again.png", picture()), kept=[exemplar.pk]))
    page = client.post(f"/admin/brands/brand/{brand.pk}/change/", data).content.decode()
    assert "This picture is there already." in page
    assert Exemplar.objects.count() == 1


def test_exemplars_are_seen_by_members_only(client, stranger_client, anonymous_client, brand):
    exemplar, _ = add_exemplar(brand, picture(), called="logo.png")
    address = f"/exemplars/{exemplar.pk}"
    answer = client.get(address)
    assert answer["Content-Type"] == "image/png"
    assert b"".join(answer.streaming_content)[:4] == b"\x89PNG"
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
