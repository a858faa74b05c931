from __future__ import annotations

import json

import pytest

from profiles.models import Profile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("arithmetic")]

PIPELINE = {"stages": ["numbers", "doubled", "total"]}


@pytest.fixture(autouse=True)
def curator(owner):
    owner.is_staff = True
    owner.save()
    owner.memberships.update(role="curator")
    return owner


@pytest.fixture
def profile(workspace):
    return Profile.objects.create(workspace=workspace, name="sums", pipeline=PIPELINE)


@pytest.fixture
def shipped(db):
    return Profile.objects.create(name="shipped", pipeline=PIPELINE, configs={"doubled": {"factor": 5}})


def data(profile, **changes):
    values = {
        "seen_version": profile.version, "workspace": str(profile.workspace_id), "name": profile.name,
        "description": "", "pipeline": json.dumps(profile.pipeline), "configs": json.dumps(profile.configs),
    }  # fmt: skip
    return {**values, **changes}


def change(profile):
    return f"/admin/profiles/profile/{profile.pk}/change/"


def test_a_change_is_saved_as_the_next_version(client, profile):
    configs = {"doubled": {"factor": 3}}
    assert client.post(change(profile), data(profile, configs=json.dumps(configs))).status_code == 302
    profile.refresh_from_db()
    assert (profile.configs, profile.version) == (configs, 2)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("configs", {"doubled": {"facto": 3}}, "doubled has no setting “facto”. Did you mean “factor”?"),
        ("configs", {"doubled": {"factor": "two"}}, "“factor” is not right"),
        ("configs", ["doubled"], "The configs must be an object of stages"),
        ("pipeline", {"stages": ["numbrs"]}, "There is no stage “numbrs”. Did you mean “numbers”?"),
        ("pipeline", ["numbers"], "The pipeline must be an object with “stages”"),
    ],
    ids=["unknown setting", "wrong type", "no object", "unknown stage", "pipeline no object"],
)
def test_a_mistake_is_told_at_its_field(field, value, sentence, client, profile):
    answer = client.post(change(profile), data(profile, **{field: json.dumps(value)}))
    assert sentence in answer.context["adminform"].form.errors[field][0]
    profile.refresh_from_db()
    assert profile.version == 1


def test_text_that_is_no_json_is_told(client, profile):
    answer = client.post(change(profile), data(profile, configs="{oops"))
    assert "valid JSON" in answer.context["adminform"].form.errors["configs"][0]


def test_an_outdated_form_does_not_overwrite(client, profile):
    outdated = data(profile, configs=json.dumps({"doubled": {"factor": 4}}))
    client.post(change(profile), data(profile, configs=json.dumps({"doubled": {"factor": 3}})))
    answer = client.post(change(profile), outdated, follow=True)
    assert "was changed by someone else meanwhile and is now v2" in answer.content.decode()
    profile.refresh_from_db()
    assert profile.configs == {"doubled": {"factor": 3}}


def test_the_editor_comes_from_this_server_with_the_reference_beside_it(client, profile):
    page = client.get(change(profile)).content.decode()
    assert "/static/js/json_editor.js" in page
    assert "What to multiply by." in page
    assert "number, &gt; 0" in page
    assert "https://" not in page


def test_the_pipeline_is_shown_in_the_order_people_write(client, profile):
    profile.pipeline = {**PIPELINE, "shard_s": 4, "edges": [{"to": "doubled", "from": "numbers"}]}
    profile.save()
    profile.refresh_from_db()
    shown = client.get(change(profile)).context["adminform"].form["pipeline"].value()
    assert list(json.loads(shown)) == ["stages", "edges", "shard_s"]
    assert shown.index('"from"') < shown.index('"to"')
    assert "\n" in shown


def test_a_shipped_profile_is_read_only_for_superusers_too(client, shipped, curator):
    for superuser in (False, True):
        curator.is_superuser = superuser
        curator.save()
        page = client.get(change(shipped)).content.decode()
        assert 'name="_save"' not in page
        assert "Duplicate and tweak" in page
        assert client.post(change(shipped), data(shipped)).status_code == 403
        assert client.post(f"/admin/profiles/profile/{shipped.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Profile.objects.filter(pk=shipped.pk).exists()


def test_shipped_profiles_survive_the_delete_action(client, shipped, profile, curator):
    curator.is_superuser = True
    curator.save()
    values = {"action": "delete_selected", "_selected_action": [shipped.pk], "post": "yes"}
    client.post("/admin/profiles/profile/", values)
    assert Profile.objects.filter(pk=shipped.pk).exists()


def test_duplicate_and_tweak_opens_the_copy(client, shipped, workspace):
    answer = client.post(f"/admin/profiles/profile/{shipped.pk}/duplicate/")
    copy = Profile.objects.get(workspace=workspace)
    assert answer["Location"] == change(copy)
    assert (copy.name, copy.configs) == ("shipped_copy", shipped.configs)


def test_duplicating_needs_a_post(client, shipped):
    assert client.get(f"/admin/profiles/profile/{shipped.pk}/duplicate/").status_code == 405


def test_duplicate_as_an_action_on_several(client, shipped, profile, workspace):
    values = {"action": "duplicate_and_tweak", "_selected_action": [shipped.pk, profile.pk]}
    assert client.post("/admin/profiles/profile/", values).status_code == 302
    assert set(workspace.profiles.values_list("name", flat=True)) == {"sums", "sums_copy", "shipped_copy"}


def test_viewers_see_and_cannot_duplicate(client, curator, shipped, profile):
    curator.memberships.update(role="viewer")
    assert client.get(change(profile)).status_code == 200
    assert client.post(change(profile), data(profile)).status_code == 403
    assert client.post(f"/admin/profiles/profile/{shipped.pk}/duplicate/").status_code == 404


def test_other_workspaces_profiles_do_not_exist(client, stranger):
    theirs = Profile.objects.create(workspace=stranger.workspaces.get(), name="theirs", pipeline=PIPELINE)
    assert "theirs" not in client.get("/admin/profiles/profile/").content.decode()
    assert client.post(f"/admin/profiles/profile/{theirs.pk}/duplicate/").status_code == 404
    assert client.post(change(theirs), data(theirs)).status_code == 302
    theirs.refresh_from_db()
    assert theirs.version == 1


def test_a_new_profile_belongs_to_somebody(client, curator):
    curator.is_superuser = True
    curator.save()
    blank = data(Profile(name="free", pipeline=PIPELINE, configs={}), workspace="", seen_version="")
    answer = client.post("/admin/profiles/profile/add/", blank)
    assert "workspace" in answer.context["adminform"].form.errors
