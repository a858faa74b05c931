from __future__ import annotations

import os
from pathlib import Path

import pytest

from mpr.embedded import account
from mpr.errors import MprError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs PostgreSQL itself")


@pytest.mark.skipif(os.geteuid() == 0, reason="root must not run PostgreSQL")
def test_an_ordinary_user_needs_no_words(tmp_path: Path) -> None:
    assert account.prefix(tmp_path) == []
    assert account.owner_uid() == os.geteuid()


@as_root
def test_root_becomes_another_user_without_any_right_where_the_way_is_open() -> None:
    words = account.prefix(Path("/usr/bin/env"))
    assert f"--reuid={account.NAME}" in words
    assert not [word for word in words if "caps" in word]
    assert account.owner_uid() != 0


@as_root
@pytest.mark.parametrize("mode", [0o700, 0o750], ids=["owner only", "owner and group"])
def test_root_lends_the_right_to_pass_where_the_way_is_closed(tmp_path: Path, mode: int) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=mode)
    words = account.prefix(closed / "home")
    assert [word for word in words if word.startswith("--ambient-caps=+dac_")]
    assert closed.stat().st_mode & 0o777 == mode


@as_root
def test_a_program_that_only_root_may_run_is_closed(tmp_path: Path) -> None:
    program = tmp_path / "postgres"
    program.touch(mode=0o700)
    assert not account._is_open_to_all(program)


@as_root
def test_a_machine_that_has_no_setpriv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account.shutil, "which", lambda name: None)
    with pytest.raises(MprError, match="does not run as root and the command setpriv is missing"):
        account.prefix(Path("/"))


@as_root
def test_a_container_that_may_not_lend_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "_effective_capabilities", lambda: 0)
    with pytest.raises(MprError, match="may not enter"):
        account.prefix(tmp_path / "home")
