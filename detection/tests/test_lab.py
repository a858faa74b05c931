"""The frames in which two jobs saw something else."""

from __future__ import annotations

import pytest

from detection.lab.differing import comparable_stages, differing_frames
from detection.overlays import OVERLAYS
from detection.records import Matches
from mpr.errors import NotFound
from mpr.pipeline import codec
from mpr.storage.buckets import timeline_folder
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(workspace):
    timeline = make_timeline(workspace, duration_s=20.0)
    return record_job(timeline, logos=True), record_job(timeline, seen=(2, 3, 4, 15), logos=True)


@pytest.mark.parametrize("stage", ["match_brands", "match_logos", "compile_report"])
def test_a_frame_differs_by_what_only_one_of_them_has(stage, pair):
    compared = differing_frames(*pair, stage)
    assert [(frame.seq, frame.t_s, frame.before, frame.after) for frame in compared.frames] == [
        (9, 9.5, 1, 0), (15, 15.5, 0, 1),
    ]  # fmt: skip
    assert (compared.frames_in_all, compared.is_same) == (20, False)
    turned = differing_frames(pair[1], pair[0], stage)
    assert [(frame.seq, frame.before, frame.after) for frame in turned.frames] == [(9, 0, 1), (15, 1, 0)]


@pytest.mark.parametrize("stage", sorted(set(OVERLAYS) - {"escalate_vlm", "escalate_cloud"}))
def test_every_stage_with_an_overlay_can_be_compared(stage, pair):
    assert stage in comparable_stages(*pair)
    frames = differing_frames(*pair, stage).frames
    assert bool(frames) == (stage in ("match_brands", "match_logos", "compile_report"))


def test_an_output_that_both_share_is_not_looked_at(pair):
    before, after = pair
    for name in ("filter_scenes", "run_ocr"):
        row = before.outputs.get(stage_name=name)
        after.outputs.filter(stage_name=name).update(output=row.output, cache_key=row.cache_key)
    compared = differing_frames(before, after, "run_ocr")
    assert (compared.is_same, compared.frames, compared.frames_in_all) == (True, (), 20)


def test_another_number_of_shards_is_compared_all_the_same(pair):
    before, after = pair
    row = after.outputs.get(stage_name="match_brands")
    folder = timeline_folder(after.timeline_id)
    whole = codec.decode(folder.read(row.output["artifacts"][0]), Matches)
    keys = []
    for number, part in enumerate((whole.matches[:2], whole.matches[2:])):
        keys.append(f"match_brands/parts/{number}.bin")
        unresolved = whole.unresolved if number else []
        folder.write(keys[-1], codec.encode(Matches(matches=part, unresolved=unresolved)))
    row.output = {**row.output, "artifacts": keys}
    row.save()
    assert [frame.seq for frame in differing_frames(before, after, "match_brands").frames] == [9, 15]


def test_what_is_not_there_cannot_be_compared(pair):
    before, after = pair
    with pytest.raises(NotFound, match="There is no overlay of “extract_frames”"):
        differing_frames(before, after, "extract_frames")
    with pytest.raises(NotFound, match="escalate_vlm of this job has no output"):
        differing_frames(before, after, "escalate_vlm")
    after.outputs.all().delete()
    assert comparable_stages(before, after) == []
