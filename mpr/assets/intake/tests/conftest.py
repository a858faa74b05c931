from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from mpr import messages
from mpr.assets import preparing
from mpr.assets.intake import sending
from mpr.assets.intake.models import Intake
from mpr.pipeline.footage import numbered, write_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "match.mp4", numbered(60), keyframe_every=10, sound=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The messages that were sent, at once: a test's transaction never commits."""
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(transaction, "on_commit", lambda act, using=None, robust=False: act())
    monkeypatch.setattr(messages, "send", lambda task, *arguments, **given: told.append((task, *map(str, arguments))))
    return told


@pytest.fixture
def work(sent: list[tuple[str, ...]]) -> Callable[[], None]:
    """Does what workers would do on these messages."""

    def do() -> None:
        while sent:
            task, *arguments = sent.pop(0)
            assert task == "mpr.assets.tasks.prepare"
            preparing.prepare(*arguments)

    return do


@pytest.fixture
def upload(workspace: Any, owner: Any) -> Callable[..., Intake]:
    """Sends a file, or its first `only` bytes, in parts of `part` bytes."""

    def send(path: Path, *, name: str = "", part: int = 1000, only: int | None = None, fingerprint: str = "") -> Intake:
        data = path.read_bytes()
        intake, _ = sending.begin(
            workspace, owner, filename=name or path.name, file_size=len(data), fingerprint=fingerprint
        )
        for offset in range(intake.received, len(data) if only is None else only, part):
            intake = sending.put_part(intake.pk, offset, [data[offset : offset + part]])
        return intake

    return send
