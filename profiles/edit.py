"""Writing profiles: each change is one function here, and nothing unrunnable is ever stored."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from mpr.errors import BadConfig, BadInput, Refused
from mpr.workspaces.models import Workspace
from profiles.models import Profile, ProfileVersion
from profiles.plan import Plan, make_plan

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_NAME_LENGTH = Profile._meta.get_field("name").max_length or 80


def check_profile(pipeline: Any, configs: Any) -> Plan:
    """The plan of a pipeline and its configs as they came from a person.

    Raises BadConfig or NotFound with a sentence that names what is wrong.
    """
    if not isinstance(pipeline, dict):
        raise BadConfig("The pipeline must be an object with “stages”, and “edges” and “routing” where needed.")
    if not isinstance(configs, dict):
        raise BadConfig("The configs must be an object of stages, each with an object of its settings.")
    return make_plan(pipeline, configs)


def save_profile(
    profile: Profile, *, seen_version: int | None = None, by: User | AnonymousUser | None = None
) -> Profile:
    """Store a new or changed profile of a workspace; a changed pipeline or config makes the next version.

    `seen_version` is the version the change was made on; a newer one in the database refuses it, so that nobody
    overwrites what they have not seen; `by` is noted with the version. Raises BadConfig, NotFound, BadInput (name
    taken), Refused (shipped, stale).
    """
    if profile.workspace is None:
        raise Refused(f"{profile.name} ships with MPR and cannot be changed; duplicate it and change the copy.")
    check_profile(profile.pipeline, profile.configs)
    try:
        with transaction.atomic():
            stored = Profile.objects.select_for_update().filter(pk=profile.pk).first()
            if stored is not None:
                profile.version = _next_version(profile, stored, seen_version)
            profile.save()
            keep_version(profile, by=by)
    except IntegrityError as error:
        if "profile_one_per_name" not in str(error):
            raise
        raise BadInput(
            f"There is already a profile “{profile.name}” in {profile.workspace}; choose another name."
        ) from error
    return profile


def keep_version(profile: Profile, *, by: User | AnonymousUser | None = None) -> None:
    """Note what a stored profile says in its present version; a version that is noted stays as it is."""
    who = by.pk if by is not None and by.is_authenticated else None
    said = {"pipeline": profile.pipeline, "configs": profile.configs, "by_id": who}
    ProfileVersion.objects.get_or_create(profile=profile, version=profile.version, defaults=said)


def duplicate_profile(
    profile: Profile, *, workspace: Workspace, name: str = "", by: User | AnonymousUser | None = None
) -> Profile:
    """A copy of a profile in a workspace, to be tweaked. Without a name it is called after the original.

    Raises BadInput when the name is taken, BadConfig or NotFound when the original no longer runs here.
    """
    copy = Profile(
        workspace=workspace,
        name=name or _free_name(profile.name, workspace),
        description=profile.description,
        pipeline=profile.pipeline,
        configs=profile.configs,
    )
    return save_profile(copy, by=by)


def _next_version(profile: Profile, stored: Profile, seen_version: int | None) -> int:
    if stored.workspace_id is None:
        raise Refused(f"{stored.name} ships with MPR and cannot be changed; duplicate it and change the copy.")
    if seen_version is not None and seen_version != stored.version:
        raise Refused(
            f"{stored.name} was changed by someone else meanwhile and is now v{stored.version}; "
            "open it again and repeat your change."
        )
    changed = (profile.pipeline, profile.configs) != (stored.pipeline, stored.configs)
    return stored.version + changed


def _free_name(name: str, workspace: Workspace) -> str:
    taken = set(Profile.objects.in_workspace(workspace).values_list("name", flat=True))
    for number in count(1):
        suffix = "_copy" if number == 1 else f"_copy_{number}"
        candidate = name[: _NAME_LENGTH - len(suffix)] + suffix
        if candidate not in taken:
            return candidate
    raise AssertionError("count() does not end")
