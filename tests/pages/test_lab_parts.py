"""The lab's pages: who sees them, what may be done there, and what is answered."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from mpr.jobs.lab.tree import tree_of
from mpr.jobs.models import Checkpoint, Job, Promotion
from profiles.fields import key_of
from profiles.models import Profile
from tests.recorded import every_stage, record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db

STAGE = "match_brands"


@pytest.fixture
def job(workspace):
    return record_job(make_timeline(workspace, duration_s=20.0))


@pytest.fixture
def as_role(workspace, django_user_model):
    def client(role):
        user = django_user_model.objects.create_user(role, password="correct horse")
        workspace.memberships.create(user=user, role=role)
        made = Client(headers={"HX-Request": "true"})
        made.force_login(user)
        return made

    return client


def replay(client, job, stage=STAGE, **values):
    return client.post(f"/jobs/{job.pk}/lab/replay", {"stage": stage, **{key_of(k): v for k, v in values.items()}})


@pytest.mark.parametrize("part", ["", "/settings", "/tree", "/run"])
def test_the_lab_is_for_members_only(part, job, client, stranger_client, anonymous_client, as_role):
    address = f"/jobs/{job.pk}/lab{part}"
    assert client.get(address).status_code == 200
    assert as_role("viewer").get(address).status_code == 200
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302


def test_every_stage_that_a_job_runs_has_its_form(job, client):
    for name in job.plan["pipeline"]["stages"]:
        page = client.get(f"/jobs/{job.pk}/lab?stage={name}")
        assert page.status_code == 200
        for setting in job.plan["configs"][name]:
            assert f'data-field="{setting}"' in page.content.decode(), (name, setting)


def test_a_stage_that_the_job_does_not_run_is_refused_with_a_sentence(job, client):
    answer = client.get(f"/jobs/{job.pk}/lab?stage=stretch")
    assert answer.status_code == 404
    assert "This job does not run “stretch”; choose one of its stages." in answer.content.decode()


def test_a_replay_takes_what_differs_and_leads_to_the_new_job(job, as_role):
    answer = replay(as_role("analyst"), job, min_confidence="0.55", sure_letters="3")
    child = Job.objects.get(parent=job)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"/jobs/{child.pk}/lab?stage={STAGE}"
    assert child.config_overrides == {STAGE: {"min_confidence": 0.55}}
    assert child.plan["configs"][STAGE]["min_confidence"] == 0.55


def test_without_a_script_a_replay_leads_to_the_new_job_too(job, client):
    answer = replay(client, job, min_confidence="0.55")
    assert (answer.status_code, answer["Location"]) == (
        302, f"/jobs/{Job.objects.get(parent=job).pk}/lab?stage={STAGE}",
    )  # fmt: skip


def test_mistakes_are_told_at_their_fields_and_nothing_is_lost(job, as_role):
    answer = replay(as_role("analyst"), job, min_confidence="1.5", sure_letters="many", near_score="0.7")
    page = answer.content.decode()
    assert (answer.status_code, answer["X-Part"]) == (400, "settings")
    assert page.count("field-error") == 2
    assert "“min_confidence” is not right" in page
    assert "“sure_letters” takes a whole number; “many” is none." in page
    assert 'value="1.5"' in page
    assert 'name="set-near_score" value="0.7"' in page
    assert not Job.objects.filter(parent=job).exists()


def test_a_viewer_may_not_replay_and_a_stranger_finds_nothing(job, as_role, stranger_client):
    answer = replay(as_role("viewer"), job, min_confidence="0.55")
    assert answer.status_code == 403
    assert "This takes the role analyst" in answer.content.decode()
    assert replay(stranger_client, job).status_code == 404
    assert not Job.objects.filter(parent=job).exists()


def test_the_form_marks_what_differs_from_the_profile(workspace, client):
    Profile.objects.create(name="soccer_broadcast", pipeline=every_stage(), version=4)
    job = record_job(make_timeline(workspace), config_overrides={STAGE: {"min_confidence": 0.7}})
    page = client.get(f"/jobs/{job.pk}/lab?stage={STAGE}").content.decode()
    assert page.count("field differs") == 1
    assert "1 differs from soccer_broadcast v4" in page
    assert "Profile: 0.6." in page


def test_without_its_profile_a_job_is_shown_beside_the_defaults(job, client):
    assert "As in the defaults" in client.get(f"/jobs/{job.pk}/lab?stage={STAGE}").content.decode()


@pytest.fixture
def checkpoint(job):
    made = Checkpoint.objects.create(timeline=job.timeline, job=job, stage_name=STAGE)
    job.outputs.filter(stage_name=STAGE).update(checkpoint=made)
    return made


def test_a_checkpoint_is_named_from_the_lab(job, checkpoint, as_role, stranger_client):
    address = f"/checkpoints/{checkpoint.pk}/label"
    analyst = as_role("analyst")
    assert "Saved." in analyst.post(address, {"label": " best  so far "}).content.decode()
    checkpoint.refresh_from_db()
    assert checkpoint.label == "best so far"
    assert "“best so far”" in analyst.get(f"/jobs/{job.pk}/lab?stage={STAGE}").content.decode()
    answer = analyst.post(address, {"label": "x" * 121})
    assert (answer.status_code, answer["X-Part"]) == (400, "label")
    assert "A label has at most 120 characters; this one has 121." in answer.content.decode()
    assert as_role("viewer").post(address, {"label": "mine"}).status_code == 403
    assert stranger_client.post(address, {"label": "mine"}).status_code == 404


@pytest.fixture
def other(job):
    """A second job of the timeline, in which the brand is seen in other frames."""
    return record_job(job.timeline, seen=(2, 3, 4, 15), config_overrides={STAGE: {"min_confidence": 0.7}}, parent=job)


@pytest.mark.parametrize("part", ["", "/part", "/frames"])
def test_two_jobs_are_compared_by_members_only(part, job, other, client, stranger_client, anonymous_client, as_role):
    address = f"/jobs/{job.pk}/compare/{other.pk}{part}"
    assert client.get(address).status_code == 200
    assert as_role("viewer").get(address).status_code == 200
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302


def test_the_comparison_tells_settings_seconds_and_the_frames_that_prove_them(job, other, client):
    page = client.get(f"/jobs/{job.pk}/compare/{other.pk}/part").content.decode()
    assert '<code>min_confidence</code></td><td data-label="A">0.6</td><td data-label="B">0.7</td>' in page
    assert "+1.0\u2009s" in page or "+1.0 s" in page
    for frame in (9, 15):
        assert f"stage=compile_report&amp;frame={frame}" in page


def test_frames_that_differ_come_first_and_any_other_can_be_asked_for(job, other, client):
    page = client.get(f"/jobs/{job.pk}/compare/{other.pk}/frames?stage={STAGE}").content.decode()
    assert "2 of 20 frames differ" in page
    assert re.findall(r'data-seq="(\d+)"', page)[:2] == ["9", "15"]
    page = client.get(f"/jobs/{job.pk}/compare/{other.pk}/frames?stage={STAGE}&frame=12").content.decode()
    assert 'data-seq="12" ' in page
    assert 'aria-pressed="true"' in page.split('data-seq="12"')[1].split("</button>")[0]
    page = client.get(f"/jobs/{job.pk}/compare/{other.pk}/frames?stage={STAGE}&frame=99").content.decode()
    assert "Frame 99 was not kept" in page


@pytest.mark.parametrize("stage", ["field_segmentation", "detect_edges", "detect_objects", "preprocess", "run_ocr"])
def test_a_stage_that_saw_the_same_says_so(stage, job, other, client):
    page = client.get(f"/jobs/{job.pk}/compare/{other.pk}/frames?stage={stage}").content.decode()
    assert "saw the same in all 20 frames" in page


def test_what_cannot_be_compared_is_said(job, other, client, workspace):
    answer = client.get(f"/jobs/{job.pk}/compare/{job.pk}")
    assert (answer.status_code, "This is one job twice" in answer.content.decode()) == (400, True)
    far = record_job(make_timeline(workspace, filename="other.mp4"))
    answer = client.get(f"/jobs/{job.pk}/compare/{far.pk}")
    assert (answer.status_code, "different timelines" in answer.content.decode()) == (400, True)
    other.outputs.filter(stage_name="compile_report").delete()
    page = client.get(f"/jobs/{job.pk}/compare/{other.pk}/part").content.decode()
    assert "One of the two has no report, so seconds cannot be compared" in page


@pytest.fixture
def curator(as_role):
    return as_role("curator")


def promote(client, job, name, **given):
    return client.post(f"/jobs/{job.pk}/lab/promote", {"name": name, **given})


def test_what_a_job_ran_becomes_a_profile_with_what_is_not_default(workspace, curator):
    job = record_job(make_timeline(workspace), config_overrides={STAGE: {"min_confidence": 0.7}})
    answer = promote(curator, job, "stricter", description="for  noisy feeds")
    made = Profile.objects.get(name="stricter")
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Trigger"]) == (200, "#promotions", "promoted")
    assert f'href="/profiles/{made.pk}"' in answer.content.decode()
    assert (made.workspace, made.version, made.description) == (workspace, 1, "for noisy feeds")
    assert made.configs == {STAGE: {"min_confidence": 0.7}}
    assert made.pipeline == job.plan["pipeline"]
    assert (made.promotion.job, made.promotion.made_by.get_username()) == (job, "curator")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("two words", "A profile&#x27;s name has letters without accents, digits, _ and -; no spaces."),
        ("", "A profile&#x27;s name has letters without accents, digits, _ and -; no spaces."),
        ("x" * 81, "A profile&#x27;s name has at most 80 characters; this one has 81."),
        ("mine", "There is already a profile “mine” in Ours; choose another name."),
        ("theirs", "There is already a profile “theirs” that ships with MPR; choose another name."),
    ],
)
def test_a_name_that_cannot_be_is_told_and_kept_in_the_form(name, sentence, job, workspace, curator):
    Profile.objects.create(workspace=workspace, name="mine", pipeline=every_stage())
    Profile.objects.create(name="theirs", pipeline=every_stage())
    answer = promote(curator, job, name, description="why")
    page = answer.content.decode()
    assert (answer.status_code, answer["X-Part"]) == (400, "promote")
    assert sentence in page
    assert f'value="{name}"' in page
    assert ">why</textarea>" in page
    assert Profile.objects.count() == 2


def test_promoting_and_undoing_it_take_the_role_curator(job, as_role, stranger_client, curator):
    assert promote(as_role("analyst"), job, "mine").status_code == 403
    assert promote(stranger_client, job, "mine").status_code == 404
    assert "Promote to a profile" not in as_role("viewer").get(f"/jobs/{job.pk}/lab").content.decode()
    promote(curator, job, "mine")
    address = f"/promotions/{Promotion.objects.get().pk}/undo"
    analyst = Client()
    analyst.force_login(User.objects.get(username="analyst"))
    assert analyst.post(address).status_code == 403
    assert stranger_client.post(address).status_code == 404
    assert Profile.objects.filter(name="mine").exists()


def test_a_promotion_is_undone_after_a_reload_too(job, curator):
    promote(curator, job, "mine")
    address = f"/promotions/{Promotion.objects.get().pk}/undo"
    assert f'hx-post="{address}"' in curator.get(f"/jobs/{job.pk}/lab").content.decode()
    assert "mine is gone again." in curator.post(address).content.decode()
    assert not Profile.objects.filter(name="mine").exists()
    assert curator.post(address).status_code == 404


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        ("changed", "mine was changed since and is now v2; it stays."),
        ("used", "mine was used by a job since; it stays."),
        ("late", "mine was made more than 30 minutes ago; it stays."),
    ],
)
def test_what_others_rest_on_is_not_undone(then, sentence, job, curator):
    promote(curator, job, "mine")
    promotion = Promotion.objects.get()
    if then == "changed":
        Profile.objects.filter(name="mine").update(version=2)
    elif then == "used":
        Job.objects.create(timeline=job.timeline, profile_name="mine", plan=job.plan)
    else:
        Promotion.objects.update(made_at=timezone.now() - timedelta(minutes=31))
    answer = curator.post(f"/promotions/{promotion.pk}/undo")
    assert answer.status_code == 409
    assert sentence in answer.content.decode()
    assert Profile.objects.filter(name="mine").exists()
    assert f"/promotions/{promotion.pk}/undo" not in curator.get(f"/jobs/{job.pk}/lab").content.decode()


def replayed(job, *, label, from_stage=STAGE):
    """A replay that took over what lies above a stage, and left two checkpoints."""
    stages = [name for name in job.plan["pipeline"]["stages"] if job.outputs.filter(stage_name=name).exists()]
    child = record_job(job.timeline, parent=job, run_type="replay", label=label,
                       config_overrides={STAGE: {"min_confidence": 0.7}})  # fmt: skip
    above = None
    for name in stages:
        output = child.outputs.get(stage_name=name)
        if stages.index(name) < stages.index(from_stage):
            above = job.outputs.get(stage_name=name).checkpoint
        else:
            above = Checkpoint.objects.create(timeline=job.timeline, job=child, parent=above, stage_name=name)
        output.checkpoint = above
        output.save()
    return child


@pytest.fixture
def whole(job):
    """The job with the checkpoints of all its stages."""
    above = None
    for output in job.outputs.order_by("pk"):
        above = Checkpoint.objects.create(timeline=job.timeline, job=job, parent=above, stage_name=output.stage_name)
        output.checkpoint = above
        output.save()
    return job


def shape(tree):
    return [
        (line.level, line.checkpoint.stage_name if line.checkpoint else line.job.label, line.hidden)
        for line in tree.lines
    ]


def test_a_replay_stands_below_what_it_took_over_last(whole):
    child = replayed(whole, label="first")
    grandchild = replayed(child, label="second", from_stage="compile_report")
    tree = tree_of(grandchild, "compile_report")
    names = [(level, name) for level, name, _ in shape(tree)]
    at = names.index((2, "run_ocr"))
    assert names[at : at + 6] == [
        (2, "run_ocr"), (3, "first"), (4, "match_brands"), (5, "second"), (6, "compile_report"), (4, "compile_report"),
    ]  # fmt: skip
    assert [line.checkpoint.job for line in tree.lines if line.is_here] == [grandchild]
    assert not any(hidden for _, _, hidden in shape(tree))
    run_ocr = next(line for line in tree.lines if line.checkpoint and line.checkpoint.stage_name == "run_ocr")
    assert run_ocr.taken_by == 2
    assert next(line for line in tree.lines if line.job == child).settings == ((f"{STAGE}.min_confidence", 0.7),)


def test_runs_beside_the_way_to_the_job_are_closed_and_what_was_replayed_in_place_is_overtaken(whole):
    child, other = replayed(whole, label="first"), replayed(whole, label="other")
    newer = Checkpoint.objects.create(timeline=whole.timeline, job=other, stage_name="compile_report")
    other.outputs.filter(stage_name="compile_report").update(checkpoint=newer)
    tree = tree_of(child, STAGE)
    closed = [line for line in tree.lines if line.job == other]
    assert [(line.is_open, line.hidden) for line in closed if line.checkpoint is None] == [(False, False)]
    assert all(line.hidden for line in closed if line.checkpoint is not None)
    reports = [line for line in closed if line.checkpoint and line.checkpoint.stage_name == "compile_report"]
    assert [line.overtaken for line in reports] == [True, False]


def test_what_a_deleted_job_left_is_drawn_and_leads_nowhere(whole, client):
    child = replayed(whole, label="first")
    whole.delete()
    page = client.get(f"/jobs/{child.pk}/lab?stage={STAGE}").content.decode()
    assert "Jobs that were deleted" in page


def test_the_lab_asks_the_same_of_the_database_however_much_was_tried(whole, client, django_assert_max_num_queries):
    for number in range(6):
        replayed(whole, label=f"try {number}")
    with django_assert_max_num_queries(45):
        client.get(f"/jobs/{whole.pk}/lab?stage={STAGE}")
