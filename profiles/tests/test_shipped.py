"""The profiles that ship, on the stages that ship."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from mpr.errors import BadConfig
from mpr.workspaces.models import Role, Workspace
from profiles import shipped
from profiles.edit import check_profile
from profiles.models import Profile
from profiles.shipped import read_profiles, sync_profiles

ALL_STAGES = {
    "extract_frames", "filter_scenes", "field_segmentation", "detect_edges", "detect_objects", "track_objects",
    "preprocess", "run_ocr", "embed_regions", "match_brands", "match_logos", "escalate_vlm", "escalate_cloud",
    "compile_report",
}  # fmt: skip


def graph_of(name):
    profile = next(profile for profile in read_profiles() if profile.name == name)
    return check_profile(profile.pipeline, profile.configs).graph


def test_soccer_looks_for_the_field_and_branches():
    graph = graph_of("soccer_broadcast")
    assert {stage.name for stage in graph.stages} == ALL_STAGES - {"detect_edges"}
    assert set(graph.upstream("detect_objects")) == {"filter_scenes"}
    assert set(graph.upstream("track_objects")) == {"extract_frames", "filter_scenes", "detect_objects"}
    assert set(graph.upstream("compile_report")) == {
        "field_segmentation", "match_brands", "match_logos", "escalate_vlm", "escalate_cloud",
    }  # fmt: skip


def test_generic_video_looks_for_no_field():
    graph = graph_of("generic_video")
    assert {stage.name for stage in graph.stages} == ALL_STAGES - {"field_segmentation", "detect_edges"}


@pytest.mark.parametrize("profile", ["soccer_broadcast", "generic_video"])
@pytest.mark.parametrize("rung", ["escalate_vlm", "escalate_cloud"])
def test_a_rung_runs_only_when_something_is_left_open(profile, rung):
    rule = graph_of(profile).edge("match_brands", rung).when
    assert rule.holds({"unresolved": 1})
    assert not rule.holds({"unresolved": 0})


@pytest.mark.django_db
def test_seeding_is_idempotent(capsys):
    user = get_user_model().objects.create_superuser("root", password="correct horse")
    call_command("seed")
    assert set(Profile.objects.values_list("name", "version")) == {("soccer_broadcast", 1), ("generic_video", 1)}
    workspace = Workspace.objects.get()
    assert workspace.allows(user, Role.OWNER)
    assert user.memberships.get().role == Role.OWNER
    assert "seeded profile soccer_broadcast v1" in capsys.readouterr().out
    call_command("seed")
    assert "nothing to seed" in capsys.readouterr().out
    assert set(Profile.objects.values_list("version", flat=True)) == {1}


@pytest.mark.django_db
def test_a_changed_file_makes_the_next_version_and_leaves_others_alone(workspace):
    sync_profiles()
    stored = Profile.objects.get(name="generic_video")
    own = Profile.objects.create(workspace=workspace, name="generic_video", pipeline={"stages": []}, version=7)
    stored.description = "An older release said this."
    stored.save()
    assert sync_profiles() == ["profile generic_video v2"]
    own.refresh_from_db()
    assert (own.version, own.pipeline) == (7, {"stages": []})


def test_a_damaged_file_is_named(monkeypatch, tmp_path):
    (tmp_path / "broken.json").write_text('{"name": "broken"}')
    monkeypatch.setattr(shipped, "files", lambda package: tmp_path)
    with pytest.raises(BadConfig, match=r"broken\.json cannot be read"):
        read_profiles()
