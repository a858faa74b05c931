"""Texts that are a clock, a score or a short code by their shape."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = re.compile(
    r"[+#]?\d{1,4}(?:st|nd|rd|th|['’′″\"%°])?|\d{1,3}(?:[.:,'’\-–—/]\d{1,3}){1,3}|[-–—:+/|.]", re.IGNORECASE
)
_CODE = re.compile(r"[^\W\d_]{1,4}")


@lru_cache(maxsize=8192)
def has_shape(text: str) -> bool:
    """Whether a text looks like a clock, a score or a line of a score table: numbers, alone or with short codes."""
    tokens = text.split()
    numbers = [token for token in tokens if _NUMBER.fullmatch(token)]
    digits = any(char.isdigit() for token in numbers for char in token)
    return digits and all(token in numbers or _CODE.fullmatch(token) for token in tokens)


def is_code(text: str) -> bool:
    """Whether a text could be the short code of a team, a driver or a country."""
    return _CODE.fullmatch(text.strip()) is not None
