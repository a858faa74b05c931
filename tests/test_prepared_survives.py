"""A worker that is killed while it makes a chunk: another takes the work up, and the chunk is whole."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from django.db import connection

from mpr.assets.chunks import facts_of_chunk, split
from mpr.assets.cutting import ChunkFacts
from mpr.assets.ingest import ingest
from mpr.assets.prepared import Rendition, RenditionKind, WorkState
from mpr.assets.preparing import ask_for
from mpr.pipeline.footage import numbered, write_clip
from mpr.processes import workers, workers_online
from mpr.storage.buckets import media_in, media_out

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]

LEASE_S = "5"


def until(true: Callable[[], bool], work: Any = None, *, seconds: float = 120.0) -> None:
    until_s = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until_s:
            told = type(work).objects.filter(pk=work.pk).values() if work is not None else ""
            pytest.fail(f"It did not come to pass: {list(told)}")
        time.sleep(0.05)


@pytest.fixture
def hasty_workers(services: Any) -> Iterator[None]:
    """Workers whose leases run out soon."""
    database = urlsplit(services.database_url)._replace(path="/" + connection.settings_dict["NAME"]).geturl()
    with workers(1, environment={"DATABASE_URL": database, "MPR_LEASE_S": LEASE_S, "MPR_SWEEP_S": "1"}):
        until(lambda: workers_online() > 0)
        yield


def test_what_a_killed_worker_had_in_hand_is_made_by_another(
    hasty_workers: None, tmp_path: Path, workspace: Any
) -> None:
    # Some seconds of work: 30 s of 720 lines that must be encoded anew.
    pictures = numbered(250, width_px=1280, height_px=720) * 3
    path = write_clip(tmp_path / "a.ts", pictures, codec="mpeg2video", sound=True)
    asset = ingest(path, workspace=workspace)
    (row,) = ask_for(asset, RenditionKind.PROXY)
    until(lambda: Rendition.objects.filter(pk=row.pk, state=WorkState.RUNNING, progress__gt=0.02).exists(), row)
    row.refresh_from_db()
    held_by = int(row.lease_owner.rpartition(":")[2])
    assert psutil.Process(held_by).name()
    os.kill(held_by, signal.SIGKILL)
    until(lambda: Rendition.objects.filter(pk=row.pk, state=WorkState.DONE).exists(), row)
    row.refresh_from_db()
    assert row.attempts == 2
    assert row.lease_token == 2
    assert media_out.size(row.key) > 1000

    (chunk,) = split(asset, [(0.0, 20.0)])
    until(lambda: type(chunk).objects.filter(pk=chunk.pk, state=WorkState.DONE).exists(), chunk)
    chunk.refresh_from_db()
    assert isinstance(facts_of_chunk(chunk), ChunkFacts)
    assert media_in.size(chunk.key) == chunk.file_size
