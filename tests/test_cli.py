"""The command line as a person meets it: whole processes, their output and their exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parent.parent
VERBS = ("up", "analyze", "replay", "diff", "jobs", "worker", "demo", "doctor")
NOBODY_THERE = {
    "DATABASE_URL": "postgresql://someone:hunter2@localhost:1/mpr",
    "REDIS_URL": "redis://:hunter3@localhost:2/0",
}


def run(
    *arguments: str, environment: dict[str, str] | None = None, drop: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(environment or {})}
    for name in drop:
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", "mpr.cli", *arguments],
        cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_the_products_verbs_first(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 0
    for verb in VERBS:
        assert f"mpr {verb}" in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself_without_any_service(verb: str) -> None:
    done = run(verb, "--help", environment=NOBODY_THERE)
    assert done.returncode == 0
    assert f"usage: mpr {verb}" in done.stdout


def test_version() -> None:
    assert run("--version").stdout.startswith("mpr 0.")


def test_manage_py_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "--version"], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout == run("--version").stdout


@pytest.mark.parametrize("command", ["migrate", "up"])
def test_an_unreachable_database_is_one_sentence_without_its_password(command: str) -> None:
    done = run(command, environment=NOBODY_THERE)
    assert done.returncode == 1
    assert done.stderr.startswith("mpr: PostgreSQL at postgresql://someone@localhost:1/mpr cannot be used (")
    assert done.stderr.rstrip().endswith("start it, or correct DATABASE_URL.")
    assert done.stderr.count("\n") == 1
    assert "hunter" not in done.stdout + done.stderr


def test_a_broker_that_does_not_answer_is_one_sentence_without_its_password(services) -> None:
    code = "from mpr.processes import workers_online; workers_online()"
    done = run("shell", "--no-imports", "--command", code, environment={"REDIS_URL": NOBODY_THERE["REDIS_URL"]})
    assert done.returncode == 1
    assert done.stderr.startswith("mpr: The broker at redis://localhost:2/0 cannot be used (")
    assert done.stderr.rstrip().endswith("start it, or correct REDIS_URL.")
    assert "hunter" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://localhost/mpr", "DATABASE_URL must begin with postgresql:// or postgres://"),
        ("REDIS_URL", "amqp://localhost", "REDIS_URL must begin with redis://"),
        ("MPR_LEASE_S", "soon", "MPR_LEASE_S is “soon”; set it to a whole number."),
        ("MPR_HTTPS", "maybe", "MPR_HTTPS is “maybe”; set it to 1 or 0."),
    ],
)
def test_a_bad_setting_is_one_sentence(name: str, value: str, sentence: str) -> None:
    done = run("check", environment={name: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"mpr: {sentence}")
    assert done.stderr.count("\n") == 1


def test_debug_shows_the_traceback() -> None:
    done = run("check", environment={"MPR_LEASE_S": "soon", "MPR_DEBUG": "1"})
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_home_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    done = run("migrate", environment={"MPR_HOME": str(tmp_path / "home")}, drop=("DATABASE_URL", "REDIS_URL"))
    assert done.returncode == 1
    assert (
        done.stderr == f"mpr: {tmp_path / 'home'} is a file, but MPR needs a folder there; move it or set MPR_HOME.\n"
    )


def test_bad_input_and_other_failures_differ_in_the_exit_code(services) -> None:
    assert run("analyze").returncode == 2
    assert run("up", "--port", "none").returncode == 2
    assert run("no-such-command").returncode == 1


def test_the_secret_key_is_made_once_and_kept(tmp_path: Path) -> None:
    environment = {"MPR_HOME": str(tmp_path / "home")}
    first, second = (run("diffsettings", environment=environment, drop=("MPR_SECRET_KEY",)) for _ in range(2))
    key = (tmp_path / "home" / "secret_key").read_text().strip()
    assert f"SECRET_KEY = '{key}'" in first.stdout
    assert f"SECRET_KEY = '{key}'" in second.stdout
