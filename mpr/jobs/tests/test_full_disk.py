from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mpr.jobs.models import Job, JobStatus


def test_a_full_disk_fails_the_job_with_what_to_do_and_keeps_what_it_has(
    run_job: Callable[..., Job], full_disk: Path, settings: Any
) -> None:
    media_out = {
        "BACKEND": "mpr.storage.local.AtomicFileSystemStorage",
        "OPTIONS": {"location": str(full_disk), "allow_overwrite": True},
    }
    settings.STORAGES = {**settings.STORAGES, "media_out": media_out}
    well = run_job()
    job = run_job(overrides={"numbers": {"ballast_bytes": 1024 * 1024}})
    assert job.status == JobStatus.FAILED
    assert job.error_message.startswith("numbers: Could not write")
    assert job.error_message.endswith("the disk is full. Free some space, then start the job again.")
    assert run_job().status == well.status == JobStatus.COMPLETED
    assert not list(full_disk.rglob(".partial-*"))
