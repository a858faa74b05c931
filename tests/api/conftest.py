from __future__ import annotations

import msgspec
import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from rest_framework.test import APIClient

from mpr.assets.probe import Properties
from mpr.jobs.models import JobStatus
from profiles.families import registry
from profiles.models import Profile
from tests.rows import make_job, make_timeline

PROBED = Properties(
    container="mp4", pixel_format="yuv420p", rotation_deg=0, interlaced=False, variable_frame_rate=False,
    frame_count=6000, start_time_s=0.0, origin_ticks=0, keyframes_s=[float(second) for second in range(0, 240, 2)],
    notes=[],
)  # fmt: skip
PIPELINE = {"stages": ["numbers", "doubled", "total"], "shard_s": 4}


@pytest.fixture(autouse=True)
def _families(settings):
    settings.MPR_FAMILIES = (*settings.MPR_FAMILIES, "tests.families.arithmetic.FAMILY")
    settings.MPR_DEFAULT_PROFILE = "sums"
    registry.cache_clear()
    cache.clear()
    yield
    registry.cache_clear()


@pytest.fixture
def profile(workspace):
    return Profile.objects.create(workspace=workspace, name="sums", pipeline=PIPELINE, configs={"total": {"add": 1}})


@pytest.fixture
def job(workspace, profile):
    """A job of the workspace that runs, on footage that has been probed."""
    timeline = make_timeline(workspace)
    timeline.source_asset.properties = msgspec.to_builtins(PROBED)
    timeline.source_asset.save()
    return make_job(timeline, JobStatus.RUNNING, done=4)


@pytest.fixture
def api(workspace):
    """`api("analyst")` is a client signed in by session as a member of that role; "stranger" has a workspace of their
    own, "staff" too and may enter the admin, "superuser" is staff that sees everything, "anonymous" is nobody."""

    def client(who: str) -> APIClient:
        made = APIClient()
        if who == "anonymous":
            return made
        user = get_user_model().objects.create_user(who, password="correct horse")
        user.is_staff, user.is_superuser = who in ("staff", "superuser"), who == "superuser"
        user.save()
        if who in ("stranger", "staff"):
            from mpr.workspaces.models import Workspace

            Workspace.objects.create(name="Theirs").memberships.create(user=user, role="owner")
        elif who != "superuser":
            workspace.memberships.create(user=user, role=who)
        made.force_login(user)
        return made

    return client
