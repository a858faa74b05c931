"""Presets of report settings: a workspace's own, kept in the database, and those that ship."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from detection.models import ReportPreset, ReportPresetVersion
from detection.report.presets import shipped_presets
from detection.report.settings import Config
from mpr.errors import BadInput, NotFound, Refused
from mpr.pipeline.config import did_you_mean, parse, plain
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A version of a preset; `shipped` says that it is part of MPR, `newest` is the number of the last version."""

    name: str
    description: str
    version: int
    newest: int
    shipped: bool
    settings: Mapping[str, Any]
    created_at: datetime | None = None
    created_by: str | None = None


def list_presets(workspace: Workspace) -> list[Preset]:
    """The newest version of every preset that can be named in a workspace, by name."""
    found = {name: _shipped(name, None) for name in shipped_presets()}
    found |= {preset.name: _own(preset, None) for preset in workspace.report_presets.all()}
    return [found[name] for name in sorted(found)]


def find_preset(name: str, workspace: Workspace, *, version: int | None = None) -> Preset:
    """The workspace's preset of that name, else the shipped one; the newest version when none is given. Raises
    NotFound with the nearest name, or with the versions there are."""
    own = workspace.report_presets.filter(name=name).first()
    if own is not None:
        return _own(own, version)
    if name in shipped_presets():
        return _shipped(name, version)
    names = sorted({*shipped_presets(), *workspace.report_presets.values_list("name", flat=True)})
    raise NotFound(f"There is no preset “{name}”.{did_you_mean(name, names)}")


def save_preset(
    workspace: Workspace,
    name: str,
    settings: Mapping[str, Any],
    *,
    description: str | None = None,
    user: User | None = None,
    seen_version: int | None = None,
) -> Preset:
    """Store a preset of a workspace; other settings than its newest version has make the next one.

    What `settings` does not name has its default. `seen_version` is the version that an edit was made on: a newer one
    refuses it. Raises BadConfig for settings that cannot be, BadInput for a name that is none, Refused (stale).
    """
    check_name(name)
    whole = plain(parse(Config, settings, owner=f"The preset {name}"))
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        preset = workspace.report_presets.filter(name=name).first() or ReportPreset(workspace=workspace, name=name)
        newest = preset.versions.first() if preset.pk else None
        if seen_version is not None and newest is not None and newest.version != seen_version:
            raise Refused(f"{name} is at version {newest.version} by now, not {seen_version}; load it again.")
        if description is not None:
            preset.description = description
        preset.save()
        if newest is None or newest.settings != whole:
            ReportPresetVersion.objects.create(
                preset=preset, version=newest.version + 1 if newest else 1, settings=whole, created_by=user
            )
        return _own(preset, None)


def delete_preset(workspace: Workspace, name: str) -> None:
    """Remove a preset with all its versions; reports that name it keep their settings. Raises NotFound, or Refused for
    one that ships."""
    deleted, _ = workspace.report_presets.filter(name=name).delete()
    if not deleted:
        if name in shipped_presets():
            raise Refused(f"{name} ships with MPR and cannot be removed.")
        find_preset(name, workspace)


def _own(preset: ReportPreset, version: int | None) -> Preset:
    newest = preset.versions.select_related("created_by").first()
    found = newest if version is None else preset.versions.select_related("created_by").filter(version=version).first()
    if newest is None or found is None:
        raise _no_version(preset.name, version, newest.version if newest else 0)
    return Preset(
        name=preset.name,
        description=preset.description,
        version=found.version,
        newest=newest.version,
        shipped=False,
        # A setting that came later has its default.
        settings=plain(parse(Config, found.settings, owner=f"The preset {preset.name}")),
        created_at=found.created_at,
        created_by=found.created_by.get_username() if found.created_by else None,
    )


def _shipped(name: str, version: int | None) -> Preset:
    preset = shipped_presets()[name]
    found = preset.newest if version is None else next((one for one in preset.versions if one.version == version), None)
    if found is None:
        raise _no_version(name, version, preset.newest.version)
    return Preset(
        name=name,
        description=preset.description,
        version=found.version,
        newest=preset.newest.version,
        shipped=True,
        settings=plain(parse(Config, found.settings, owner=f"The preset {name}")),
    )


def _no_version(name: str, version: int | None, newest: int) -> NotFound:
    return NotFound(f"The preset {name} has no version {version}; its versions are 1 to {newest}.")


def check_name(name: str) -> str:
    """A name that can stand in an address. Raises BadInput."""
    if not name or not all(sign.isalnum() or sign in "-_" for sign in name) or not name.isascii():
        raise BadInput(f"“{name}” is no name for a preset; use letters, digits, hyphens and underscores.")
    return name
