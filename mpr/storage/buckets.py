"""The buckets as `mpr.pipeline.blobs.Blobs`, over whatever storage the settings name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
from django.core.exceptions import SuspiciousOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from s3transfer.exceptions import RetriesExceededError

from mpr.errors import AccessDenied, BadInput, MprError, NotFound, StorageFull, Unavailable, from_os_error
from mpr.pipeline.blobs import Under
from mpr.storage.local import WORKPLACE, AtomicFileSystemStorage

_DELETIONS_AT_ONCE = 8


class Bucket:
    """One storage alias. Implements Blobs."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

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

    @property
    def _is_folder(self) -> bool:
        return isinstance(self.storage, FileSystemStorage)

    def _path(self, key: str) -> Path:
        return Path(self.storage.path(key))

    def _object(self, key: str) -> Any:
        return self.storage.bucket.Object(self.storage._normalize_name(key))

    def _prefix(self, folder: str) -> str:
        return f"{self.storage._normalize_name(folder)}/"

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
        if code in ("404", "NoSuchKey", "NotFound"):
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
