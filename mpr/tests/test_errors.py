from __future__ import annotations

import errno
import os

import pytest

from mpr import errors
from mpr.errors import (
    AccessDenied,
    BadInput,
    BadVideo,
    Interrupted,
    MprError,
    NotFound,
    StorageFull,
    Unavailable,
    from_os_error,
)

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MprError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_has_a_sentence_of_its_own(kind: type[MprError]) -> None:
    message = kind().message
    assert message == str(kind())
    assert message.endswith(".")
    assert "\n" not in message
    assert [other for other in KINDS if other().message == message] == [kind]


def test_a_message_given_replaces_the_sentence() -> None:
    assert BadVideo("This file is empty; export it again.").message == "This file is empty; export it again."


def test_codes_are_stable_and_told_apart() -> None:
    # API clients act on them.
    assert {kind.__name__: (kind.code, kind.http_status, kind.transient) for kind in KINDS} == {
        "MprError": ("error", 500, False),
        "BadInput": ("bad_input", 400, False),
        "BadConfig": ("bad_config", 400, False),
        "BadVideo": ("bad_video", 400, False),
        "NotFound": ("not_found", 404, False),
        "NotAllowed": ("not_allowed", 403, False),
        "Refused": ("refused", 409, False),
        "AccessDenied": ("access_denied", 500, False),
        "StorageFull": ("storage_full", 507, False),
        "Unavailable": ("unavailable", 503, True),
        "Interrupted": ("interrupted", 409, False),
    }


def test_what_is_wrong_with_input_can_be_caught_as_one() -> None:
    assert issubclass(BadVideo, BadInput)
    assert not issubclass(Interrupted, BadInput)


FULL = "Could not write frames: the disk is full. Free some space, then start the job again."
DENIED = "Could not write frames: {}. Let MPR's account use that folder, then start the job again."


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        (errno.ENOSPC, StorageFull, FULL),
        (errno.EDQUOT, StorageFull, FULL),
        (errno.EFBIG, StorageFull, FULL),
        (errno.EACCES, AccessDenied, DENIED.format("Permission denied")),
        (errno.EPERM, AccessDenied, DENIED.format("Operation not permitted")),
        (errno.EROFS, AccessDenied, DENIED.format("Read-only file system")),
        (errno.ENOENT, NotFound, "Could not write frames: there is no such file or folder."),
        (errno.ENOTDIR, NotFound, "Could not write frames: there is no such file or folder."),
        (errno.EIO, Unavailable, "Could not write frames: Input/output error."),
        (errno.ESTALE, Unavailable, "Could not write frames: Stale file handle."),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else "",
)
def test_a_failed_file_operation_says_what_to_do(number: int, kind: type[MprError], sentence: str) -> None:
    error = from_os_error(OSError(number, os.strerror(number)), "write frames")
    assert (type(error), error.message) == (kind, sentence)


def test_an_os_error_without_number_keeps_its_words() -> None:
    assert from_os_error(OSError("the cable is out"), "read a frame").message == (
        "Could not read a frame: the cable is out."
    )
