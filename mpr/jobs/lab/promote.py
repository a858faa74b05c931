"""Making a profile of what a job ran, and taking that back while nobody rests on it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction
from django.utils import timezone

from mpr.errors import BadInput, MprError, Refused
from mpr.jobs.models import Job, Promotion
from mpr.pipeline.config import defaults
from profiles.edit import save_profile
from profiles.families import registry
from profiles.models import Profile

if TYPE_CHECKING:
    from django.contrib.auth.models import User

UNDO_MINUTES = 30
_LONGEST_NAME = Profile._meta.get_field("name").max_length or 80


def promote(job: Job, *, name: str, description: str = "", by: User | None = None) -> Promotion:
    """Store the pipeline and the settings that a job ran as a new profile of its workspace.

    Raises BadInput for a name that is none, or taken, also by a profile that ships; BadConfig or NotFound when the plan
    no longer runs here.
    """
    name = _checked(name, job)
    profile = Profile(
        workspace=job.workspace,
        name=name,
        description=" ".join(description.split()),
        pipeline=job.plan["pipeline"],
        configs=_differing(job.plan["configs"]),
    )
    with transaction.atomic():
        save_profile(profile, by=by)
        return Promotion.objects.create(job=job, profile=profile, made_by=by)


def take_back(promotion_id: int) -> str:
    """Delete the profile that a promotion made; returns its name. Raises Refused when too much time has passed, and
    when the profile was changed or used since."""
    with transaction.atomic():
        promotion = (
            Promotion.objects.select_for_update(of=("self",)).select_related("job", "profile").get(pk=promotion_id)
        )
        reason = why_not_back(promotion)
        if reason:
            raise Refused(reason)
        name: str = promotion.profile.name
        promotion.profile.delete()
    return name


def why_not_back(promotion: Promotion) -> str:
    """Why the promotion cannot be taken back, as a sentence; empty when it can."""
    profile = promotion.profile
    if profile.version != 1:
        return f"{profile.name} was changed since and is now v{profile.version}; it stays."
    used: Any = Job.objects.filter(
        timeline__source_asset__workspace=profile.workspace, profile_name=profile.name, created_at__gt=promotion.made_at
    )
    if used.exists():
        return f"{profile.name} was used by a job since; it stays."
    if timezone.now() - promotion.made_at > timedelta(minutes=UNDO_MINUTES):
        return f"{profile.name} was made more than {UNDO_MINUTES} minutes ago; it stays."
    return ""


def suggested_name(job: Job) -> str:
    """A free name to begin with: the profile's with a number."""
    taken = set(Profile.objects.in_workspace(job.workspace).values_list("name", flat=True))
    for number in range(2, 1000):
        suffix = f"_{number}"
        name = job.profile_name[: _LONGEST_NAME - len(suffix)] + suffix
        if name not in taken:
            return name
    return ""


def _checked(name: str, job: Job) -> str:
    name = name.strip()
    try:
        validate_slug(name)
    except ValidationError as error:
        raise BadInput("A profile's name has letters without accents, digits, _ and -; no spaces.") from error
    if len(name) > _LONGEST_NAME:
        raise BadInput(f"A profile's name has at most {_LONGEST_NAME} characters; this one has {len(name)}.")
    there = Profile.objects.in_workspace(job.workspace).filter(name=name).first()
    if there is not None:
        whose = f"in {job.workspace}" if there.workspace_id else "that ships with MPR"
        raise BadInput(f"There is already a profile “{name}” {whose}; choose another name.")
    return name


def _differing(configs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each stage's settings those that are not the defaults, which is what a profile holds."""
    found = {}
    for name, values in configs.items():
        try:
            usual = defaults(registry().stage(name).config)
        except MprError:
            # A stage that is no longer installed; saving says so.
            usual = {}
        changed = {setting: value for setting, value in values.items() if usual.get(setting, ...) != value}
        if changed:
            found[name] = changed
    return found
