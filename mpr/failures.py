"""What to tell a person when something outside MPR fails beneath a command."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError
from kombu.exceptions import OperationalError as BrokerError

from mpr.errors import from_os_error


def sentence(error: Exception) -> str | None:
    """One sentence that says what is wrong and what to do, without passwords; None for what is nobody's setting."""
    if isinstance(error, ImproperlyConfigured):
        return _one_line(error)
    if isinstance(error, OperationalError):
        where = public_url("DATABASE_URL")
        return f"PostgreSQL at {where} cannot be used ({_reason(error)}); start it, or correct DATABASE_URL."
    if isinstance(error, ProgrammingError) and "does not exist" in str(error):
        return f"The database at {public_url('DATABASE_URL')} is not up to date ({_reason(error)}); run `mpr migrate`."
    if isinstance(error, BrokerError | redis.ConnectionError | redis.TimeoutError | redis.AuthenticationError):
        where = public_url("REDIS_URL")
        return f"The broker at {where} cannot be used ({_reason(error)}); start it, or correct REDIS_URL."
    if isinstance(error, OSError) and error.errno is not None and error.filename is not None:
        return from_os_error(error, f"use {error.filename}").message
    return None


def public_url(name: str) -> str:
    """A URL of the environment without its password."""
    url = os.environ.get(name, "")
    parts = urlsplit(url)
    if not parts.password:
        return url
    user = f"{parts.username}@" if parts.username else ""
    return parts._replace(netloc=user + parts.netloc.rpartition("@")[2]).geturl()


def _reason(error: Exception) -> str:
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return text.rpartition("failed: ")[2].rstrip(".")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
