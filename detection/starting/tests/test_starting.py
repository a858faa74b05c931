"""Starting an analysis from the library."""

from __future__ import annotations

import json
from contextlib import nullcontext

import msgspec
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from brands.models import Brand
from mpr import messages
from mpr.assets.probe import Properties
from mpr.errors import Unavailable
from mpr.jobs.models import Job, Priority
from profiles.models import Profile
from tests.recorded import shipped
from tests.rows import make_failed_asset, make_timeline

pytestmark = pytest.mark.django_db

LIST = b"canonical_name,aliases\nVantor,Vantor Air\nZephyr Cola,\n"
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9"/></svg>'
PROBED = Properties(
    container="mp4", pixel_format="yuv420p", rotation_deg=0, interlaced=False, variable_frame_rate=False,
    frame_count=6000, start_time_s=0.0, origin_ticks=0, keyframes_s=[], notes=[],
)  # fmt: skip


@pytest.fixture
def asset(workspace):
    asset = make_timeline(workspace).source_asset
    asset.properties = msgspec.to_builtins(PROBED)
    asset.save()
    Profile.objects.create(workspace=workspace, name="soccer_broadcast", pipeline=shipped("soccer_broadcast"))
    return asset


@pytest.fixture
def post(asset, client):
    def post(client=client, **given):
        body = {"profile": "soccer_broadcast", **given}
        return client.post(f"/assets/{asset.pk}/analyse", body, headers={"HX-Request": "true"})

    return post


def client_as(role, workspace, django_user_model):
    user = django_user_model.objects.create_user(role)
    workspace.memberships.create(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def test_what_can_be_chosen_is_shown_as_a_part_or_as_a_page(asset, client):
    part = client.get(f"/assets/{asset.pk}/analyse", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<form id="analyse"')
    assert "soccer_broadcast v1" in part
    assert "<h1>Analyse</h1>" in client.get(f"/assets/{asset.pk}/analyse").content.decode()


def test_a_job_is_made_and_led_to(post, asset, owner):
    answer = post(urgent="on")
    job = Job.objects.get()
    assert answer["HX-Redirect"] == f"/jobs/{job.pk}/"
    assert (job.timeline.source_asset, job.created_by, job.priority) == (asset, owner, Priority.INTERACTIVE)
    assert job.config_overrides == {}


def test_a_part_of_the_footage_may_be_chosen(post, asset):
    part = make_timeline(asset.workspace, filename="part.mp4")
    part.source_asset = asset
    part.save()
    post(timeline=str(part.pk))
    assert Job.objects.get().timeline == part
    assert "This timeline is gone" in post(timeline="4f0c").content.decode()


def test_brands_are_looked_for_by_name(post, workspace):
    Brand.objects.create(workspace=workspace, canonical_name="Northwind")
    answer = post(brands="northwnd")
    assert (answer.status_code, answer["X-Part"]) == (400, "analyse")
    assert "Did you mean “Northwind”?" in answer.content.decode()
    assert "northwnd" in answer.content.decode()
    assert not Job.objects.exists()
    post(brands="northwind\n")
    assert Job.objects.get().config_overrides == {"match_brands": {"brands": ["Northwind"]}}


def test_a_list_or_a_folder_of_brands_is_added_and_looked_for_alone(post, workspace):
    Brand.objects.create(workspace=workspace, canonical_name="Northwind")
    post(brand_list=SimpleUploadedFile("brands.csv", LIST))
    assert Job.objects.get().config_overrides == {"match_brands": {"brands": ["Vantor", "Zephyr Cola"]}}
    assert Brand.objects.get(canonical_name="Vantor").aliases == ["Vantor Air"]
    files = [SimpleUploadedFile("brands.csv", LIST), SimpleUploadedFile("logo.svg", LOGO)]
    paths = ["cup/brands.csv", "cup/exemplars/Zephyr Cola/logo.svg"]
    assert post(brand_folder=files, brand_paths=json.dumps(paths)).status_code == 200
    assert Brand.objects.get(canonical_name="Zephyr Cola").exemplars.count() == 1


def test_a_bad_list_changes_nothing(post):
    answer = post(brand_list=SimpleUploadedFile("brands.csv", b"name\nx\n"))
    assert "its first line must be canonical_name,aliases" in answer.content.decode()
    assert not Brand.objects.exists()
    assert not Job.objects.exists()


def test_roles(post, asset, workspace, stranger_client, django_user_model):
    assert post(client=stranger_client).status_code == 404
    assert post(client=client_as("viewer", workspace, django_user_model)).status_code == 403
    analyst = client_as("analyst", workspace, django_user_model)
    assert "brand_list" not in analyst.get(f"/assets/{asset.pk}/analyse").content.decode()
    answer = post(client=analyst, brand_list=SimpleUploadedFile("brands.csv", LIST))
    assert answer.status_code == 403
    assert "This takes the role curator" in answer.content.decode()
    assert not Brand.objects.exists()
    assert post(client=analyst).status_code == 200


def test_what_cannot_be_read_is_not_analysed(client, asset, workspace):
    failed = make_failed_asset(workspace)
    answer = client.post(
        f"/assets/{failed.pk}/analyse", {"profile": "soccer_broadcast"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 409
    assert "holiday.mp4 cannot be analysed: This file cannot be read as video" in answer.content.decode()


def test_with_a_dead_broker_the_job_is_kept_and_said_so(post, client, monkeypatch):
    from mpr.jobs import create

    def away(*given, **more):
        raise Unavailable(messages.NO_BROKER)

    monkeypatch.setattr(create.transaction, "on_commit", lambda act, **given: act())
    monkeypatch.setattr(create.dispatch, "advance", away)
    monkeypatch.setattr(create.transaction, "atomic", nullcontext)
    answer = post()
    job = Job.objects.get()
    assert answer["HX-Redirect"] == f"/jobs/{job.pk}/"
    assert "The message broker does not answer" in client.get(f"/jobs/{job.pk}/").content.decode()
