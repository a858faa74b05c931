"""The admin over all models: every page opens, and nobody sees what is not theirs."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse

from brands.models import Brand
from detection.models import Airing, Audit, AuditItem, Contract, Decision, OpenQuestion, ReportPreset
from detection.review.deciding import Choice, decide
from detection.review.findings import ensure_questions
from mpr.assets.models import MediaAsset, Timeline
from mpr.events import log
from mpr.events.models import JobEvent
from mpr.jobs.models import Checkpoint, Job, JobStatus, Shard, StageOutput, StageRun
from mpr.workspaces.models import Membership, Workspace
from profiles.models import Profile
from tests.rows import make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db

SCOPED = (
    Airing, Brand, Checkpoint, Decision, Job, JobEvent, MediaAsset, OpenQuestion, Profile, Shard, StageOutput, StageRun,
    Timeline, Workspace,
)  # fmt: skip
# These have a test of their own: detection/tests/test_report_admin.py.
OF_REPORTS = (Audit, AuditItem, Contract, ReportPreset)
OF_A_JOB = {
    Airing: lambda job: job.airings.first(),
    Brand: lambda job: job.workspace.brands.first(),
    Checkpoint: lambda job: job.checkpoints.first(),
    Decision: lambda job: job.timeline.decisions.get(),
    Job: lambda job: job,
    JobEvent: lambda job: job.events.get(),
    MediaAsset: lambda job: job.timeline.source_asset,
    OpenQuestion: lambda job: job.open_questions.get(),
    Profile: lambda job: job.workspace.profiles.first(),
    Shard: lambda job: Shard.objects.get(stage_run__job=job),
    StageOutput: lambda job: job.outputs.first(),
    StageRun: lambda job: job.stage_runs.first(),
    Timeline: lambda job: job.timeline,
    Workspace: lambda job: job.workspace,
}
names = pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)


@pytest.fixture(autouse=True)
def _arithmetic(settings):
    from profiles.families import registry

    settings.MPR_FAMILIES = ("mpr.assets.family.FAMILY", "tests.families.arithmetic.FAMILY")
    registry.cache_clear()
    yield
    registry.cache_clear()


def fill(workspace):
    job = make_job(make_timeline(workspace, filename=f"{workspace}.mp4"), JobStatus.RUNNING, done=8)
    make_report(job)
    ensure_questions(job)
    reviewer = get_user_model().objects.create_user(f"reviewer of {workspace}")
    workspace.memberships.create(user=reviewer, role="analyst")
    decide(reviewer, [f"a{job.airings.earliest('start_s').pk}"], Choice(verdict="accept"))
    log.append(job.pk, "job.running", {})
    Profile.objects.create(workspace=workspace, name="sums", pipeline={"stages": ["numbers"]})
    return job


@pytest.fixture
def rows(workspace, stranger):
    return fill(workspace), fill(stranger.workspaces.get())


@pytest.fixture
def staff(owner):
    owner.is_staff = True
    owner.save()
    return owner


def address(model, page, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def test_every_model_of_ours_is_registered():
    ours = {
        model
        for model in admin.site._registry
        if model.__module__.startswith(("mpr", "profiles", "brands", "detection"))
    }
    assert ours == {*SCOPED, *OF_REPORTS}


@names
def test_every_page_opens_for_superusers(model, rows, staff, client):
    staff.is_superuser = True
    staff.save()
    page = client.get(address(model, "changelist"))
    assert page.status_code == 200
    assert client.get(address(model, "changelist"), {"q": "north"}).status_code == 200
    for row in model.objects.all()[:5]:
        assert client.get(address(model, "change", row.pk)).status_code == 200


@names
def test_staff_see_what_is_theirs_and_nothing_else(model, rows, staff, client):
    mine = OF_A_JOB[model]
    own, other = (mine(job) for job in rows)
    listed = client.get(address(model, "changelist")).context["cl"].queryset
    assert own.pk in {row.pk for row in listed}
    assert other.pk not in {row.pk for row in listed}
    assert client.get(address(model, "change", own.pk)).status_code == 200
    assert client.get(address(model, "change", other.pk)).status_code == 302
    # Gone or forbidden, but never done.
    for page, values in (("change", {}), ("delete", {"post": "yes"})):
        assert client.post(address(model, page, other.pk), values).status_code in (302, 403)
    assert model.objects.filter(pk=other.pk).exists()


@names
def test_staff_without_a_workspace_see_nothing(model, rows, client, staff):
    staff.memberships.all().delete()
    assert client.get(address(model, "changelist")).status_code == 403


@pytest.mark.parametrize(
    "model",
    [StageRun, Shard, StageOutput, JobEvent, Airing, Decision, OpenQuestion, Timeline, Job],
    ids=lambda model: model.__name__,
)
def test_the_machine_s_rows_cannot_be_edited_even_by_superusers(model, rows, staff, client):
    staff.is_superuser = True
    staff.save()
    row = model.objects.first()
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "change", row.pk), {}).status_code == 403


def test_viewers_change_nothing(rows, staff, client):
    staff.memberships.update(role="viewer")
    asset = rows[0].timeline.source_asset
    assert client.get(address(MediaAsset, "change", asset.pk)).status_code == 200
    assert client.post(address(MediaAsset, "change", asset.pk), {"comments": "mine", "tags": ""}).status_code == 403
    assert client.get(address(Brand, "add")).status_code == 403


def test_curators_note_what_they_know_of_footage(rows, staff, client):
    asset = rows[0].timeline.source_asset
    values = {
        "comments": "Second half only", "tags": "cup,final", "timelines-TOTAL_FORMS": 0, "timelines-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert client.post(address(MediaAsset, "change", asset.pk), values).status_code == 302
    asset.refresh_from_db()
    assert (asset.comments, asset.tags) == ("Second half only", ["cup", "final"])


def test_checkpoints_are_a_tree_and_take_labels(rows, staff, client):
    page = client.get(address(Checkpoint, "changelist"))
    depths = [row.tree_depth for row in page.context["cl"].result_list]
    assert depths == list(range(8))
    row = rows[0].checkpoints.get(stage_name="run_ocr")
    assert client.post(address(Checkpoint, "change", row.pk), {"label": "as aired"}).status_code == 302
    row.refresh_from_db()
    assert (row.label, row.stage_name) == ("as aired", "run_ocr")


def test_a_job_that_runs_cannot_be_deleted_and_a_finished_one_can(rows, staff, client):
    running = rows[0]
    assert client.post(address(Job, "delete", running.pk), {"post": "yes"}).status_code == 403
    client.post(
        address(Job, "changelist"), {"action": "delete_selected", "_selected_action": [running.pk], "post": "yes"}
    )
    assert Job.objects.filter(pk=running.pk).exists()
    asset = running.timeline.source_asset
    assert client.post(address(MediaAsset, "delete", asset.pk), {"post": "yes"}).status_code == 200
    assert MediaAsset.objects.filter(pk=asset.pk).exists()
    Job.objects.filter(pk=running.pk).update(status=JobStatus.FAILED)
    assert client.post(address(Job, "delete", running.pk), {"post": "yes"}).status_code == 302
    assert not Job.objects.filter(pk=running.pk).exists()


def test_filters_offer_only_what_one_may_see(rows, staff, client, stranger):
    theirs = stranger.workspaces.get()
    Brand.objects.filter(workspace=theirs, canonical_name="Northwind").update(canonical_name="Hidden Rival")
    page = client.get(address(Airing, "changelist")).content.decode()
    assert "Northwind" in page
    assert "Hidden Rival" not in page


def test_owners_take_in_members_by_name(staff, client, workspace, stranger):
    other = get_user_model().objects.create_user("newcomer")
    membership = staff.memberships.get()
    values = {
        "name": "Ours", "memberships-TOTAL_FORMS": 2, "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": membership.pk, "memberships-0-workspace": str(workspace.pk), "memberships-0-role": "owner",
        "memberships-1-username": "newcomer", "memberships-1-role": "analyst",
        "memberships-1-workspace": str(workspace.pk),
    }  # fmt: skip
    assert client.post(address(Workspace, "change", workspace.pk), values).status_code == 302
    assert other.memberships.get().role == "analyst"
    again = client.post(address(Workspace, "change", workspace.pk), values)
    assert "newcomer is a member already" in again.content.decode()
    unknown = client.post(address(Workspace, "change", workspace.pk), {**values, "memberships-1-username": "nobody"})
    assert "Nobody here is called “nobody”" in unknown.content.decode()


def test_curators_cannot_change_members(staff, client, workspace):
    staff.memberships.update(role="curator")
    assert client.post(address(Workspace, "change", workspace.pk), {"name": "Mine"}).status_code == 403
    assert Membership.objects.get().role == "curator"
