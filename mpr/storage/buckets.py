"""The buckets as `mpr.pipeline.blobs.Blobs`, over whatever storage the settings name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from mpr.errors import MprError, NotFound, Unavailable, from_os_error
from mpr.pipeline.blobs import Under


class Bucket:
    """One storage alias. Implements Blobs."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    @property
    def storage(self) -> Any:
        return storages[self.alias]

    def write(self, key: str, data: bytes) -> None:
        try:
            self.storage.save(key, ContentFile(data))
        except OSError as error:
            raise from_os_error(error, f"write {key} to {self.alias}") from error
        except (BotoCoreError, ClientError) as error:
            raise _from_s3(error, self.alias, key) from error

    def read(self, key: str) -> bytes:
        try:
            with self.storage.open(key, "rb") as file:
                return bytes(file.read())
        except FileNotFoundError as error:
            raise _missing(self.alias, key) from error
        except OSError as error:
            raise from_os_error(error, f"read {key} from {self.alias}") from error
        except (BotoCoreError, ClientError) as error:
            raise _from_s3(error, self.alias, key) from error

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        try:
            if isinstance(self.storage, FileSystemStorage):
                with open(self.storage.path(key), "rb") as file:
                    file.seek(offset)
                    return file.read(size)
            answer = self.storage.bucket.Object(self._s3_key(key)).get(Range=f"bytes={offset}-{offset + size - 1}")
            return bytes(answer["Body"].read())
        except FileNotFoundError as error:
            raise _missing(self.alias, key) from error
        except OSError as error:
            raise from_os_error(error, f"read {key} from {self.alias}") from error
        except (BotoCoreError, ClientError) as error:
            raise _from_s3(error, self.alias, key) from error

    def exists(self, key: str) -> bool:
        try:
            return bool(self.storage.exists(key))
        except (BotoCoreError, ClientError) as error:
            raise _from_s3(error, self.alias, key) from error

    def delete(self, key: str) -> None:
        """Remove one object; nothing happens when it is not there."""
        try:
            self.storage.delete(key)
        except OSError as error:
            raise from_os_error(error, f"delete {key} from {self.alias}") from error
        except (BotoCoreError, ClientError) as error:
            raise _from_s3(error, self.alias, key) from error

    def put_file(self, key: str, path: Path) -> None:
        """Store a local file under `key` without reading it into memory."""
        try:
            with path.open("rb") as file:
                self.storage.save(key, File(file))
        except OSError as error:
            raise from_os_error(error, f"store {path.name} in {self.alias}") from error
        except (BotoCoreError, ClientError) as error:
            raise _from_s3(error, self.alias, key) from error

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        """The file itself for local folders; for S3 a temporary copy that goes when the context closes."""
        if isinstance(self.storage, FileSystemStorage):
            path = Path(self.storage.path(key))
            if not path.is_file():
                raise _missing(self.alias, key)
            yield path
            return
        with tempfile.NamedTemporaryFile(suffix=Path(key).suffix) as copy:
            try:
                self.storage.bucket.Object(self._s3_key(key)).download_fileobj(copy)
                copy.flush()
            except OSError as error:
                raise from_os_error(error, f"fetch {key} from {self.alias}") from error
            except (BotoCoreError, ClientError) as error:
                raise _from_s3(error, self.alias, key) from error
            yield Path(copy.name)

    def _s3_key(self, key: str) -> str:
        return str(self.storage._normalize_name(key))


media_in = Bucket("media_in")
media_out = Bucket("media_out")


def timeline_folder(timeline_id: object) -> Under:
    """Everything computed on one timeline. Keys in stage outputs and frames are relative to it, so that equal work on
    equal footage gives equal bytes."""
    return Under(media_out, f"timelines/{timeline_id}")


def _missing(alias: str, key: str) -> NotFound:
    return NotFound(f"{key} is not in {alias}.")


def _from_s3(error: BotoCoreError | ClientError, alias: str, key: str) -> MprError:
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        if code in ("404", "NoSuchKey", "NotFound"):
            return _missing(alias, key)
        if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403", "NoSuchBucket"):
            return MprError(f"The storage refused {alias} ({code}); check its bucket name and keys in the settings.")
    return Unavailable(f"The storage behind {alias} did not answer: {error}.")
