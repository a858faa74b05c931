"""Files that a person sends in parts.

The protocol is that of tus (https://tus.io/protocols/resumable-upload) in its core: an upload has an offset, a part is
sent with the offset at which it begins, and whoever was cut off asks for the offset and goes on. There is no library
for it that keeps up with Django (django-tus has had no release since Django 3.1). For S3 the parts go straight to the
bucket, to addresses that we sign, and the bucket counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from mpr.assets.ingest import check_room, clean_name
from mpr.assets.intake.models import Intake, IntakeState, IntakeWay
from mpr.assets.intake.states import hand_over, locked
from mpr.assets.kinds import check_kind
from mpr.errors import BadInput, NotFound, Refused
from mpr.storage.buckets import media_in
from mpr.storage.growing import GrowingFiles
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PART_BYTES = 8 * 1024 * 1024
# S3 takes 10,000 parts at most, none but the last below 5 MiB.
_MOST_PARTS = 10_000
_MOST_BYTES = 5 * 1024**4
_MOST_ADDRESSES = 50
_MOST_OPEN = 100
_ADDRESS_VALID_S = 3600
# A part may come in smaller pieces from other programs, but no larger: it is written in one go.
LARGEST_PART_BYTES = 64 * 1024 * 1024


class OtherOffset(Refused):
    """The part does not begin where the upload has come to."""

    code = "other_offset"

    def __init__(self, intake: Intake, given: int) -> None:
        self.received = intake.received
        super().__init__(
            f"{intake.received} bytes of {intake.filename} are here, and this part begins at {given}; go on from "
            f"{intake.received}."
        )


def begin(workspace: Workspace, user: User, *, filename: str, file_size: int, fingerprint: str) -> tuple[Intake, bool]:
    """An upload to send parts to, and whether it is new: the person's own upload of the same file is gone on with.

    Raises BadInput for what is no video by its name or size, StorageFull when there is no room for it, Refused when too
    many uploads of the person are open.
    """
    name = clean_name(filename)
    check_kind(name)
    if file_size <= 0:
        raise BadInput(f"{name} is empty; export it again.")
    if file_size > _MOST_BYTES:
        raise BadInput(f"{name} is larger than {_MOST_BYTES // 1024**4} TiB; split it first.")
    mine = Intake.objects.filter(workspace=workspace, created_by=user, state=IntakeState.OPEN)
    if fingerprint:
        known = mine.filter(fingerprint=fingerprint, file_size=file_size).order_by("-touched_at").first()
        if known is not None and (found := _counted(known)) is not None:
            return found, False
    if mine.count() >= _MOST_OPEN:
        raise Refused(f"{_MOST_OPEN} of your uploads are open; finish some or give them up first.")
    check_room(name, file_size)
    intake = Intake(
        workspace=workspace, created_by=user, filename=name, file_size=file_size, fingerprint=fingerprint,
        way=IntakeWay.BUCKET if media_in.folder is None else IntakeWay.SERVER, part_size=_part_size(file_size),
    )  # fmt: skip
    intake.key = f"uploads/{intake.pk}"
    if intake.way == IntakeWay.BUCKET:
        intake.multipart_id = media_in.begin_parts(intake.key)
    intake.save()
    return intake, True


def put_part(intake_id: UUID, offset: int, blocks: Iterable[bytes]) -> Intake:
    """Write what comes at the offset. Raises OtherOffset when the upload has come to another place, StorageFull,
    Refused when it is not open."""
    with transaction.atomic():
        intake = _open(intake_id)
        if intake.way != IntakeWay.SERVER:
            raise Refused(f"The parts of {intake.filename} go to the bucket; ask for their addresses.")
        there = min(intake.received, growing().size(str(intake.pk)))
        if there < intake.received:
            # The machine lost what it had not yet written down.
            Intake.objects.filter(pk=intake.pk).update(received=there)
            intake.received = there
        lost = offset != intake.received
        if not lost:
            room = min(intake.file_size - offset, LARGEST_PART_BYTES)
            intake.received += growing().append(str(intake.pk), offset, blocks, at_most=room)
            intake.touched_at = timezone.now()
            intake.save(update_fields=["received", "touched_at"])
    if lost:
        raise OtherOffset(intake, offset)
    return intake


def part_addresses(intake_id: UUID, numbers: Sequence[int]) -> dict[int, str]:
    """Where to PUT parts, for an hour. Raises BadInput for a part that the file does not have."""
    with transaction.atomic():
        intake = _open(intake_id)
        if intake.way != IntakeWay.BUCKET:
            raise Refused(f"The parts of {intake.filename} go to MPR; send them with PATCH.")
        last = -(-intake.file_size // intake.part_size)
        if not numbers or len(numbers) > _MOST_ADDRESSES or not all(1 <= number <= last for number in numbers):
            raise BadInput(f"Ask for 1 to {_MOST_ADDRESSES} parts at a time; {intake.filename} has parts 1 to {last}.")
        intake.touched_at = timezone.now()
        intake.save(update_fields=["touched_at"])
    return {
        number: media_in.part_address(intake.key, intake.multipart_id, number, valid_s=_ADDRESS_VALID_S)
        for number in numbers
    }


def missing_parts(intake: Intake) -> list[int]:
    """The parts of an open upload to the bucket that are not there whole. Raises NotFound when the bucket has given it
    up."""
    there = media_in.parts(intake.key, intake.multipart_id)
    last = -(-intake.file_size // intake.part_size)
    return [number for number in range(1, last + 1) if there.get(number, (0, ""))[0] != _bytes_of(intake, number)]


def finish(intake_id: UUID) -> Intake:
    """All parts are there: have a worker take the file in. Doing it again changes nothing.

    Raises Refused when parts are missing, NotFound when the upload is over.
    """
    with transaction.atomic():
        intake = locked(intake_id)
        if intake.state != IntakeState.OPEN:
            return intake
        lost = not (_finish_in_bucket(intake) if intake.way == IntakeWay.BUCKET else _finish_here(intake))
        if not lost:
            hand_over(intake, received=intake.file_size)
    if lost:
        raise Refused(
            f"{intake.received} of the {intake.file_size} bytes of {intake.filename} are here; send the rest first."
        )
    return intake


def give_up(intake_id: UUID) -> None:
    """Forget an intake and what has come of it. A file that lies in media_in stays there. Raises Refused while a worker
    reads it, NotFound when it is over."""
    with transaction.atomic():
        intake = locked(intake_id)
        if intake.state == IntakeState.RUNNING:
            raise Refused(f"{intake.filename} is being read; wait until it is in the library, then delete it there.")
        forget_bytes(intake)
        intake.delete()


def forget_bytes(intake: Intake) -> None:
    """Remove what has come of an upload."""
    if intake.way == IntakeWay.SERVER:
        growing().remove(str(intake.pk))
    elif intake.way == IntakeWay.BUCKET:
        if intake.state == IntakeState.OPEN:
            media_in.abort_parts(intake.key, intake.multipart_id)
        media_in.delete(intake.key)


def counted(intake: Intake) -> Intake:
    """The same with `received` as it is in truth. Raises NotFound when the bucket has given the upload up."""
    found = _counted(intake)
    if found is None:
        raise NotFound(f"The bucket has given up the upload of {intake.filename}; begin it again.")
    return found


def growing() -> GrowingFiles:
    """Where uploads to this machine lie. Raises Refused when footage lies on S3."""
    if media_in.folder is None:
        raise Refused("Footage lies on S3 by now; begin the upload again.")
    return GrowingFiles(media_in.folder)


def _counted(intake: Intake) -> Intake | None:
    if intake.state != IntakeState.OPEN:
        return intake
    if intake.way == IntakeWay.SERVER:
        if media_in.folder is None:
            return None
        intake.received = min(intake.received, growing().size(str(intake.pk)))
        return intake
    try:
        missing = missing_parts(intake)
    except NotFound:
        return None
    intake.received = intake.file_size - sum(_bytes_of(intake, number) for number in missing)
    return intake


def _open(intake_id: UUID) -> Intake:
    intake = locked(intake_id)
    if intake.state != IntakeState.OPEN:
        raise Refused(f"{intake.filename} is all here; nothing more can be sent.")
    return intake


def _finish_here(intake: Intake) -> bool:
    there = growing().finish(str(intake.pk))
    intake.received = min(intake.received, there)
    intake.save(update_fields=["received"])
    return intake.received == intake.file_size


def _finish_in_bucket(intake: Intake) -> bool:
    there = media_in.parts(intake.key, intake.multipart_id)
    last = -(-intake.file_size // intake.part_size)
    whole = {number: tag for number, (size, tag) in there.items() if size == _bytes_of(intake, number)}
    if set(whole) != set(range(1, last + 1)):
        intake.received = sum(_bytes_of(intake, number) for number in whole)
        return False
    media_in.finish_parts(intake.key, intake.multipart_id, whole)
    return True


def _part_size(file_size: int) -> int:
    """Whole MiB, such that S3's number of parts is enough."""
    mib = 1024 * 1024
    return max(PART_BYTES, -(-file_size // (_MOST_PARTS * mib)) * mib)


def _bytes_of(intake: Intake, number: int) -> int:
    return max(0, min(intake.part_size, intake.file_size - (number - 1) * intake.part_size))
