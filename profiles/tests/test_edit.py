from __future__ import annotations

import pytest

from mpr.errors import BadConfig, BadInput, NotFound, Refused
from profiles.edit import check_profile, duplicate_profile, save_profile
from profiles.models import Profile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("arithmetic")]

PIPELINE = {"stages": ["numbers", "doubled", "total"]}


@pytest.fixture
def profile(workspace):
    return save_profile(Profile(workspace=workspace, name="sums", pipeline=PIPELINE))


@pytest.fixture
def shipped(db):
    return Profile.objects.create(name="shipped", description="As it comes.", pipeline=PIPELINE, version=3)


def test_a_new_profile_is_version_one(profile):
    profile.refresh_from_db()
    assert profile.version == 1


@pytest.mark.parametrize(
    ("change", "version"),
    [
        ({"configs": {"doubled": {"factor": 3}}}, 2),
        ({"pipeline": {"stages": ["numbers", "total"]}}, 2),
        ({"description": "Only words."}, 1),
        ({}, 1),
    ],
    ids=["config", "pipeline", "description", "nothing"],
)
def test_only_what_runs_makes_a_new_version(change, version, profile):
    for name, value in change.items():
        setattr(profile, name, value)
    save_profile(profile)
    profile.refresh_from_db()
    assert profile.version == version


@pytest.mark.parametrize(
    ("pipeline", "configs", "error", "sentence"),
    [
        (PIPELINE, {"doubled": {"facto": 3}}, BadConfig, "doubled has no setting “facto”. Did you mean “factor”?"),
        (PIPELINE, {"doubled": {"factor": 0}}, BadConfig, "“factor” is not right"),
        (PIPELINE, {"tripled": {}}, BadConfig, "The profile configures “tripled”"),
        (PIPELINE, [], BadConfig, "The configs must be an object"),
        ([], {}, BadConfig, "The pipeline must be an object"),
        ({"stages": ["numbrs"]}, {}, NotFound, "There is no stage “numbrs”. Did you mean “numbers”?"),
        ({"stages": ["total"]}, {}, BadConfig, "total reads numbers, which does not lead to it"),
    ],
    ids=["unknown key", "out of range", "unknown stage", "configs a list", "pipeline a list", "typo", "missing input"],
)  # fmt: skip
def test_what_cannot_run_is_refused_with_a_sentence(pipeline, configs, error, sentence, workspace):
    with pytest.raises(error, match=sentence.replace("?", r"\?")):
        check_profile(pipeline, configs)
    with pytest.raises(error):
        save_profile(Profile(workspace=workspace, name="bad", pipeline=pipeline, configs=configs))
    assert not Profile.objects.exists()


def test_a_name_is_taken_once_per_workspace(profile, workspace):
    with pytest.raises(BadInput, match="There is already a profile “sums” in Ours"):
        save_profile(Profile(workspace=workspace, name="sums", pipeline=PIPELINE))


def test_a_shipped_profile_is_never_changed_not_even_by_giving_it_away(shipped, workspace):
    with pytest.raises(Refused, match="duplicate it"):
        save_profile(shipped)
    shipped.workspace = workspace
    with pytest.raises(Refused, match="duplicate it"):
        save_profile(shipped)


def test_a_change_on_an_old_version_is_refused(profile):
    mine, theirs = Profile.objects.get(pk=profile.pk), Profile.objects.get(pk=profile.pk)
    theirs.configs = {"doubled": {"factor": 3}}
    save_profile(theirs, seen_version=1)
    mine.configs = {"doubled": {"factor": 4}}
    with pytest.raises(Refused, match="is now v2"):
        save_profile(mine, seen_version=1)
    profile.refresh_from_db()
    assert profile.configs == {"doubled": {"factor": 3}}


def test_a_duplicate_is_a_profile_of_its_own(shipped, workspace):
    copy = duplicate_profile(shipped, workspace=workspace)
    assert (copy.name, copy.version, copy.workspace) == ("shipped_copy", 1, workspace)
    assert (copy.pipeline, copy.description) == (shipped.pipeline, shipped.description)
    assert duplicate_profile(shipped, workspace=workspace).name == "shipped_copy_2"
    assert duplicate_profile(shipped, workspace=workspace, name="mine").name == "mine"


def test_a_duplicate_of_a_long_name_still_fits(workspace):
    long = Profile.objects.create(name="n" * 80, pipeline=PIPELINE)
    assert duplicate_profile(long, workspace=workspace).name == "n" * 75 + "_copy"
