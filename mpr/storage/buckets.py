"""The buckets as `mpr.pipeline.blobs.Blobs`, over whatever storage the settings name."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from s3transfer.exceptions import RetriesExceededError

from mpr.errors import AccessDenied, BadInput, MprError, NotFound, Refused, StorageFull, Unavailable, from_os_error
from mpr.pipeline.blobs import Under
from mpr.storage.local import WORKPLACE, AtomicFileSystemStorage

_DELETIONS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An object as a listing tells it."""

    key: str
    size: int
    changed_at: datetime


class Bucket:
    """One storage alias. Implements Blobs."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._signer: tuple[Any, str, Any] | None = None

    @property
    def folder(self) -> Path | None:
        """Where the files lie when this is a local folder; None for S3."""
        return Path(self.storage.location) if self._is_folder else None

    @property
    def storage(self) -> Any:
        return storages[self.alias]

    def write(self, key: str, data: bytes) -> None:
        with self._domain_errors("write", key):
            self.storage.save(key, ContentFile(data))

    def read(self, key: str) -> bytes:
        with self._domain_errors("read", key):
            if self._is_folder:
                return self._path(key).read_bytes()
            return bytes(self._object(key).get()["Body"].read())

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        with self._domain_errors("read", key):
            if self._is_folder:
                with self._path(key).open("rb") as file:
                    file.seek(offset)
                    return file.read(size)
            return _get_range(self._object(key), offset, size)

    def exists(self, key: str) -> bool:
        with self._domain_errors("look for", key):
            return bool(self.storage.exists(key))

    def delete(self, key: str) -> None:
        """Remove one object; nothing happens when it is not there."""
        with self._domain_errors("delete", key):
            self.storage.delete(key)

    def keys(self, folder: str) -> Iterator[str]:
        """Every key below a folder, in no order; none when there is no such folder."""
        with self._domain_errors("list", folder):
            if self._is_folder:
                root = self._path(folder)
                for path, _, names in os.walk(root):
                    below = Path(path).relative_to(root)
                    yield from (f"{folder}/{(below / name).as_posix()}" for name in names)
                return
            prefix = self._prefix(folder)
            for stored in self.storage.bucket.objects.filter(Prefix=prefix):
                yield f"{folder}/{stored.key.removeprefix(prefix)}"

    def listed(self) -> Iterator[Stored]:
        """Every object there is but those that are being written, in the order of the keys."""
        with self._domain_errors("list", "what lies there"):
            if self._is_folder:
                yield from _files_in(Path(self.storage.location))
                return
            prefix = self._prefix("").lstrip("/")
            for stored in self.storage.bucket.objects.filter(Prefix=prefix):
                yield Stored(
                    key=stored.key.removeprefix(prefix),
                    size=stored.size,
                    changed_at=stored.last_modified.astimezone(UTC),
                )

    def delete_below(self, folder: str) -> None:
        """Remove a folder and everything in it; nothing happens when it is not there."""
        with self._domain_errors("delete", folder):
            if self._is_folder:
                with suppress(FileNotFoundError):
                    shutil.rmtree(self._path(folder))
                return
            stored = self.storage.bucket.objects.filter(Prefix=self._prefix(folder))
            delete = partial(self.storage.bucket.meta.client.delete_object, Bucket=self.storage.bucket.name)
            # One by one, because many servers refuse a batch that boto3 signs with the newer checksums.
            with ThreadPoolExecutor(_DELETIONS_AT_ONCE) as pool:
                for _ in pool.map(lambda key: delete(Key=key), [found.key for found in stored]):
                    pass

    def remove_leftovers(self, *, older_than_s: float) -> int:
        """Remove what killed writers left half written that long ago; returns how many. S3 keeps such parts out of
        sight, and a lifecycle rule of the bucket removes them."""
        if not isinstance(self.storage, AtomicFileSystemStorage):
            return 0
        with self._domain_errors("tidy up", WORKPLACE):
            return self.storage.remove_leftovers(older_than_s=older_than_s)

    def put_file(self, key: str, path: Path) -> None:
        """Store a local file under `key` without reading it into memory."""
        try:
            file = path.open("rb")
        except OSError as error:
            raise from_os_error(error, f"read {path.name}") from error
        with file, self._domain_errors("write", key):
            self.storage.save(key, File(file))

    def link_file(self, key: str, path: Path) -> None:
        """Store a local file under `key` without a second copy of it where it lies on the same disk; it stays where it
        is too. The two may be one file, so it must not be written to again."""
        if not self._is_folder or not self._linked(key, path):
            self.put_file(key, path)

    def copy(self, key: str, to: str) -> None:
        """Store an object under another key as well, without fetching it. Raises NotFound."""
        if self._is_folder:
            self.link_file(to, self._path(key))
            return
        with self._domain_errors("copy", key):
            # In parts where it is larger than one copy may be.
            self._object(to).copy({"Bucket": self.storage.bucket.name, "Key": self._object(key).key})

    def _linked(self, key: str, path: Path) -> bool:
        """Whether a second name could be given to the file: not across disks, and not on every kind of disk."""
        with self._domain_errors("write", key):
            target = self._path(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except FileExistsError:
                return os.path.samefile(path, target)
            except FileNotFoundError:
                raise
            except OSError:
                return False
            with suppress(PermissionError):
                os.chmod(target, 0o644)
            return True

    def begin_parts(self, key: str) -> str:
        """Begin an upload in parts; returns its id. S3 alone, like the next four."""
        with self._domain_errors("write", key):
            return str(self._object(key).initiate_multipart_upload().id)

    def part_address(self, key: str, upload_id: str, number: int, *, valid_s: int) -> str:
        """Where a browser may PUT a part without keys of its own, for so long. Part numbers go from 1 to 10,000."""
        with self._domain_errors("sign", key):
            target = self._object(key)
            return str(
                self._signing_client().generate_presigned_url(
                    "upload_part",
                    Params={
                        "Bucket": target.bucket_name, "Key": target.key, "UploadId": upload_id, "PartNumber": number,
                    },
                    ExpiresIn=valid_s,
                )
            )  # fmt: skip

    def parts(self, key: str, upload_id: str) -> dict[int, tuple[int, str]]:
        """The parts that are there: {number: (bytes, tag)}. Raises NotFound when the upload is over."""
        with self._domain_errors("look at", key):
            found = self._object(key).MultipartUpload(upload_id).parts.all()
            return {part.part_number: (part.size, part.e_tag) for part in found}

    def finish_parts(self, key: str, upload_id: str, tags: dict[int, str]) -> None:
        """Make the object of its parts. Raises NotFound when the upload is over."""
        parts = [{"PartNumber": number, "ETag": tags[number]} for number in sorted(tags)]
        with self._domain_errors("write", key):
            self._object(key).MultipartUpload(upload_id).complete(MultipartUpload={"Parts": parts})

    def abort_parts(self, key: str, upload_id: str) -> None:
        """Give an upload up and remove its parts; nothing happens when it is over."""
        with suppress(NotFound), self._domain_errors("delete", key):
            self._object(key).MultipartUpload(upload_id).abort()

    def size(self, key: str) -> int:
        """How many bytes an object has. Raises NotFound."""
        with self._domain_errors("look at", key):
            return int(self.storage.size(key))

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """The file itself for local folders; for S3 a temporary copy that goes when the context closes."""
        if self._is_folder:
            if not self.exists(key):
                raise _missing(self.alias, key)
            yield self._path(key)
            return
        with tempfile.NamedTemporaryFile(suffix=Path(key).suffix) as copy:
            with self._domain_errors("fetch", key):
                self._object(key).download_fileobj(copy)
                copy.flush()
            yield Path(copy.name)

    def local_path(self, key: str) -> Path:
        """Where the file of a key lies, or would lie. Raises BadInput for a key outside, Refused for S3."""
        if not self._is_folder:
            raise Refused(f"{self.alias} is no folder of this machine.")
        with self._domain_errors("look for", key):
            return self._path(key)

    def signed_address(self, key: str, *, content_type: str, valid_s: int) -> str | None:
        """An address at which anybody may read the object for so long; None where files lie in a local folder."""
        if self._is_folder:
            return None
        with self._domain_errors("sign", key):
            target = self._object(key)
            wanted = {"Bucket": target.bucket_name, "Key": target.key, "ResponseContentType": content_type}
            return str(self._signing_client().generate_presigned_url("get_object", Params=wanted, ExpiresIn=valid_s))

    @contextmanager
    def new_file(self, key: str) -> Iterator[Path]:
        """A path to write a large file to; it is stored under `key`, whole, when the context ends well."""
        folder = self._path(WORKPLACE) if self._is_folder else None
        with self._domain_errors("write", key):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder, prefix="new-", suffix=Path(key).suffix)
            os.close(handle)
        path = Path(name)
        try:
            yield path
            if folder is None:
                self.put_file(key, path)
                return
            with self._domain_errors("write", key):
                _place(path, self._path(key))
        finally:
            path.unlink(missing_ok=True)

    @property
    def _is_folder(self) -> bool:
        return isinstance(self.storage, FileSystemStorage)

    def _path(self, key: str) -> Path:
        return Path(self.storage.path(key))

    def _object(self, key: str) -> Any:
        return self.storage.bucket.Object(self.storage._normalize_name(key))

    def _prefix(self, folder: str) -> str:
        return f"{self.storage._normalize_name(folder)}/"

    def _signing_client(self) -> Any:
        """A client that signs for the address at which browsers reach the server."""
        public = settings.MPR_S3_PUBLIC_ENDPOINT
        storage = self.storage
        if not public:
            return storage.bucket.meta.client
        if self._signer is None or self._signer[:2] != (storage, public):
            client = storage._create_session().client(
                "s3", region_name=storage.region_name, endpoint_url=public, config=storage.client_config
            )
            self._signer = (storage, public, client)
        return self._signer[2]

    @contextmanager
    def _domain_errors(self, verb: str, key: str) -> Iterator[None]:
        try:
            yield
        except SuspiciousOperation as error:
            raise BadInput(f"“{key}” is no place inside {self.alias}; use a relative path without “..”.") from error
        except FileNotFoundError as error:
            raise _missing(self.alias, key) from error
        except OSError as error:
            raise from_os_error(error, f"{verb} {key} in {self.alias}") from error
        except (BotoCoreError, ClientError, RetriesExceededError) as error:
            raise _from_s3(error, self.alias, key) from error


# S3 knows no code for it: MinIO answers 507, Ceph QuotaExceeded, JuiceFS a 500 with the words of the operating system.
_SIGNS_OF_FULL = ("QuotaExceeded", "disk quota exceeded", "no space left on device")

media_in = Bucket("media_in")
media_out = Bucket("media_out")


def timeline_folder(timeline_id: object) -> Under:
    """Everything computed on one timeline. Keys in stage outputs and frames are relative to it, so that equal work on
    equal footage gives equal bytes."""
    return Under(media_out, timeline_prefix(timeline_id))


def timeline_prefix(timeline_id: object) -> str:
    """Where that folder lies in media_out."""
    return f"timelines/{timeline_id}"


def _place(path: Path, target: Path) -> None:
    """Move a file that is all written to its place on the same disk, for good also when the power goes."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    os.chmod(path, 0o644)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(path, target)


