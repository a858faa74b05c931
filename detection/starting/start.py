"""Making a job of what a person chose: footage, a profile, and the brands to look for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from brands.folders import put_brands
from brands.models import Brand
from brands.session import session_brands
from brands.upload import GivenFile, read_files
from mpr.assets.models import MediaAsset, Timeline
from mpr.assets.timelines import timeline_of
from mpr.errors import BadInput, NotFound, Unavailable
from mpr.jobs.create import create_job
from mpr.jobs.models import Job, Priority
from mpr.workspaces.access import require
from mpr.workspaces.models import Role
from profiles.plan import find_profile, make_plan

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_MATCHER = "match_brands"
MOST_FILES = 2000
MOST_FILE_BYTES = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen. Without a timeline it is the whole of the asset; `names` and `files` are brands to look for
    alone, all of the workspace's when both are empty."""

    profile: str
    timeline_id: str = ""
    names: tuple[str, ...] = ()
    files: tuple[GivenFile, ...] = ()
    is_urgent: bool = False


@dataclass(frozen=True, kw_only=True)
class Started:
    """The job, and what a person must know of it."""

    job: Job
    warning: str = ""


def start(asset: MediaAsset, choice: Choice, user: User) -> Started:
    """Validate all of it, add the brands of a list or folder to the workspace, make the job and start it.

    Raises what is wrong with the choice as BadInput, BadConfig or NotFound; NotAllowed when a list is given by somebody
    who may not keep brands; Refused for footage that cannot be analysed. When the broker is away the job is kept, and
    the warning says so.
    """
    profile = find_profile(choice.profile, asset.workspace)
    make_plan(profile.pipeline, profile.configs, {_MATCHER: {"brands": []}} if choice.names or choice.files else None)
    timeline = _timeline(asset, choice.timeline_id, profile.name)
    overrides: dict[str, Any] = {}
    if brands := _brands(asset, choice, user):
        overrides = {_MATCHER: {"brands": [brand.canonical_name for brand in brands]}}
    before = set(timeline.jobs.values_list("pk", flat=True))
    try:
        job = create_job(
            timeline, profile_name=profile.name, overrides=overrides, created_by=user,
            priority=Priority.INTERACTIVE if choice.is_urgent else Priority.BATCH,
        )  # fmt: skip
    except Unavailable as error:
        kept = timeline.jobs.filter(created_by=user).exclude(pk__in=before).order_by("-created_at").first()
        if kept is None:
            raise
        return Started(job=kept, warning=error.message)
    return Started(job=job)


def given_files(paths: str, names: Sequence[str], contents: Sequence[bytes]) -> tuple[GivenFile, ...]:
    """Files that a browser sent; `paths` is where they lie in their folder, as JSON in their order, because a browser's
    form gives away their names alone. Raises BadInput."""
    try:
        told = json.loads(paths) if paths else list(names)
    except json.JSONDecodeError as error:
        raise BadInput("The paths of the brand files cannot be read; choose the folder again.") from error
    if not isinstance(told, list) or len(told) != len(contents) or not all(isinstance(path, str) for path in told):
        told = list(names)
    return tuple(GivenFile(path=path, data=data) for path, data in zip(told, contents, strict=True))


def _timeline(asset: MediaAsset, timeline_id: str, profile_name: str) -> Timeline:
    if not timeline_id:
        return timeline_of(asset, profile_name=profile_name)
    found = next((timeline for timeline in asset.timelines.all() if str(timeline.pk) == timeline_id), None)
    if found is None:
        raise NotFound("This timeline is gone; choose another one.")
    return found


def _brands(asset: MediaAsset, choice: Choice, user: User) -> list[Brand]:
    brands: list[Brand] = []
    if choice.files:
        require(user, asset.workspace, Role.CURATOR)
        brands += put_brands(read_files(choice.files), workspace=asset.workspace)
    if choice.names:
        brands += session_brands(asset.workspace, choice.names)
    return list({brand.pk: brand for brand in brands}.values())
