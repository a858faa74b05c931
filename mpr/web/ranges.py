"""Which bytes of a file a request asks for (RFC 9110, section 14: range requests, section 13: conditions). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)
# Longer numbers are no place in any file, and reading them would take time.
_MOST_DIGITS = 18


class NotSatisfiable(Exception):
    """The range lies behind the end of the file; the answer is 416."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Bytes [start, end) of a file."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


def requested_part(header: str | None, size: int) -> Part | None:
    """The one range that the header names; None for none, for several, and for what is no range of bytes: all of these
    are answered with the whole file, as the standard allows. Raises NotSatisfiable."""
    named = _ONE_RANGE.fullmatch(header) if header else None
    if named is None:
        return None
    first, last = named.groups()
    if max(len(first), len(last)) > _MOST_DIGITS or not (first or last):
        return None
    if not first:
        if int(last) == 0 or size == 0:
            raise NotSatisfiable
        return Part(start=max(0, size - int(last)), end=size)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        raise NotSatisfiable
    return Part(start=int(first), end=min(size, int(last) + 1) if last else size)


def names(header: str | None, etag: str) -> bool:
    """Whether If-None-Match holds the entity tag (weak comparison) or a star."""
    if not header:
        return False
    given = [one.strip() for one in header.split(",")]
    return "*" in given or any(one.removeprefix("W/") == etag for one in given)


def still_holds(if_range: str | None, etag: str) -> bool:
    """Whether a range may be answered under If-Range: when there is none, or it is the very tag (strong comparison).
    A date never is: contents have tags here, and no dates."""
    return if_range is None or if_range.strip() == etag
