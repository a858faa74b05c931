"""The services' life, seen through the processes that are there and through what the servers answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from mpr.embedded import account, locks, places, postgres, services
from mpr.embedded.places import Addresses, Places
from mpr.embedded.testing import remove_home
from mpr.errors import MprError, StorageFull

# A command of its own: uses the services until it is told to end, and says when they answer.
USER = """
import sys
from pathlib import Path
from mpr.embedded.services import use
with use(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="mpr-home-"))
    yield path
    remove_home(path)


@pytest.fixture
def start_user(home: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", USER, str(home)]
        user = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(user)
        return user

    yield start
    for user in started:
        user.kill()
        user.communicate()


def is_ready(user: subprocess.Popen[str]) -> bool:
    assert user.stdout is not None
    return user.stdout.readline() == "ready\n"


def processes_of(home: Path) -> dict[str, list[psutil.Process]]:
    """The keeper and the two servers that are at work for a home folder."""
    found: dict[str, list[psutil.Process]] = {"keeper": [], "postgres": [], "valkey-server": []}
    for process in psutil.process_iter(["name", "cmdline", "status"]):
        words = process.info["cmdline"] or []
        if process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        if "mpr.embedded.keeper" in words and str(home) in words:
            found["keeper"].append(process)
        elif process.info["name"] == "postgres" and str(home / "postgres") in words:
            found["postgres"].append(process)
        elif process.info["name"] == "valkey-server" and str(Places(home).valkey_socket) in " ".join(words):
            found["valkey-server"].append(process)
    return found


def counts_of(home: Path) -> dict[str, int]:
    return {name: len(found) for name, found in processes_of(home).items()}


def wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, "It did not come about in time."
        time.sleep(0.05)


def runs_nothing(home: Path) -> bool:
    return not any(counts_of(home).values())


def answers(addresses: Addresses) -> bool:
    with psycopg.connect(addresses.database_url) as database, redis.Redis.from_url(addresses.redis_url) as broker:
        return database.execute("SELECT lower('ÅÉ')").fetchone() == ("åé",) and bool(broker.ping())


def test_what_is_written_is_there_at_the_next_start(home: Path) -> None:
    with services.use(home) as addresses:
        with psycopg.connect(addresses.database_url) as database:
            database.execute("CREATE TABLE kept (word text)")
            database.execute("INSERT INTO kept VALUES ('yes')")
        with redis.Redis.from_url(addresses.redis_url) as broker:
            broker.rpush("queue", "message")
    wait_until(lambda: runs_nothing(home))
    with services.use(home) as addresses:
        with psycopg.connect(addresses.database_url) as database:
            assert database.execute("SELECT word FROM kept").fetchone() == ("yes",)
        with redis.Redis.from_url(addresses.redis_url) as broker:
            assert broker.lrange("queue", 0, -1) == [b"message"]


def test_nobody_listens_on_a_port_and_the_sockets_are_closed_to_others(home: Path) -> None:
    with services.use(home):
        for process in (*processes_of(home)["postgres"], *processes_of(home)["valkey-server"]):
            assert not process.net_connections(kind="inet")
        assert Places(home).run.stat().st_mode & 0o777 == 0o700
        assert Places(home).postgres_data.stat().st_mode & 0o777 == 0o700


def test_users_share_one_set_of_servers_until_the_last_is_gone(home, start_user) -> None:
    first, second = start_user(), start_user()
    assert is_ready(first)
    assert is_ready(second)
    assert counts_of(home) == {"keeper": 1, "postgres": 1, "valkey-server": 1}
    first.kill()
    first.wait()
    time.sleep(1)
    assert answers(Places(home).addresses)
    second.kill()
    wait_until(lambda: runs_nothing(home))


def test_a_user_who_comes_while_the_servers_stop_gets_fresh_ones(home: Path) -> None:
    for _ in range(3):
        with services.use(home) as addresses:
            assert answers(addresses)
        wait_until(lambda: not may_be_shared(home) or runs_nothing(home))


def may_be_shared(home: Path) -> bool:
    """False while a keeper holds the users' lock for itself, to stop its servers."""
    with locks.opened(Places(home).users_lock) as descriptor:
        return locks.try_lock(descriptor, shared=True)


def test_a_killed_keeper_takes_the_servers_along_and_the_next_start_recovers(home: Path) -> None:
    with services.use(home) as addresses:
        (keeper,) = processes_of(home)["keeper"]
        keeper.kill()
        keeper.wait(10)
        services.ensure_running(Places(home))
        assert answers(addresses)
        assert counts_of(home) == {"keeper": 1, "postgres": 1, "valkey-server": 1}


def test_a_server_that_dies_is_started_again(home: Path) -> None:
    with services.use(home) as addresses:
        for name in ("postgres", "valkey-server"):
            (before,) = processes_of(home)[name]
            before.kill()
            wait_until(lambda before=before, name=name: _is_another(home, name, before))
        wait_until(lambda: _answers_now(addresses))
        assert counts_of(home) == {"keeper": 1, "postgres": 1, "valkey-server": 1}


def _is_another(home: Path, name: str, before: psutil.Process) -> bool:
    return [process.pid for process in processes_of(home)[name]] not in ([], [before.pid])


def _answers_now(addresses: Addresses) -> bool:
    try:
        return answers(addresses)
    except (psycopg.Error, redis.RedisError):
        return False


def test_a_left_over_pid_file_that_names_a_stranger_does_not_keep_postgres_down(home: Path) -> None:
    with services.use(home):
        pass
    wait_until(lambda: runs_nothing(home))
    stale = home / "postgres" / "postmaster.pid"
    stale.write_text(
        f"{os.getppid()}\n{home / 'postgres'}\n1700000000\n5432\n{home / 'run'}\n\n  5432001         0\nready\n"
    )
    with services.use(home) as addresses:
        assert answers(addresses)


def test_a_home_whose_path_is_too_long_for_a_socket(home: Path) -> None:
    deep = home / ("a" * 60) / ("b" * 60)
    with services.use(deep) as addresses:
        assert answers(addresses)
        assert str(home) not in addresses.redis_url
    remove_home(deep)


@pytest.mark.parametrize("name", ["with blank", "100%", "a,b", "ü"])
def test_odd_characters_in_the_path_stay_out_of_the_urls(name: str) -> None:
    addresses = Places(Path("/srv") / name).addresses
    assert name not in addresses.database_url + addresses.redis_url
    assert addresses != Places(Path("/srv/other") / name).addresses


def test_data_of_another_version_is_refused(home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("12\n")
    _give_to_postgres(home / "postgres")
    with pytest.raises(MprError, match=r"was made by PostgreSQL 12, this is 18; dump it"), services.use(home):
        pass


def test_a_foreign_folder_is_refused_and_left_alone(home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "thesis.txt").write_text("mine")
    _give_to_postgres(home / "postgres")
    with pytest.raises(MprError, match="is not a PostgreSQL data folder; move it away"), services.use(home):
        pass
    assert (home / "postgres" / "thesis.txt").read_text() == "mine"


def test_broken_data_is_said_in_one_sentence(home: Path) -> None:
    with services.use(home):
        pass
    wait_until(lambda: runs_nothing(home))
    (home / "postgres" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(MprError, match=r"PostgreSQL cannot start: .*pg_control.*postgres\.log has") as caught:
        services.use(home).__enter__()
    assert "\n" not in caught.value.message
    wait_until(lambda: runs_nothing(home))


def _give_to_postgres(folder: Path) -> None:
    account.give(folder)


def test_a_file_in_the_place_of_the_home_folder(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(MprError, match="is a file, but MPR needs a folder"), services.use(tmp_path / "home"):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(MprError, match="MPR may not write to"), services.use(tmp_path / "home"):
        pass


def test_a_full_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SMALLEST_FREE_BYTES", 2**62)
    with pytest.raises(StorageFull, match="is full; free"), services.use(home):
        pass


def test_the_wheel_brings_the_version_the_code_names() -> None:
    said = subprocess.run([postgres.binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert f" {postgres.MAJOR_VERSION}." in said.stdout


def test_the_keeper_ends_cleanly_when_asked(home: Path, start_user) -> None:
    assert is_ready(start_user())
    processes_of(home)["keeper"][0].send_signal(signal.SIGTERM)
    wait_until(lambda: runs_nothing(home))
    assert "database system is shut down" in (home / "log" / "postgres.log").read_text()
