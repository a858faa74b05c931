from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from profiles.models import Profile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("arithmetic")]
PIPELINE = {"stages": ["numbers", "doubled", "total"], "shard_s": 4}


@pytest.fixture
def api(owner):
    client = APIClient()
    client.force_login(owner)
    return client


@pytest.fixture
def profile(workspace):
    Profile.objects.create(name="shipped", pipeline=PIPELINE)
    return Profile.objects.create(workspace=workspace, name="sums", pipeline=PIPELINE, configs={"total": {"add": 1}})


def put(api, address, body):
    return api.put(f"/api/detect/config{address}", body, format="json")


def message(answer) -> str:
    return answer.json()["error"]["message"]


def test_the_config_shows_what_is_set_and_what_holds(api, profile):
    config = api.get("/api/detect/config?profile=sums").json()
    assert config["configs"] == {"total": {"add": 1}}
    assert config["effective"]["total"] == {"add": 1.0}
    assert config["effective"]["doubled"]["factor"] == 2.0


def test_a_profile_is_replaced_and_counts_its_version(api, profile):
    answer = put(api, "", {"profile": "sums", "configs": {"doubled": {"factor": 3}}, "version": 1})
    assert (answer.json()["version"], answer.json()["configs"]) == (2, {"doubled": {"factor": 3}})
    stale = put(api, "", {"profile": "sums", "configs": {}, "version": 1})
    assert stale.status_code == 409
    assert message(stale).startswith("sums was changed by someone else meanwhile and is now v2")


@pytest.mark.parametrize(
    ("address", "body", "status", "sentence"),
    [
        ("", {"profile": "sums"}, 400, "There is nothing to change; send “pipeline”, “configs” or both."),
        ("", {"profile": "sums", "configs": {"total": {"ad": 1}}}, 400, "total has no setting “ad”."),
        ("", {"profile": "shipped", "configs": {}}, 409, "shipped ships with MPR and cannot be changed; duplicate it"),
        ("/profiles", {"name": "new"}, 400, "A new profile needs “pipeline” or “copy_of”."),
        ("/profiles", {"name": "no good"}, 400, "name: Enter a valid"),
        ("/profiles/sums/pipeline", {"pipeline": {"stages": []}}, 400, "The pipeline has no stages"),
        ("/edge-transform", {"profile": "sums", "from": "total", "to": "numbers", "transform": {}}, 404,
         "sums has no edge total → numbers"),
        ("/edge-transform", {"profile": "sums", "from": "numbers", "to": "doubled", "transform": {"limits": 1}}, 400,
         "transform on numbers → doubled has no setting “limits”."),
        ("/stages/totl", {"profile": "sums", "config": {}}, 404, "There is no stage “totl”. Did you mean “total”?"),
        ("/stages/extra", {"profile": "sums", "config": {"x": 1}}, 404, "There is no stage “extra”."),
        ("/stages/total", {"profile": "sums", "config": {"add": "x"}}, 400, "total: “add” is not right"),
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused(api, profile, address, body, status, sentence):
    answer = put(api, address, body)
    assert answer.status_code == status
    assert message(answer).startswith(sentence)
    assert Profile.objects.get(workspace__isnull=False).version == 1


def test_a_profile_is_made_new_and_as_a_copy(api, profile, workspace):
    assert put(api, "/profiles", {"name": "new", "pipeline": {"stages": ["numbers"]}}).json()["shipped"] is False
    copied = put(api, "/profiles", {"name": "copied", "copy_of": "shipped", "configs": {"total": {"add": 9}}}).json()
    assert copied["pipeline"] == PIPELINE
    names = [found["name"] for found in api.get("/api/detect/config/profiles").json()["profiles"]]
    assert names == ["copied", "new", "shipped", "sums"]
    assert Profile.objects.get(name="copied").configs == {"total": {"add": 9}}


def test_a_transform_is_put_on_an_edge_and_taken_off(api, profile):
    body = {"profile": "sums", "from": "numbers", "to": "doubled"}
    edges = put(api, "/edge-transform", {**body, "transform": {"limit": 3}}).json()["edges"]
    assert edges[0]["transform"]["limit"] == 3
    edges = put(api, "/edge-transform", {**body, "transform": {}}).json()["edges"]
    assert "transform" not in edges[0]
    assert api.get("/api/detect/config/edge-transform?profile=sums").json()["edges"] == edges


def test_one_stages_settings_are_replaced_and_the_others_stay(api, profile):
    stage = put(api, "/stages/doubled", {"profile": "sums", "config": {"factor": 5}}).json()
    assert (stage["config"]["factor"], stage["defaults"]["factor"]) == (5.0, 2.0)
    assert "factor" in stage["config_schema"]["properties"]
    profile.refresh_from_db()
    assert profile.configs == {"total": {"add": 1}, "doubled": {"factor": 5}}
    put(api, "/stages", {"profile": "sums", "configs": {"total": {}}})
    profile.refresh_from_db()
    assert profile.configs == {"doubled": {"factor": 5}}


def test_members_of_several_workspaces_say_which(api, profile, owner):
    from mpr.workspaces.models import Workspace

    second = Workspace.objects.create(name="Second")
    second.memberships.create(user=owner, role="owner")
    answer = api.get("/api/detect/config?profile=sums")
    assert (answer.status_code, message(answer)) == (
        400, "You are in several workspaces; say which one with “workspace”.",
    )  # fmt: skip
    assert api.get(f"/api/detect/config?profile=sums&workspace={profile.workspace_id}").status_code == 200
    assert api.get(f"/api/detect/config?profile=sums&workspace={second.pk}").status_code == 404
