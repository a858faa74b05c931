"""Jobs and profiles in the rail and in the search over everything."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from mpr.jobs.models import Job
from mpr.web.search import Hit, matching
from mpr.web.shell import Kind, Place
from profiles.models import Profile

JOBS = Place(
    label="Jobs", url_name="jobs", icon="stack", covers=("job", "job-lab", "job-compare", "report", "report-airings")
)
PROFILES = Place(label="Profiles", url_name="profiles", icon="sliders", covers=("profile", "profile-compare"))


def _jobs(user: Any, text: str, count: int) -> list[Hit]:
    jobs = Job.objects.visible_to(user).exclude(label="").select_related("timeline__source_asset").defer("plan")
    return [
        Hit(
            title=job.label,
            address=reverse("job", args=[job.pk]),
            detail=f"{job.timeline.source_asset.filename} · {job.profile_name} · {job.get_status_display()}",
        )
        for job in matching(jobs, text, "label")[:count]
    ]


def _profiles(user: Any, text: str, count: int) -> list[Hit]:
    profiles = Profile.objects.visible_to(user).select_related("workspace").defer("pipeline", "configs")
    return [
        Hit(
            title=profile.name,
            address=reverse("profile", args=[profile.pk]),
            detail=f"v{profile.version} · {profile.workspace or 'ships with MPR'}",
        )
        for profile in matching(profiles, text, "name")[:count]
    ]


LABELLED_JOBS = Kind(name="jobs", label="Jobs", icon="stack", find=_jobs)
KNOWN_PROFILES = Kind(name="profiles", label="Profiles", icon="sliders", find=_profiles)
