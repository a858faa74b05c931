"""The first user of a new installation."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import transaction

NAME = "admin"


def password_file(home: Path) -> Path:
    return home / "admin_password"


@transaction.atomic
def make_first_user(home: Path) -> str | None:
    """Create the superuser `admin` when there is nobody yet; returns the password, which is also kept in a file that
    only its owner may read. None when there are users."""
    users = get_user_model().objects
    if users.exists():
        return None
    password = secrets.token_urlsafe(12)
    password_file(home).unlink(missing_ok=True)
    descriptor = os.open(password_file(home), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
    users.create_superuser(NAME, password=password)
    return password
