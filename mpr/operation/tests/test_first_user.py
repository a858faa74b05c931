from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import authenticate

from mpr.operation.first_user import make_first_user, password_file


@pytest.mark.django_db
def test_the_first_user_can_sign_in_with_the_kept_password(tmp_path: Path) -> None:
    password = make_first_user(tmp_path)
    assert password
    assert password_file(tmp_path).read_text() == password + "\n"
    assert password_file(tmp_path).stat().st_mode & 0o777 == 0o600
    user = authenticate(username="admin", password=password)
    assert user is not None
    assert user.is_superuser


@pytest.mark.django_db
def test_nobody_is_added_where_there_is_somebody(owner, tmp_path: Path) -> None:
    assert make_first_user(tmp_path) is None
    assert not password_file(tmp_path).exists()


@pytest.mark.django_db
def test_a_file_left_from_before_is_closed_to_others_first(tmp_path: Path) -> None:
    password_file(tmp_path).touch(mode=0o644)
    make_first_user(tmp_path)
    assert password_file(tmp_path).stat().st_mode & 0o777 == 0o600
