"""Timelines over whole assets, and their facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpr.assets.ingest import ingest
from mpr.assets.models import Timeline
from mpr.assets.timelines import facts_of, properties_of, timeline_of
from mpr.errors import MprError, Refused
from mpr.pipeline.footage import numbered, write_clip
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def test_the_same_choice_is_the_same_timeline(tmp_path: Path, workspace: Workspace) -> None:
    path = write_clip(tmp_path / "clip.ts", numbered(30), start_s=7.0)
    asset = ingest(path, workspace=workspace)
    timeline = timeline_of(asset, profile_name="soccer_broadcast")
    assert timeline_of(asset, profile_name="generic_video") == timeline
    assert Timeline.objects.get().profile_name == "soccer_broadcast"
    timeline.refresh_from_db()
    facts = facts_of(timeline)
    (chunk,) = facts.chunks
    assert (chunk.key, chunk.sha256, chunk.start_s) == (asset.file_path, asset.sha256, 0.0)
    assert chunk.origin_ticks == properties_of(asset).origin_ticks > 0
    assert (facts.duration_s, facts.width_px, facts.height_px) == (asset.duration_s, 96, 64)
    assert facts.keyframes_s[0] == 0.0


def test_a_bad_asset_has_no_timeline(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"")
    asset = ingest(tmp_path / "bad.mp4", workspace=workspace)
    with pytest.raises(Refused, match=r"bad\.mp4 cannot be analysed: bad\.mp4 is empty"):
        timeline_of(asset, profile_name="soccer_broadcast")


def test_facts_with_an_unknown_key_are_refused(tmp_path: Path, workspace: Workspace) -> None:
    asset = ingest(write_clip(tmp_path / "clip.mp4", numbered(5)), workspace=workspace)
    timeline = timeline_of(asset, profile_name="soccer_broadcast")
    timeline.facts = timeline.facts | {"colour": "blue"}
    with pytest.raises(MprError, match="colour"):
        facts_of(timeline)
    asset.properties = {"container": "mov"}
    with pytest.raises(MprError, match="cannot be read"):
        properties_of(asset)
