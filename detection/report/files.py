"""A job's report as files in a folder of this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from detection.records import Report
from detection.report.audit import Audited
from detection.report.contract import Check
from detection.report.exports.events import events_csv
from detection.report.facts import JobFacts, StageFact, VideoFacts
from detection.report.html import report_html
from detection.report.load import load_report
from detection.report.tree import encode_json, report_json
from detection.report.words import evidence_name
from mpr.errors import NotFound, from_os_error
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of
from mpr.pipeline.codec import digest
from mpr.pipeline.frames import Frame, FrameReader


def write_reports(
    job: Job,
    folder: Path,
    *,
    report: Report | None = None,
    check: Check | None = None,
    audited: Audited | None = None,
) -> dict[str, Path]:
    """Write report.json, report.csv, report.html and the evidence frames they name; returns the paths by "json", "csv"
    and "html". It is the stored report unless one is given; `check` and `audited` go into report.json. Each file
    appears whole or not at all, report.json last.

    Raises NotFound while the job has no report, StorageFull or Unavailable when the folder cannot be written.
    """
    report = report or load_report(job)
    facts = job_facts(job)
    reader = frames_of(job)
    kept = _write_evidence(report, reader, folder)

    def frame_name(frame: Frame) -> str | None:
        return evidence_name(frame) if frame.seq in kept else None

    files = {
        "html": ("report.html", report_html(report, facts, reader.read, check=check, audited=audited).encode()),
        "csv": ("report.csv", b"".join(events_csv(report, frame_name))),
        "json": ("report.json", encode_json(report_json(report, facts, frame_name, check=check, audited=audited))),
    }
    for name, data in files.values():
        _write(folder / name, data)
    return {kind: folder / files[kind][0] for kind in ("json", "csv", "html")}


def job_facts(job: Job) -> JobFacts:
    """What the report files say of a job and its video."""
    asset = job.timeline.source_asset
    runs = {run.stage_name: run for run in job.stage_runs.order_by("place", "attempt")}
    return JobFacts(
        job_id=str(job.pk),
        profile=job.profile_name,
        config_hash=digest(job.plan),
        started_at=job.started_at,
        finished_at=job.finished_at,
        video=VideoFacts(
            filename=asset.filename,
            sha256=asset.sha256,
            duration_s=job.timeline.duration_s or asset.duration_s or 0.0,
            fps=asset.fps or job.timeline.fps,
            width=asset.width or 0,
            height=asset.height or 0,
        ),
        stages=tuple(
            StageFact(name=run.stage_name, state=run.get_state_display(), reason=run.reason) for run in runs.values()
        ),
        configs=job.plan.get("configs", {}),
    )


def _write_evidence(report: Report, reader: FrameReader, folder: Path) -> set[int]:
    """Write the frame of every event once, as it lies in the frame cache; returns the places (seq) of those still
    there."""
    frames = {event.evidence.frame.seq: event.evidence.frame for brand in report.brands for event in brand.events}
    kept = set()
    for frame in _in_pack_order(frames.values()):
        try:
            jpeg = reader.jpeg(frame)
        except NotFound:
            continue
        _write(folder / evidence_name(frame), jpeg)
        kept.add(frame.seq)
    return kept


def _in_pack_order(frames: Iterable[Frame]) -> list[Frame]:
    return sorted(frames, key=lambda frame: (frame.pack, frame.offset))


def _write(path: Path, data: bytes) -> None:
    """Beside its place first, then renamed over it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise from_os_error(error, f"write {path}") from error
