"""Files that somebody dropped into media_in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mpr.assets.intake.models import Intake, IntakeState
from mpr.assets.intake.scan import Condition, scan, take_in_found
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.errors import NotFound, Refused
from mpr.storage.buckets import media_in
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def drop(clip, workspace):
    """Puts a copy of the clip, or these bytes, into media_in, as if a minute ago."""

    def put(key: str, data: bytes | None = None) -> Path:
        path = Path(media_in.storage.path(key))
        path.parent.mkdir(parents=True, exist_ok=True)
        if data is None:
            shutil.copy(clip, path)
        else:
            path.write_bytes(data)
        os.utime(path, (path.stat().st_mtime - 60,) * 2)
        return path

    return put


def conditions(workspace):
    return {found.key: found.condition for found in scan(workspace)}


def test_what_lies_there_is_told_by_what_can_become_of_it(drop, workspace):
    drop("match.mp4")
    drop("2026/final.mov", b"x")
    drop("readme.txt", b"x")
    drop("empty.mp4", b"")
    os.utime(drop("growing.mp4"))
    for own in (
        "assets/ab/abc.mp4",
        "exemplars/1/2.png",
        "chunks/x.mp4",
        "uploads/x.mp4",
        ".hidden/x.mp4",
        ".part.mp4",
    ):
        drop(own, b"x")
    assert conditions(workspace) == {
        "2026/final.mov": Condition.READY, "empty.mp4": Condition.OTHER, "growing.mp4": Condition.GROWING,
        "match.mp4": Condition.READY, "readme.txt": Condition.OTHER,
    }  # fmt: skip


def test_what_is_taken_in_moves_to_its_place(drop, work, workspace, owner, clip):
    path = drop("day 1/match.mp4")
    assert len(take_in_found(workspace, None, owner)) == 1
    assert conditions(workspace) == {"day 1/match.mp4": Condition.UNDER_WAY}
    work()
    asset = MediaAsset.objects.get()
    assert (asset.filename, asset.status, asset.created_by) == ("match.mp4", AssetStatus.READY, owner)
    assert media_in.read(asset.file_path) == clip.read_bytes()
    assert not path.exists()
    assert conditions(workspace) == {}
    # The same file again is known, and goes.
    drop("again.mp4")
    take_in_found(workspace, ["again.mp4"], owner)
    work()
    assert MediaAsset.objects.get() == asset
    assert conditions(workspace) == {}


def test_what_cannot_be_read_stays_and_says_why(drop, work, workspace, owner):
    path = drop("broken.mp4", b"no video\n" * 50)
    take_in_found(workspace, ["broken.mp4"], owner)
    work()
    (found,) = scan(workspace)
    assert (found.condition, found.said) == (
        Condition.FAILED, "broken.mp4 is a text file, not a video; choose the video file itself.",
    )  # fmt: skip
    assert path.exists()
    # It is not tried again unless somebody says so.
    assert take_in_found(workspace, None, owner) == []
    (again,) = take_in_found(workspace, ["broken.mp4"], owner)
    assert (again.pk, again.state) == (Intake.objects.get().pk, IntakeState.PENDING)


def test_two_who_scan_take_a_file_in_once(drop, work, workspace, owner, sent):
    drop("match.mp4")
    take_in_found(workspace, None, owner)
    with pytest.raises(Refused, match=r"match\.mp4 cannot be taken in now: Waiting for a worker\."):
        take_in_found(workspace, ["match.mp4"], owner)
    assert len(sent) == 1
    work()
    with pytest.raises(NotFound, match=r"There is no file match\.mp4 in media_in, or it is in the library"):
        take_in_found(workspace, ["match.mp4"], owner)


def test_a_folder_with_the_name_of_a_workspace_is_theirs_alone(drop, workspace, stranger):
    theirs = Workspace.objects.get(name="Theirs")
    drop("Theirs/secret.mp4")
    drop("match.mp4")
    assert Workspace.objects.default() == workspace
    assert set(conditions(workspace)) == {"match.mp4"}
    assert set(conditions(theirs)) == {"Theirs/secret.mp4"}
    with pytest.raises(NotFound):
        take_in_found(theirs, ["match.mp4"], None)
    with pytest.raises(NotFound):
        take_in_found(workspace, ["Theirs/secret.mp4"], None)


@pytest.mark.parametrize("key", ["../outside.mp4", "/etc/passwd", "assets/x.mp4", "nowhere.mp4"])
def test_nothing_else_can_be_named(key, drop, workspace):
    drop("assets/x.mp4")
    with pytest.raises(NotFound, match="There is no file"):
        take_in_found(workspace, [key], None)