def _files_in(root: Path) -> Iterator[Stored]:
    for folder, names, files in os.walk(root):
        # Names with a dot are what is being written, here and by other programs that copy.
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder) / name
            with suppress(FileNotFoundError):
                found = path.lstat()
                if name.startswith(".") or not stat.S_ISREG(found.st_mode):
                    continue
                key = path.relative_to(root).as_posix()
                yield Stored(key=key, size=found.st_size, changed_at=datetime.fromtimestamp(found.st_mtime, UTC))


def _get_range(s3_object: Any, offset: int, size: int) -> bytes:
    if size == 0:
        return b""  # HTTP knows no empty range
    try:
        answer = s3_object.get(Range=f"bytes={offset}-{offset + size - 1}")
    except ClientError as error:
        if _code(error) == "InvalidRange":
            return b""  # it begins behind the end, where a file gives nothing either
        raise
    return bytes(answer["Body"].read())


def _missing(alias: str, key: str) -> NotFound:
    return NotFound(f"{key} is not in {alias}.")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _from_s3(error: Exception, alias: str, key: str) -> MprError:
    if isinstance(error, ClientError):
        code = _code(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in ("404", "NoSuchKey", "NotFound", "NoSuchUpload"):
            return _missing(alias, key)
        if status == 507 or any(sign in str(error) for sign in _SIGNS_OF_FULL):
            return StorageFull(f"The storage behind {alias} is full; free some space, then start the job again.")
        if 300 <= status < 500 and status not in (408, 429) and code not in ("RequestTimeout", "SlowDown"):
            return _refused(alias, code)
    if isinstance(error, NoCredentialsError | PartialCredentialsError | ParamValidationError):
        return _refused(alias, type(error).__name__)
    return Unavailable(f"The storage behind {alias} did not answer: {error}.")


def _refused(alias: str, why: str) -> AccessDenied:
    return AccessDenied(f"The storage refused {alias} ({why}); check its bucket name and keys in the settings.")
