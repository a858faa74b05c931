from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from detection.remote import facts
from detection.remote.served import ENDPOINTS
from detection.remote.tests.conftest import serve as serve
from mpr.operation import doctor
from mpr.operation.doctor import Finding, State


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


@pytest.mark.django_db
def test_all_that_is_required_is_well_here(client, tmp_path: Path) -> None:
    findings = by_name(doctor.examine())
    assert [finding for finding in findings.values() if finding.state is State.BROKEN] == []
    assert {"Python", "PostgreSQL", "Migrations", "Broker", "media_in", "media_out", "Text reading"} <= findings.keys()
    assert findings["PostgreSQL"].said.startswith("18.")
    assert findings["Broker"].said.startswith("Valkey 9.")
    assert findings["People"].said == "1 can sign in"


def test_a_broker_elsewhere_that_does_not_answer_is_broken(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://:hunter2@localhost:1/0"
    monkeypatch.setenv("REDIS_URL", settings.REDIS_URL)
    (finding,) = doctor.broker()
    assert finding.state is State.BROKEN
    assert "redis://localhost:1/0" in finding.fix
    assert "hunter2" not in finding.said + finding.fix


@pytest.mark.django_db
def test_missing_migrations_are_broken_only_in_a_database_of_ones_own(
    settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "pending_migrations", lambda: ["jobs.0002_more"])
    assert by_name(doctor.database())["Migrations"].state is State.HINT
    settings.DATABASE_URL = "postgresql://elsewhere/mpr"
    finding = by_name(doctor.database())["Migrations"]
    assert (finding.state, finding.fix) == (State.BROKEN, "Run `mpr migrate`.")


@pytest.mark.django_db
def test_nobody_who_can_sign_in_is_a_hint() -> None:
    assert by_name(doctor.database())["People"].state is State.HINT


def test_a_bucket_that_cannot_be_written_is_broken(settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.STORAGES = {
        **settings.STORAGES,
        "media_in": {**settings.STORAGES["media_in"], "OPTIONS": {"location": str(tmp_path / "file" / "below")}},
    }
    findings = by_name(doctor.buckets())
    assert findings["media_in"].state is State.BROKEN
    assert findings["media_in"].fix.startswith("Could not write ")
    assert findings["media_out"].state is State.WELL


def test_the_check_of_a_bucket_leaves_nothing_behind(services_home: Path) -> None:
    assert len(list(doctor.buckets())) == 2
    assert [path for path in (services_home / "media_in").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("free_bytes", "state"),
    [(100 * doctor.GIB, State.WELL), (2 * doctor.GIB, State.HINT), (10**6, State.BROKEN)],
    ids=["plenty", "little", "none"],
)
def test_free_space(monkeypatch: pytest.MonkeyPatch, free_bytes: int, state: State) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: doctor.shutil._ntuple_diskusage(0, 0, free_bytes))
    (finding,) = doctor.disk()
    assert finding.state is state


def test_keys_are_told_by_name_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-very-secret")
    (finding,) = doctor.cloud_models()
    assert finding.said == "a key for anthropic"
    assert "secret" not in finding.said + finding.fix


def test_a_setting_that_cannot_be_read_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLM_URL", "ollama")
    monkeypatch.setattr(doctor, "database", lambda: iter(()))
    findings = by_name(doctor.examine())
    assert findings["Local vlm"].state is State.BROKEN
    assert findings["Local vlm"].said == "VLM_URL must begin with http:// or https://; it is “ollama”."
    assert "Browser" in findings


def test_without_inference_servers_models_run_in_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFERENCE_URL", raising=False)
    (finding,) = doctor.inference_servers()
    assert (finding.state, finding.said) == (State.WELL, "models run in the workers")


def test_each_inference_server_is_asked(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    well, other = serve(key="the-key"), serve(key="another")
    monkeypatch.setenv("INFERENCE_KEY", "the-key")
    monkeypatch.setenv("INFERENCE_URL", f"{well.url},{other.url},http://127.0.0.1:9")
    answers, refuses, dead = doctor.inference_servers()
    assert answers.state is State.WELL
    assert re.fullmatch(r"127\.0\.0\.1:\d+, MPR \S+, \d+ model files", answers.said)
    assert (refuses.state, "set INFERENCE_KEY to the server's" in refuses.fix) == (State.BROKEN, True)
    assert (dead.state, dead.fix) == (
        State.BROKEN, "The inference server at 127.0.0.1:9 does not answer; check that it runs.",
    )  # fmt: skip


def test_an_inference_server_of_another_version_is_broken(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERENCE_KEY", "the-key")
    monkeypatch.setenv("INFERENCE_URL", serve(key="the-key").url)
    newer = dataclasses.replace(ENDPOINTS["/ocr"], version=99)
    monkeypatch.setattr(facts, "ENDPOINTS", {**ENDPOINTS, "/ocr": newer})
    (finding,) = doctor.inference_servers()
    assert finding.state is State.BROKEN
    assert re.fullmatch(
        r"It runs version \d+ of run_ocr, this machine version 99\. Install the same version of MPR there and here\.",
        finding.fix,
    )


def test_a_bad_address_of_an_inference_server_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFERENCE_URL", "gpu-1:8765")
    monkeypatch.setattr(doctor, "database", lambda: iter(()))
    finding = by_name(doctor.examine())["Inference servers"]
    assert (finding.state, finding.said.startswith("INFERENCE_URL names “gpu-1:8765”")) == (State.BROKEN, True)


def test_packages_unlike_the_lock_file_are_named(settings, tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.lock").write_text(
        "django==1.0 \\\n    --hash=sha256:aa\nno-such==2.0 \\\n    --hash=sha256:bb\n"
        "elsewhere==3.0 ; sys_platform == 'win32' \\\n    --hash=sha256:cc\n"
    )
    settings.BASE_DIR = tmp_path
    (finding,) = doctor.packages()
    assert finding.said == "2 of 3 are not as the lock file says (django, no-such)"


@pytest.mark.django_db
def test_the_command_writes_json_and_fails_when_something_is_broken(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("doctor", json=True, stdout=StringIO())
    findings = json.loads(capsys.readouterr().out)
    assert {"name": "Python", "state": "well"}.items() <= findings[0].items()

    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 0))
    with pytest.raises(SystemExit) as end:
        call_command("doctor")
    assert end.value.code == 1
    output = capsys.readouterr().out
    assert output.startswith("✘ Python:")
    assert "✔ PostgreSQL:" in output
    assert connection.is_usable()
