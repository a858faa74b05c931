"""What changed from one job to another on the same footage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from detection.evidence import View, evidence_jpeg
from detection.records import BrandMatch
from detection.report.diff import BrandChange, Proof, SettingChange, Told, changed_settings, compare, proofs
from detection.report.load import load_report
from mpr.errors import BadInput
from mpr.jobs.models import Job
from mpr.jobs.outputs import read_output

_MATCHING = ("match_brands", "match_logos", "escalate_vlm", "escalate_cloud")


@dataclass(frozen=True, kw_only=True)
class RunDiff:
    """Brands, the most changed first, and the settings that differ, in running order."""

    before: UUID
    after: UUID
    brands: list[BrandChange]
    settings: list[SettingChange]


def diff_jobs(before: Job, after: Job) -> RunDiff:
    """Raises BadInput for jobs of different timelines, NotFound when one of them has no report."""
    if before.timeline_id != after.timeline_id:
        files = [job.timeline.source_asset.filename for job in (before, after)]
        raise BadInput(
            f"These jobs analysed different timelines ({files[0]} and {files[1]}); compare two jobs of the same one."
        )
    return RunDiff(
        before=before.pk,
        after=after.pk,
        brands=compare(_told(before), _told(after)),
        settings=changed_settings(before.plan["configs"], after.plan["configs"]),
    )


def proof_jpeg(job: Job, proof: Proof, view: View = View.CROP) -> bytes:
    """JPEG of a proof, with the sighting outlined; `job` may be either of the two. Raises NotFound when the frame cache
    is gone."""
    return evidence_jpeg(job, proof.frame, proof.polygon, view)


def _told(job: Job) -> Told:
    report = load_report(job)
    return Told(report=report, proofs=proofs(read_output(job, "filter_scenes")[0], _matches(job)))


def _matches(job: Job) -> Iterator[BrandMatch]:
    """What all rungs of the ladder settled."""
    there = set(job.outputs.filter(stage_name__in=_MATCHING).values_list("stage_name", flat=True))
    for name in _MATCHING:
        if name in there:
            yield from read_output(job, name)[0].matches
