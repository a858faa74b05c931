from __future__ import annotations

from typing import Any

import pytest

from detection.diff import diff_jobs, proof_jpeg
from detection.evidence import View
from detection.report.diff import SettingChange
from mpr.errors import BadInput, NotFound
from mpr.jobs.kept import clear
from mpr.pipeline.frames import decode_jpeg
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def timeline(workspace: Any) -> Any:
    return make_timeline(workspace, duration_s=20.0)


def test_two_jobs_on_one_timeline(timeline: Any) -> None:
    before = record_job(timeline, (2, 3, 4, 9))
    after = record_job(timeline, (3, 4, 5, 9, 12), config_overrides={"run_ocr": {"min_confidence": 0.7}})
    diff = diff_jobs(before, after)
    assert (diff.before, diff.after) == (before.pk, after.pk)
    (change,) = diff.brands
    assert (change.before_s, change.after_s, change.gained_s, change.lost_s) == (4.0, 5.0, 2.0, 1.0)
    assert [(stretch.start_s, stretch.proof.frame.seq) for stretch in change.gained] == [(5.0, 5), (12.0, 12)]
    assert [(stretch.start_s, stretch.proof.frame.seq) for stretch in change.lost] == [(2.0, 2)]
    default = before.plan["configs"]["run_ocr"]["min_confidence"]
    assert diff.settings == [SettingChange(stage="run_ocr", setting="min_confidence", before=default, after=0.7)]


def test_a_proof_is_a_picture(timeline: Any) -> None:
    before, after = record_job(timeline, ()), record_job(timeline, (3,))
    proof = diff_jobs(before, after).brands[0].gained[0].proof
    assert proof is not None
    assert decode_jpeg(proof_jpeg(after, proof, View.FRAME)).shape == (360, 640, 3)
    assert decode_jpeg(proof_jpeg(after, proof)).shape[1] <= 480


def test_other_footage_is_refused(timeline: Any, workspace: Any) -> None:
    other = record_job(make_timeline(workspace, filename="second_leg.mp4", duration_s=20.0))
    with pytest.raises(BadInput) as raised:
        diff_jobs(record_job(timeline), other)
    assert str(raised.value) == (
        "These jobs analysed different timelines (cup_final.mp4 and second_leg.mp4); compare two jobs of the same one."
    )


def test_a_job_without_report(timeline: Any) -> None:
    before, after = record_job(timeline), record_job(timeline)
    clear(after.pk)
    with pytest.raises(NotFound, match="This job has no report yet"):
        diff_jobs(before, after)
