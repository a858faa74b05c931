"""Reading the environment. A bad value stops the start with a sentence that says what to set."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_str(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool = False) -> bool:
    value = env_str(name).lower()
    if not value:
        return default
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} is “{value}”; set it to 1 or 0.")


def env_int(name: str, default: int, *, at_least: int = 0) -> int:
    value = env_str(name)
    try:
        number = int(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is “{value}”; set it to a whole number.") from error
    if number < at_least:
        raise ImproperlyConfigured(f"{name} is {number}; set it to {at_least} or more.")
    return number


def env_choice(name: str, choices: tuple[str, ...], default: str) -> str:
    """One of `choices`, however it is capitalised."""
    value = env_str(name, default)
    for choice in choices:
        if choice.lower() == value.lower():
            return choice
    raise ImproperlyConfigured(f"{name} is “{value}”; set it to {', '.join(choices[:-1])} or {choices[-1]}.")


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Comma-separated values."""
    return [part.strip() for part in env_str(name).split(",") if part.strip()] or list(default)


def env_url(name: str, schemes: tuple[str, ...], default: str = "") -> str:
    """A URL whose scheme must be one of `schemes`; empty when unset and without default."""
    value = env_str(name, default)
    shown = value.rsplit("@", 1)[-1]  # never the password
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name} is not a URL that can be read (“…{shown}”); give the port as a number, and special characters of "
            "the password as %XX."
        ) from error
    if value and parts.scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} must begin with {wanted}; it is “{shown}”.")
    return value
