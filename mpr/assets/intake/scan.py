"""Files that somebody dropped into media_in: which there are, and taking them in.

A file belongs to the workspace whose name its first folder has, and otherwise to the one that exists from the start. It
becomes an asset and is moved to its place by what is in it; one that cannot be read stays where it lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from mpr.assets.ingest import clean_name
from mpr.assets.intake.models import Intake, IntakeState, IntakeWay
from mpr.assets.intake.states import hand_over
from mpr.assets.kinds import may_be_video
from mpr.assets.models import MediaAsset
from mpr.errors import NotFound, Refused
from mpr.storage.buckets import Stored, media_in
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Where MPR itself keeps what it takes in and makes.
OWN_FOLDERS = frozenset({"assets", "chunks", "exemplars", "uploads"})
# Whoever copies a file writes to it again within this time.
_SETTLED_S = 5.0
MOST_SHOWN = 1000


class Condition(StrEnum):
    """What may become of a file that was found."""

    READY = "ready"
    GROWING = "growing"
    UNDER_WAY = "under_way"
    FAILED = "failed"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file in media_in that no asset is made of. `said` is why it is not taken in, empty when it can be."""

    key: str
    size: int
    changed_at: datetime
    condition: Condition
    said: str = ""
    intake: Intake | None = None


def scan(workspace: Workspace) -> list[Found]:
    """What lies in media_in for a workspace, by key; MOST_SHOWN at most. Raises what the storage raises."""
    intakes = {intake.key: intake for intake in Intake.objects.under_way().filter(way=IntakeWay.FOUND)}
    found = []
    for stored in _strangers(workspace):
        found.append(_judged(stored, intakes.get(stored.key)))
        if len(found) == MOST_SHOWN:
            break
    return found


def take_in_found(workspace: Workspace, keys: Sequence[str] | None, user: User | None) -> list[Intake]:
    """Have workers take in these files, or all that can be. Raises NotFound for one that does not lie there, Refused
    with the reason for one that cannot be taken in now."""
    there = {found.key: found for found in scan(workspace)}
    wanted = _wanted(there, keys)
    intakes = []
    for found in wanted:
        with transaction.atomic():
            intakes.append(_begun(workspace, found, user))
    return intakes


def _wanted(there: dict[str, Found], keys: Sequence[str] | None) -> list[Found]:
    if keys is None:
        return [found for found in there.values() if found.condition == Condition.READY]
    wanted = []
    for key in keys:
        found = there.get(key)
        if found is None:
            raise NotFound(f"There is no file {key} in media_in, or it is in the library; scan again.")
        if found.condition not in (Condition.READY, Condition.FAILED):
            raise Refused(f"{key} cannot be taken in now: {found.said}")
        wanted.append(found)
    return wanted


def _begun(workspace: Workspace, found: Found, user: User | None) -> Intake:
    if found.intake is not None:
        intake = Intake.objects.select_for_update().get(pk=found.intake.pk)
        hand_over(intake, file_size=found.size, received=found.size)
        return intake
    intake = Intake(
        workspace=workspace, created_by=user, filename=clean_name(PurePosixPath(found.key).name), key=found.key,
        file_size=found.size, received=found.size, way=IntakeWay.FOUND, state=IntakeState.OPEN,
    )  # fmt: skip
    try:
        with transaction.atomic():
            intake.save()
    except IntegrityError:
        # Somebody else scans at the same time.
        return Intake.objects.under_way().get(way=IntakeWay.FOUND, key=found.key)
    hand_over(intake)
    return intake


def _strangers(workspace: Workspace) -> Iterator[Stored]:
    """What lies there for the workspace and is no asset's."""
    names = {other.name.casefold(): other for other in Workspace.objects.all()}
    default = Workspace.objects.default()
    held = set(MediaAsset.objects.exclude(file_path="").values_list("file_path", flat=True))
    for stored in media_in.listed():
        first, slash, _ = stored.key.partition("/")
        hidden = any(part.startswith(".") for part in PurePosixPath(stored.key).parts)
        if hidden or (slash and first in OWN_FOLDERS) or stored.key in held:
            continue
        if (names.get(first.casefold(), default) if slash else default) == workspace:
            yield stored


def _judged(stored: Stored, intake: Intake | None) -> Found:
    condition, said = Condition.READY, ""
    if intake is not None and intake.state == IntakeState.FAILED:
        condition, said = Condition.FAILED, intake.error_message
    elif intake is not None:
        condition, said = Condition.UNDER_WAY, f"{intake.get_state_display()}."
    elif not may_be_video(stored.key):
        condition, said = Condition.OTHER, "Its name is not that of a video."
    elif stored.size == 0:
        condition, said = Condition.OTHER, "It is empty."
    elif datetime.now(UTC) - stored.changed_at < timedelta(seconds=_SETTLED_S):
        condition, said = Condition.GROWING, "It was written to a moment ago; scan again when it is all here."
    return Found(
        key=stored.key, size=stored.size, changed_at=stored.changed_at, condition=condition, said=said, intake=intake
    )
