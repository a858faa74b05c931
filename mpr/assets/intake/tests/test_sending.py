"""Uploads in parts: what is here, what is refused, and going on."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from mpr import messages
from mpr.assets import ingest, working
from mpr.assets.intake import sending, tidying
from mpr.assets.intake.again import try_again, try_asset_again
from mpr.assets.intake.models import Intake, IntakeState
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.errors import BadInput, NotFound, Refused, StorageFull, Unavailable
from mpr.storage.buckets import media_in, media_out

pytestmark = pytest.mark.django_db


def test_parts_become_an_asset_with_a_picture(clip, upload, work, owner):
    intake = upload(clip)
    assert (intake.state, intake.received) == (IntakeState.OPEN, clip.stat().st_size)
    sending.finish(intake.pk)
    work()
    intake.refresh_from_db()
    asset = intake.asset
    assert (intake.state, intake.progress, intake.error_message) == (IntakeState.DONE, 1.0, "")
    assert (asset.status, asset.filename, asset.created_by, asset.duration_s) == ("ready", "match.mp4", owner, 2.4)
    assert media_in.read(asset.file_path) == clip.read_bytes()
    assert media_out.read(asset.poster_path)[:3] == b"\xff\xd8\xff"
    # What was sent lies at its place and nowhere else.
    assert sending.growing().size(str(intake.pk)) == 0
    assert [stored.key for stored in media_in.listed()] == [asset.file_path]


def test_it_goes_on_where_it_was_for_the_same_file_of_the_same_person(clip, upload, work, workspace, owner, stranger):
    first = upload(clip, only=4_000, fingerprint="same-file")
    size = clip.stat().st_size
    again, is_new = sending.begin(
        workspace, owner, filename="renamed.mp4", file_size=size, fingerprint="same-file"
    )  # fmt: skip
    assert (again.pk, again.received, is_new) == (first.pk, 4_000, False)
    workspace.memberships.create(user=stranger, role="analyst")
    theirs, is_new = sending.begin(workspace, stranger, filename="match.mp4", file_size=size, fingerprint="same-file")
    assert (theirs.pk != first.pk, theirs.received, is_new) == (True, 0, True)
    other, _ = sending.begin(workspace, owner, filename="match.mp4", file_size=size + 1, fingerprint="same-file")
    assert other.pk != first.pk
    sending.finish(upload(clip, fingerprint="same-file").pk)
    work()
    assert MediaAsset.objects.get().status == AssetStatus.READY


def test_a_part_at_another_place_is_told_where_to_go_on(clip, upload):
    intake = upload(clip, only=2000)
    for offset in (0, 1999, 2001, 10**12):
        with pytest.raises(sending.OtherOffset, match="go on from 2000") as told:
            sending.put_part(intake.pk, offset, [b"x"])
        assert told.value.received == 2000


def test_what_a_broken_part_left_is_written_over(clip, upload, work):
    intake = upload(clip, only=2000)

    def torn() -> Iterator[bytes]:
        yield b"x" * 3000
        raise ConnectionResetError

    with pytest.raises(Unavailable):
        sending.put_part(intake.pk, 2000, torn())
    intake.refresh_from_db()
    assert intake.received == 2000
    data = clip.read_bytes()
    sending.put_part(intake.pk, 2000, [data[2000:]])
    sending.finish(intake.pk)
    work()
    assert media_in.read(MediaAsset.objects.get().file_path) == data


def test_bytes_that_the_machine_lost_are_asked_for_again(clip, upload):
    intake = upload(clip)
    path = sending.growing().path(str(intake.pk))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(Refused, match=rf"3000 of the {clip.stat().st_size} bytes of match.mp4 are here"):
        sending.finish(intake.pk)
    assert sending.put_part(intake.pk, 3000, [clip.read_bytes()[3000:]]).received == clip.stat().st_size
    path.unlink()
    with pytest.raises(sending.OtherOffset, match="go on from 0"):
        sending.put_part(intake.pk, clip.stat().st_size, [b""])


def test_more_bytes_than_were_promised_are_not_kept(clip, upload):
    intake = upload(clip)
    assert sending.put_part(intake.pk, intake.received, [b"more"]).received == clip.stat().st_size
    assert sending.growing().size(str(intake.pk)) == clip.stat().st_size


@pytest.mark.parametrize(
    ("name", "size", "sentence"),
    [
        ("notes.pdf", 9, r"^notes\.pdf is not taken: “\.pdf” is no kind of video; send MP4"),
        ("clip", 9, "its name says no kind of file"),
        ("clip.mp4", 0, "clip.mp4 is empty"),
        ("clip.mp4", 2**50, "larger than 5 TiB"),
    ],
)
def test_what_cannot_be_footage_is_refused_at_once(name, size, sentence, workspace, owner):
    with pytest.raises(BadInput, match=sentence):
        sending.begin(workspace, owner, filename=name, file_size=size, fingerprint="")
    assert not Intake.objects.exists()


def test_without_room_nothing_is_begun(workspace, owner, monkeypatch):
    monkeypatch.setattr(ingest.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 9, 40_000_000))
    with pytest.raises(StorageFull, match=r"clip\.mp4 needs 1 GB, but the storage folder has 40 MB free"):
        sending.begin(workspace, owner, filename="clip.mp4", file_size=10**9, fingerprint="")


def test_a_disk_that_fills_up_keeps_what_is_here(full_disk: Path, settings, workspace, owner, monkeypatch):
    settings.STORAGES = {
        **settings.STORAGES,
        "media_in": {**settings.STORAGES["media_in"], "OPTIONS": {"location": str(full_disk), "allow_overwrite": True}},
    }
    monkeypatch.setattr(sending, "check_room", lambda name, size: None)
    intake, _ = sending.begin(workspace, owner, filename="clip.mp4", file_size=10**6, fingerprint="")
    sending.put_part(intake.pk, 0, [b"x" * 100_000])
    with pytest.raises(StorageFull, match=r"^Could not keep the upload: the disk is full\."):
        sending.put_part(intake.pk, 100_000, [b"y" * 65_536] * 8)
    intake.refresh_from_db()
    assert (intake.state, intake.received) == (IntakeState.OPEN, 100_000)
    assert sending.put_part(intake.pk, 100_000, [b"z" * 10_000]).received == 110_000


def test_a_broken_video_tells_its_sentence_and_is_kept_to_be_tried_again(tmp_path, upload, work):
    (tmp_path / "notes.mp4").write_bytes(b"not a video\n" * 100)
    intake = upload(tmp_path / "notes.mp4")
    sending.finish(intake.pk)
    work()
    intake.refresh_from_db()
    assert (intake.state, intake.error_message) == (
        IntakeState.FAILED, "notes.mp4 is a text file, not a video; choose the video file itself.",
    )  # fmt: skip
    assert (intake.asset.status, intake.asset.error_message) == (AssetStatus.ERROR, intake.error_message)
    assert sending.growing().size(str(intake.pk)) == 1200
    try_asset_again(intake.asset)
    work()
    assert MediaAsset.objects.get() == intake.asset
    sending.give_up(intake.pk)
    with pytest.raises(Refused, match=r"Nothing of notes\.mp4 is kept to try again with; send the file again\."):
        try_asset_again(MediaAsset.objects.get())


def test_a_full_storage_fails_it_and_trying_again_takes_it_in(clip, upload, work, monkeypatch):
    def full(key: str, path: Path) -> None:
        raise StorageFull

    intake = upload(clip)
    sending.finish(intake.pk)
    with monkeypatch.context() as patched:
        patched.setattr(media_in, "link_file", full)
        work()
    intake.refresh_from_db()
    assert (intake.state, intake.asset.status) == (IntakeState.FAILED, AssetStatus.ERROR)
    assert intake.error_message.startswith("The disk is full; free some space")
    assert intake.asset.error_message == intake.error_message
    try_again(intake.pk)
    work()
    intake.asset.refresh_from_db()
    assert (intake.asset.status, intake.asset.error_message) == (AssetStatus.READY, "")


def test_a_worker_that_died_in_the_midst_leaves_nothing_behind(clip, upload, work, sent, workspace, monkeypatch):
    monkeypatch.setattr(working.messages, "waiting", lambda queue: 0)
    intake = upload(clip)
    sending.finish(intake.pk)
    sent.clear()
    asset = MediaAsset.objects.create(
        workspace=workspace, filename="match.mp4", status=AssetStatus.PENDING,
        sha256=hashlib.sha256(clip.read_bytes()).hexdigest(),
    )  # fmt: skip
    lost = timezone.now() - timedelta(minutes=5)
    Intake.objects.filter(pk=intake.pk).update(
        state=IntakeState.RUNNING, attempts=1, lease_token=1, lease_expires_at=lost, asset=asset
    )
    assert working.sweep() == 1
    work()
    assert MediaAsset.objects.get() == asset
    assert Intake.objects.get().state == IntakeState.DONE
    assert MediaAsset.objects.get().status == AssetStatus.READY


def test_with_a_dead_broker_it_waits_for_the_sweep(clip, upload, monkeypatch, django_capture_on_commit_callbacks):
    def away(*given: object, **more: object) -> None:
        raise Unavailable(messages.NO_BROKER)

    monkeypatch.setattr(messages, "send", away)
    intake = upload(clip)
    with django_capture_on_commit_callbacks(execute=True):
        assert sending.finish(intake.pk).state == IntakeState.PENDING
    Intake.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    told = []
    monkeypatch.setattr(messages, "send", lambda task, *arguments, **given: told.append(arguments))
    monkeypatch.setattr(messages, "waiting", lambda queue: 0)
    with django_capture_on_commit_callbacks(execute=True):
        assert working.sweep() == 1
    assert told == [("intake", str(intake.pk))]


def test_finishing_twice_is_finishing_once(clip, upload, work, sent):
    intake = upload(clip)
    sending.finish(intake.pk)
    sending.finish(intake.pk)
    assert len(sent) == 1
    work()
    assert sending.finish(intake.pk).state == IntakeState.DONE
    with pytest.raises(Refused, match=r"match\.mp4 is all here; nothing more can be sent\."):
        sending.put_part(intake.pk, 0, [b"x"])


def test_what_is_given_up_is_gone(clip, upload):
    intake = upload(clip)
    sending.give_up(intake.pk)
    assert sending.growing().size(str(intake.pk)) == 0
    with pytest.raises(NotFound, match="This upload is over; begin it again"):
        sending.put_part(intake.pk, 0, [b"x"])


def test_the_same_content_is_the_same_asset_and_a_deleted_one_comes_back(clip, upload, work):
    sending.finish(upload(clip).pk)
    work()
    asset = MediaAsset.objects.get()
    MediaAsset.objects.update(deleted_at=timezone.now())
    second = upload(clip, name="copy.mp4")
    sending.finish(second.pk)
    work()
    second.refresh_from_db()
    assert (second.state, second.asset) == (IntakeState.DONE, asset)
    assert MediaAsset.objects.get().deleted_at is None
    assert sending.growing().size(str(second.pk)) == 0


def test_uploads_that_nobody_goes_on_with_go(clip, upload, work, settings):
    old, young, done = upload(clip, only=2000), upload(clip, name="b.mp4", only=2000), upload(clip, name="c.mp4")
    sending.finish(done.pk)
    work()
    long_ago = timezone.now() - timedelta(days=settings.MPR_UPLOADS_KEEP_DAYS, hours=1)
    Intake.objects.filter(pk=old.pk).update(touched_at=long_ago)
    Intake.objects.filter(pk=done.pk).update(finished_at=long_ago)
    tidying.tidy()
    assert list(Intake.objects.values_list("pk", flat=True)) == [young.pk]
    assert sending.growing().size(str(old.pk)) == 0
    assert sending.growing().size(str(young.pk)) == 2000
