"""The profiles that ship: one JSON file each, mirrored into the database by `sync_profiles`."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec
from django.db import transaction

from mpr.errors import BadConfig
from profiles.edit import check_profile, keep_version
from profiles.models import Profile


class ShippedProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A profile as its file states it."""

    name: str
    description: str
    pipeline: dict[str, Any]
    configs: dict[str, Any]


def read_profiles() -> list[ShippedProfile]:
    """The shipped profiles by name, each checked. Raises BadConfig or NotFound naming the file."""
    found = []
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".json"):
            continue
        try:
            profile = msgspec.json.decode(file.read_bytes(), type=ShippedProfile)
        except msgspec.DecodeError as error:
            raise BadConfig(f"The shipped profile {file.name} cannot be read: {error}.") from error
        check_profile(profile.pipeline, profile.configs)
        found.append(profile)
    return found


@transaction.atomic
def sync_profiles() -> list[str]:
    """Bring the shipped profiles in the database up to their files; a changed one gets the next version.

    Workspaces' own profiles stay as they are. Returns one line for each change made.
    """
    changes = []
    for shipped in read_profiles():
        stored = Profile.objects.select_for_update().filter(workspace=None, name=shipped.name).first()
        if stored is None:
            stored = Profile(name=shipped.name, version=0)
        elif (stored.pipeline, stored.configs, stored.description) == (
            shipped.pipeline,
            shipped.configs,
            shipped.description,
        ):
            continue
        stored.pipeline, stored.configs, stored.description = shipped.pipeline, shipped.configs, shipped.description
        stored.version += 1
        stored.save()
        keep_version(stored)
        changes.append(f"profile {stored}")
    return changes
