"""Taking a video file in: hash, probe, store, and one row that says how it went."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from django.core.files.storage import FileSystemStorage
from django.db import connection, transaction

from mpr.assets.intake.models import IntakeStep
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.assets.probe import Probe, probe
from mpr.errors import BadInput, BadVideo, MprError, StorageFull, from_os_error
from mpr.storage.buckets import media_in
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Progress = Callable[[int, int], None]
OnStep = Callable[[IntakeStep], None]
Put = Callable[[str], None]
OnOpened = Callable[[MediaAsset], None]

_BLOCK_BYTES = 1024 * 1024
# Left free when footage is copied, so that the database and the frame cache on the same disk can still write.
_RESERVE_BYTES = 256 * 1024 * 1024


def ingest(
    path: Path,
    *,
    workspace: Workspace,
    filename: str | None = None,
    progress: Progress | None = None,
    on_step: OnStep | None = None,
    on_opened: OnOpened | None = None,
    put: Put | None = None,
    created_by: User | None = None,
) -> MediaAsset:
    """The asset for a local file, known or new. `progress(done, total)` counts bytes hashed, `on_step` hears what is
    done next, `on_opened` which asset it is going to be; `put(key)` stores the file, without it it is copied.

    A file whose content the workspace already has gives that asset, which is restored if it was deleted. One that
    cannot be analysed gives an asset in state error that says why, and nothing is stored. Raises BadInput when there is
    no such file; StorageFull and Unavailable when it cannot be stored, with the asset in state error too.
    """
    name = clean_name(filename or path.name)
    tell = on_step or (lambda step: None)
    tell(IntakeStep.HASHING)
    sha256, size_bytes = _digest(path, name, progress or (lambda done, total: None))
    known = MediaAsset.objects.filter(workspace=workspace, sha256=sha256, status=AssetStatus.READY).first()
    if known is not None:
        return _undeleted(known)
    asset = _opened(workspace, name, sha256, size_bytes, created_by)
    if on_opened is not None:
        on_opened(asset)
    key = storage_key(sha256, name)
    try:
        tell(IntakeStep.PROBING)
        facts = probe(path, name=name)
        tell(IntakeStep.STORING)
        with held(key):
            if not media_in.exists(key):
                (put or (lambda key: _copy(path, name, key, size_bytes)))(key)
            return _ready(asset, facts, key)
    except BadVideo as error:
        return _failed(asset, error)
    except BaseException as error:
        # Its row may be gone: another ingest of the same file came first, and failed later.
        if asset.pk is not None:
            _failed(asset, error if isinstance(error, MprError) else MprError())
        raise


@contextmanager
def held(key: str) -> Iterator[None]:
    """While the block runs nobody else stores or removes the file under this key of media_in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"media_in/{key}"])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"media_in/{key}"])


def storage_key(sha256: str, name: str) -> str:
    """Where footage of that content lies in media_in; the suffix tells browsers what it is."""
    suffix = re.fullmatch(r"\.[a-z0-9]{1,5}", Path(name).suffix.lower())
    return f"assets/{sha256[:2]}/{sha256}{suffix.group() if suffix else ''}"


def _digest(path: Path, name: str, progress: Progress) -> tuple[str, int]:
    """SHA-256 and size, without holding the file in memory."""
    try:
        if not path.exists():
            raise BadInput(f"There is no file {path}; check the path.")
        if not path.is_file():
            raise BadInput(f"{path} is not a file; give a video file.")
        total = path.stat().st_size
        digest = hashlib.sha256()
        done = 0
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                done += len(block)
                progress(done, max(done, total))
    except PermissionError as error:
        raise BadInput(f"{path} may not be read by this user; change its permissions.") from error
    except OSError as error:
        raise from_os_error(error, f"read {name}") from error
    return digest.hexdigest(), done


def _undeleted(asset: MediaAsset) -> MediaAsset:
    """Who brings deleted footage again wants it back."""
    if asset.deleted_at is not None:
        asset.deleted_at = asset.deleted_by = None
        asset.save(update_fields=["deleted_at", "deleted_by"])
    return asset


def _opened(workspace: Workspace, name: str, sha256: str, size_bytes: int, created_by: User | None) -> MediaAsset:
    """A pending asset. A file that failed before takes up its old row again instead of adding one per try."""
    failed = MediaAsset.objects.filter(
        workspace=workspace, sha256=sha256, filename=name, status=AssetStatus.ERROR
    ).first()
    asset = failed or MediaAsset(workspace=workspace, filename=name, sha256=sha256, created_by=created_by)
    asset.deleted_at = asset.deleted_by = None
    asset.file_size = size_bytes
    asset.status = AssetStatus.PENDING
    asset.error_message = ""
    asset.save()
    return asset


def _copy(path: Path, name: str, key: str, size_bytes: int) -> None:
    check_room(name, size_bytes)
    media_in.put_file(key, path)


def check_room(name: str, size_bytes: int) -> None:
    """Raises StorageFull when the folder of footage has no room for so many bytes; what S3 has is not known."""
    storage = media_in.storage
    if not isinstance(storage, FileSystemStorage):
        return
    folder = Path(storage.location)
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < size_bytes + _RESERVE_BYTES:
        raise StorageFull(
            f"{name} needs {_size(size_bytes)}, but the storage folder has {_size(free)} free and must keep "
            f"{_size(_RESERVE_BYTES)}; free some space or set MPR_MEDIA_IN_DIR to another disk."
        )


def _ready(asset: MediaAsset, facts: Probe, key: str) -> MediaAsset:
    try:
        with transaction.atomic():
            # Two ingests of one file at the same time: the first one to get here makes the asset.
            Workspace.objects.select_for_update().get(pk=asset.workspace_id)
            known = MediaAsset.objects.filter(
                workspace_id=asset.workspace_id, sha256=asset.sha256, status=AssetStatus.READY
            ).first()
            if known is not None:
                asset.delete()
                return _undeleted(known)
            asset.status = AssetStatus.READY
            asset.file_path = key
            asset.duration_s = facts.duration_s
            asset.fps = facts.fps
            asset.width = facts.width
            asset.height = facts.height
            asset.video_codec = facts.video_codec
            asset.audio_codec = facts.audio_codec
            asset.bitrate = facts.bitrate
            asset.properties = msgspec.to_builtins(facts.properties)
            asset.save()
    except BaseException:
        if not MediaAsset.objects.filter(file_path=key).exists():
            media_in.delete(key)
        raise
    return asset


def _failed(asset: MediaAsset, error: MprError) -> MediaAsset:
    asset.status = AssetStatus.ERROR
    asset.error_message = error.message
    asset.save(update_fields=["status", "error_message"])
    return asset


def clean_name(name: str) -> str:
    """A name that fits the column: valid Unicode, no control characters, the end with its suffix kept."""
    valid = name.encode("utf-8", "replace").decode()
    return "".join(letter for letter in valid if letter.isprintable())[-255:] or "video"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
