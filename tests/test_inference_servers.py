"""A whole job whose stages run on inference servers: real workers, real servers, the same bytes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

from detection.remote.served import ENDPOINTS
from detection.remote.tests.conftest import KEY
from detection.remote.tests.conftest import serve as serve
from mpr.embedded.places import Addresses
from mpr.jobs import kept
from mpr.jobs.models import Job, JobStatus, StageState
from mpr.pipeline.footage import write_clip
from mpr.processes import workers, workers_online
from mpr.storage.buckets import timeline_folder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Work = Callable[..., Any]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A board that slides over a lawn."""
    pictures = []
    for number in range(60):
        picture = np.full((360, 640, 3), (60, 140, 60), np.uint8)
        left_px = 40 + 2 * number
        cv2.rectangle(picture, (left_px, 120), (left_px + 320, 200), (120, 40, 20), -1)
        place = (left_px + 20, 180)
        cv2.putText(picture, "ZEPHYRA", place, cv2.FONT_HERSHEY_DUPLEX, 1.9, (255, 255, 255), 3, cv2.LINE_AA)
        pictures.append(picture)
    return write_clip(tmp_path / "match.mp4", pictures)


@pytest.fixture
def at_work(services: Addresses) -> Work:
    """`at_work(**environment)` is a block in which real workers have that environment."""

    @contextmanager
    def block(**environment: str) -> Iterator[None]:
        path = "/" + connection.settings_dict["NAME"]
        database = urlsplit(services.database_url)._replace(path=path).geturl()
        with workers(2, environment={"DATABASE_URL": database, **environment}):
            until_s = time.monotonic() + 60
            while not workers_online():
                log = Path(os.environ["MPR_HOME"]) / "log" / "worker.log"
                assert time.monotonic() < until_s, log.read_text()
            yield

    return block


def analyze(clip: Path, brands: Path, out: Path) -> Job:
    call_command("analyze", str(clip), brands=brands, out=out, profile="soccer_broadcast")
    return Job.objects.latest("created_at")


def artifacts(job: Job) -> dict[str, list[bytes]]:
    """The bytes of every output."""
    folder = timeline_folder(job.timeline_id)
    return {row.stage_name: [folder.read(key) for key in row.output["artifacts"]] for row in job.outputs.all()}


def test_a_job_on_inference_servers_gives_the_same_bytes(clip: Path, tmp_path: Path, at_work: Work, serve: Any) -> None:
    call_command("seed")
    brands = tmp_path / "brands.csv"
    brands.write_text("canonical_name,aliases\nZephyra,\n")
    with at_work():
        here = analyze(clip, brands, tmp_path / "here")
        said_here = artifacts(here)
        kept.clear_cache(here.timeline_id)

    used: list[str] = []
    servers = [serve(app=Watched(serve().app, used)) for _ in range(2)]
    urls = ",".join(server.url for server in servers)
    with at_work(INFERENCE_URL=urls, INFERENCE_KEY=KEY):
        there = analyze(clip, brands, tmp_path / "there")
    assert there.pk != here.pk
    assert there.status == JobStatus.COMPLETED
    ran = {run.stage_name for run in there.stage_runs.filter(state=StageState.DONE)}
    assert {path for path, stage in ENDPOINTS.items() if stage.name in ran} == set(used)
    assert "/detect" in used
    assert artifacts(there) == said_here
    report = (tmp_path / "there" / "report.json").read_text()
    assert '"Zephyra"' in report


class Watched:
    """Passes everything on and notes which calls are made."""

    def __init__(self, app: Any, used: list[str]) -> None:
        self._app, self._used = app, used

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            self._used.append(scope["path"])
        await self._app(scope, receive, send)
