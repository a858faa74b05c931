"""The pages of profiles: graph, settings, versions, who uses them, what differs."""

from __future__ import annotations

import pytest
from django.test import Client

from mpr.jobs.profile_pages.difference import Side, difference
from mpr.workspaces.models import Workspace
from profiles.edit import save_profile
from profiles.models import Profile
from profiles.shipped import read_profiles, sync_profiles
from tests.rows import make_job, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def shipped():
    sync_profiles()
    return Profile.objects.get(name="soccer_broadcast")


@pytest.fixture
def own(workspace, owner, shipped):
    profile = Profile(
        workspace=workspace, name="ours", description="For us.", pipeline=shipped.pipeline,
        configs={"extract_frames": {"fps": 1.5}, "run_ocr": {"min_confidence": 0.7}},
    )  # fmt: skip
    return save_profile(profile, by=owner)


@pytest.fixture
def viewer_client(workspace, django_user_model):
    user = django_user_model.objects.create_user("viewer")
    workspace.memberships.create(user=user, role="viewer")
    client = Client()
    client.force_login(user)
    return client


def test_the_list_has_own_ones_and_those_that_ship_with_their_jobs(client, own, shipped, workspace):
    make_job(make_timeline(workspace))
    page = client.get("/profiles")
    assert {(row[0].name, row[2]) for row in page.context["profiles"]} == {
        ("generic_video", 0), ("ours", 0), ("soccer_broadcast", 1),
    }  # fmt: skip
    assert "default" in page.content.decode()


def test_without_profiles_the_page_says_where_they_come_from(client):
    assert "mpr seed" in client.get("/profiles").content.decode()


def test_a_page_shows_what_differs_from_the_defaults(client, own):
    answer = client.get(f"/profiles/{own.pk}")
    page = answer.content.decode()
    stages = {stage.name: stage for stage in answer.context["drawn"].stages}
    assert stages["run_ocr"].lines[0].name == "min_confidence"
    assert (stages["run_ocr"].lines[0].value, stages["run_ocr"].differing) == ("0.7", 1)
    assert stages["match_brands"].differing == 0
    assert page.count('class="node ') + page.count('class="node"') == len(own.pipeline["stages"])
    assert "Escalate VLM runs after Match brands only if unresolved &gt; 0" in page


def test_a_profile_that_no_longer_runs_says_why(client, own):
    Profile.objects.filter(pk=own.pk).update(configs={"run_ocr": {"minimum": 1}})
    page = client.get(f"/profiles/{own.pk}").content.decode()
    assert "run_ocr has no setting “minimum”" in page
    assert "Jobs cannot run it like this." in page


def test_a_workspaces_own_profile_hides_the_shipped_one_of_its_name(client, workspace, shipped, owner):
    job = make_job(make_timeline(workspace))
    assert client.get(f"/profiles/{shipped.pk}").context["job_count"] == 1
    mine = save_profile(Profile(workspace=workspace, name=shipped.name, pipeline=shipped.pipeline), by=owner)
    assert client.get(f"/profiles/{shipped.pk}").context["job_count"] == 0
    answer = client.get(f"/profiles/{mine.pk}")
    assert (answer.context["job_count"], list(answer.context["jobs"])) == (1, [job])
    counts = {row[0].pk: row[2] for row in client.get("/profiles").context["profiles"]}
    assert (counts[mine.pk], counts[shipped.pk]) == (1, 0)


def test_every_version_is_kept_with_who_made_it(client, own, owner):
    own.configs = {"run_ocr": {"min_confidence": 0.8}}
    save_profile(own, by=owner)
    own.description = "Other words make no version."
    save_profile(own, by=owner)
    assert [(one.version, one.by) for one in own.versions.all()] == [(2, owner), (1, owner)]
    page = client.get(f"/profiles/{own.pk}/compare", {"a": "v1", "b": "v2"}).content.decode()
    assert "min_confidence" in page
    assert "0.7" in page
    assert "0.8" in page
    assert "fps" in page


def test_shipped_profiles_keep_their_versions_too(shipped):
    assert [one.version for one in shipped.versions.all()] == [1]
    Profile.objects.filter(pk=shipped.pk).update(configs={})
    sync_profiles()
    assert [one.version for one in shipped.versions.all()] == [2, 1]


def test_two_profiles_are_compared(client, own, shipped):
    generic = Profile.objects.get(name="generic_video")
    page = client.get(f"/profiles/{own.pk}/compare", {"a": "v1", "b": f"p{generic.pk}"}).content.decode()
    assert "Field segmentation" in page
    same = client.get(f"/profiles/{own.pk}/compare", {"a": "v1", "b": "v1"}).content.decode()
    assert "They are the same" in same


@pytest.mark.parametrize("given", [{"a": "v9"}, {"a": "v"}, {"a": "x"}, {"b": "p999999"}, {"b": "p-1"}, {"a": "v²"}])
def test_a_version_that_is_not_there_is_a_404(given, client, own):
    assert client.get(f"/profiles/{own.pk}/compare", {"a": "v1"} | given).status_code == 404


def test_strangers_see_what_ships_alone(stranger_client, own, shipped):
    assert stranger_client.get(f"/profiles/{own.pk}").status_code == 404
    assert stranger_client.get(f"/profiles/{own.pk}/compare").status_code == 404
    assert stranger_client.post(f"/profiles/{own.pk}/duplicate").status_code == 404
    assert stranger_client.get(f"/profiles/{shipped.pk}").status_code == 200
    assert stranger_client.get(f"/profiles/{shipped.pk}/compare", {"a": "v1", "b": f"p{own.pk}"}).status_code == 404
    assert "ours" not in stranger_client.get("/profiles").content.decode()


def test_curators_duplicate_and_viewers_do_not(client, viewer_client, shipped, workspace):
    refused = viewer_client.post(f"/profiles/{shipped.pk}/duplicate", follow=True)
    assert "takes the role curator" in refused.content.decode()
    assert "Duplicate <kbd>" not in refused.content.decode()
    answer = client.post(f"/profiles/{shipped.pk}/duplicate")
    copy = Profile.objects.get(name="soccer_broadcast_copy")
    assert (answer["Location"], copy.workspace) == (f"/profiles/{copy.pk}", workspace)
    assert copy.versions.get().by.username == "owner"


def test_a_copy_lands_beside_its_original(client, owner, own, shipped):
    other = Workspace.objects.create(name="Earlier")
    other.memberships.create(user=owner, role="owner")
    client.post(f"/profiles/{own.pk}/duplicate")
    assert Profile.objects.get(name="ours_copy").workspace == own.workspace


def test_what_is_set_to_its_default_is_no_difference():
    pipeline = next(one.pipeline for one in read_profiles() if one.name == "generic_video")
    default = difference(Side(pipeline=pipeline, configs={}), Side(pipeline=pipeline, configs={}))
    fps = difference(
        Side(pipeline=pipeline, configs={}), Side(pipeline=pipeline, configs={"extract_frames": {"fps": 9}})
    )
    assert default == []
    assert [(part.title, [line.what for line in part.lines]) for part in fps] == [("Extract frames", ["fps"])]


def test_the_pages_ask_the_same_whatever_their_length(client, own, workspace, django_assert_max_num_queries):
    timeline = make_timeline(workspace)
    for number in range(12):
        make_job(timeline, done=2, label=f"job {number}")
        save_profile(Profile(workspace=workspace, name=f"other_{number}", pipeline={"stages": ["extract_frames"]}))
    for path, most in (("/profiles", 9), (f"/profiles/{own.pk}", 13), (f"/profiles/{own.pk}/compare?a=v1", 9)):
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200
