"""Deleting footage, taking it back, and what goes when the time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from mpr.assets.ingest import ingest
from mpr.assets.intake.models import Intake, IntakeState, IntakeWay
from mpr.assets.intake.sending import growing
from mpr.assets.models import MediaAsset, Timeline
from mpr.assets.timelines import timeline_of
from mpr.errors import NotFound
from mpr.jobs import removal
from mpr.jobs.models import Job, JobStatus
from mpr.pipeline.footage import numbered, write_clip
from mpr.storage.buckets import media_in, media_out, timeline_folder
from mpr.workspaces.models import Workspace
from tests.rows import make_failed_asset, make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def footage(tmp_path, workspace, owner):
    """Footage with a file, a picture, a copy for browsers, a timeline and what was computed on it."""
    asset = ingest(write_clip(tmp_path / "clip.mp4", numbered(5)), workspace=workspace)
    timeline_folder(timeline_of(asset, profile_name="sums").pk).write("frames/1.pack", b"frames")
    media_out.write("posters/x.jpg", b"picture")
    media_out.write(f"renditions/{asset.sha256[:2]}/{asset.sha256}/proxy-1-0000.mp4", b"copy")
    asset.poster_path = "posters/x.jpg"
    asset.save()
    return asset


def long_ago(asset, settings):
    MediaAsset.objects.filter(pk=asset.pk).update(
        deleted_at=timezone.now() - timedelta(days=settings.MPR_DELETED_KEEP_DAYS, minutes=1)
    )


def stored():
    return [*media_in.keys("assets"), *media_out.keys("timelines"), *media_out.keys("renditions"),
            *media_out.keys("posters")]  # fmt: skip


def test_what_is_deleted_is_not_there_and_comes_back_whole(footage, owner):
    job = make_job(footage.timelines.get())
    before = stored()
    removal.delete(footage.pk, owner)
    removal.delete(footage.pk, owner)
    assert not MediaAsset.objects.visible_to(owner).exists()
    assert not Timeline.objects.visible_to(owner).exists()
    assert not Job.objects.visible_to(owner).exists()
    assert MediaAsset.objects.deleted_for(owner).get().deleted_by == owner
    assert removal.purge() == 0
    removal.restore(footage.pk)
    assert MediaAsset.objects.visible_to(owner).get() == footage
    assert Job.objects.visible_to(owner).get() == job
    assert stored() == before


def test_jobs_that_run_refuse_it_until_they_may_be_stopped(footage, owner):
    running = make_job(footage.timelines.get(), JobStatus.RUNNING, done=3)
    with pytest.raises(removal.JobsRun, match=r"^A job runs on clip\.mp4; stop it first, or delete it with them\.$"):
        removal.delete(footage.pk, owner)
    make_job(footage.timelines.get(), JobStatus.PAUSED, done=3)
    with pytest.raises(removal.JobsRun, match=r"^2 jobs run on clip\.mp4; stop them first"):
        removal.delete(footage.pk, owner)
    assert MediaAsset.objects.get().deleted_at is None
    removal.delete(footage.pk, owner, stop_jobs=True)
    running.refresh_from_db()
    assert running.status == JobStatus.CANCELLED
    assert not Job.objects.unfinished().exists()


def test_when_the_time_is_over_its_files_and_all_that_was_computed_go(footage, owner, settings):
    make_job(footage.timelines.get())
    assert len(stored()) == 4
    removal.delete(footage.pk, owner)
    long_ago(footage, settings)
    assert removal.purge() == 1
    assert stored() == []
    assert not MediaAsset.objects.exists()
    assert not Job.objects.exists()
    with pytest.raises(NotFound, match="This footage is gone, with its files; add it again"):
        removal.restore(footage.pk)
    assert removal.purge() == 0


def test_what_others_need_stays(footage, owner, settings, tmp_path):
    theirs = ingest(tmp_path / "clip.mp4", workspace=Workspace.objects.create(name="Others"))
    assert theirs.file_path == footage.file_path
    removal.delete(footage.pk, owner)
    long_ago(footage, settings)
    removal.purge()
    assert media_in.exists(theirs.file_path)
    assert list(media_out.keys("renditions"))
    removal.delete(theirs.pk, owner)
    long_ago(theirs, settings)
    removal.purge()
    assert stored() == []


def test_a_purge_that_is_cut_off_goes_on(footage, owner, settings, monkeypatch):
    removal.delete(footage.pk, owner)
    long_ago(footage, settings)

    def fail(key):
        raise RuntimeError("the worker is killed")

    with monkeypatch.context() as patched:
        patched.setattr(media_in, "delete", fail)
        with pytest.raises(RuntimeError):
            removal.purge()
    assert MediaAsset.objects.exists()
    assert removal.purge() == 1
    assert stored() == []


def test_with_a_file_that_failed_what_was_sent_of_it_goes(workspace, owner, settings):
    asset = make_failed_asset(workspace)
    sent = Intake(
        workspace=workspace, filename="a.mp4", file_size=4, received=4, way=IntakeWay.SERVER, asset=asset,
        state=IntakeState.FAILED,
    )  # fmt: skip
    growing().append(str(sent.pk), 0, [b"film"], at_most=4)
    sent.save()
    removal.delete(asset.pk, owner)
    assert growing().size(str(sent.pk)) == 4
    long_ago(asset, settings)
    removal.purge()
    assert growing().size(str(sent.pk)) == 0
    assert not Intake.objects.exists()


@pytest.mark.parametrize(
    ("role", "mine", "may"),
    [("viewer", True, False), ("analyst", True, True), ("analyst", False, False), ("curator", False, False),
     ("owner", False, True)],
)  # fmt: skip
def test_owners_may_and_analysts_what_they_brought(role, mine, may, footage, workspace, django_user_model):
    user = django_user_model.objects.create_user("somebody")
    workspace.memberships.create(user=user, role=role)
    footage.created_by = user if mine else None
    assert removal.may_delete(user, footage) is may
