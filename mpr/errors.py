"""Every error that MPR raises on purpose.

The docstring of a class is its default message. `code` is stable and goes to API clients, `http_status` is what the
API answers, `transient` tells the engine whether trying again can help.
"""

from __future__ import annotations

import errno
import inspect


class MprError(Exception):
    """Something went wrong inside MPR; the log has the details."""

    code = "error"
    http_status = 500
    transient = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.cleandoc(type(self).__doc__ or "").split("\n\n")[0])

    @property
    def message(self) -> str:
        """One sentence for a person: what is wrong and what to do."""
        return str(self.args[0])


class BadInput(MprError):
    """What was given cannot be used; check it and try again."""

    code = "bad_input"
    http_status = 400


class BadConfig(BadInput):
    """A configuration value is not allowed; check it against the stage's schema."""

    code = "bad_config"


class BadVideo(BadInput):
    """This file cannot be read as video; check that it plays and export it again as MP4."""

    code = "bad_video"


class NotFound(MprError):
    """There is nothing of that name here."""

    code = "not_found"
    http_status = 404


class NotAllowed(MprError):
    """Your role does not allow this; ask an owner of the workspace."""

    code = "not_allowed"
    http_status = 403


class Refused(MprError):
    """That is not possible in the present state."""

    code = "refused"
    http_status = 409


class AccessDenied(MprError):
    """MPR may not use its storage; give it the right to, then start the job again."""

    code = "access_denied"


class StorageFull(MprError):
    """The disk is full; free some space or choose another storage folder, then start the job again."""

    code = "storage_full"
    http_status = 507


class Unavailable(MprError):
    """A service that MPR needs does not answer; it will be tried again."""

    code = "unavailable"
    http_status = 503
    transient = True


class Interrupted(MprError):
    """The job was stopped while this stage ran."""

    code = "interrupted"
    http_status = 409


def error_json(code: str, message: str) -> dict[str, dict[str, str]]:
    """The shape in which the API tells every error."""
    return {"error": {"code": code, "message": message}}


def from_os_error(error: OSError, doing: str) -> MprError:
    """The domain error for a failed file operation; `doing` says what was tried, e.g. "write frames"."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageFull(f"Could not {doing}: the disk is full. Free some space, then start the job again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return AccessDenied(
            f"Could not {doing}: {error.strerror}. Let MPR's account use that folder, then start the job again."
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFound(f"Could not {doing}: there is no such file or folder.")
    return Unavailable(f"Could not {doing}: {error.strerror or error}.")
