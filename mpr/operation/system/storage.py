"""How much room footage and results take, by kind.

Looking at every file takes time, minutes where there are millions; a thread does it, and what it found is kept for a
while in this process. A page never waits for it.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.core.files.storage import FileSystemStorage
from django.db.models import Count, Sum

from brands.models import Brand, Exemplar
from mpr.assets.models import MediaAsset, Timeline
from mpr.errors import MprError
from mpr.storage.buckets import Bucket, media_in, media_out
from mpr.web.format import stage_title

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

KEEP_S = 600.0
_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class Used:
    """What lies in one place of a bucket: `owner` is a timeline's id, or empty for what belongs to none."""

    count: int = 0
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Counted:
    """media_out as it was looked through: per timeline and kind."""

    at_s: float
    took_s: float
    by_place: Mapping[tuple[str, str], Used]
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A kind of what is stored."""

    kind: str
    count: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Room:
    """A bucket: where it is, and for a folder how much room its disk has."""

    name: str
    where: str
    free: int | None
    total: int | None


@dataclass
class _Keeper:
    """The newest count, and the thread that makes the next."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    newest: Counted | None = None
    thread: threading.Thread | None = None


_keeper = _Keeper()


def counted() -> tuple[Counted | None, bool]:
    """The newest count there is, and whether another is being made; begins one when it is old."""
    with _keeper.lock:
        newest = _keeper.newest
        busy = _keeper.thread is not None and _keeper.thread.is_alive()
        if not busy and (newest is None or time.monotonic() - newest.at_s > KEEP_S):
            _keeper.thread = threading.Thread(target=_count, name="storage-count", daemon=True)
            _keeper.thread.start()
            busy = True
        return newest, busy


def forget() -> None:
    """Have the next question count anew."""
    with _keeper.lock:
        _keeper.newest = None


def lines(user: User | AnonymousUser, newest: Counted | None) -> Sequence[Line]:
    """What is stored of the workspaces that the person sees, the largest first."""
    assets = MediaAsset.objects.visible_to(user).aggregate(count=Count("pk"), size=Sum("file_size"))
    exemplars = Exemplar.objects.filter(brand__in=Brand.objects.visible_to(user)).count()
    found = [Line(kind="Footage", count=assets["count"], size=assets["size"] or 0)]
    if exemplars:
        found.append(Line(kind="Exemplars", count=exemplars, size=-1))
    if newest is not None:
        own = {str(key) for key in Timeline.objects.visible_to(user).values_list("pk", flat=True)}
        kinds: dict[str, Used] = {}
        for (owner, kind), used in newest.by_place.items():
            if owner in own or (user.is_superuser):
                before = kinds.get(kind, Used())
                kinds[kind] = Used(count=before.count + used.count, size=before.size + used.size)
        found += [Line(kind=_words(kind), count=used.count, size=used.size) for kind, used in kinds.items()]
    return sorted(found, key=lambda line: -line.size)


def rooms() -> list[Room]:
    """The buckets, for those who keep the installation."""
    return [_room(bucket) for bucket in (media_in, media_out)]


def _room(bucket: Bucket) -> Room:
    storage: Any = bucket.storage
    if not isinstance(storage, FileSystemStorage):
        return Room(name=bucket.alias, where=f"S3 bucket {storage.bucket_name}", free=None, total=None)
    try:
        disk = shutil.disk_usage(storage.location)
    except OSError:
        return Room(name=bucket.alias, where=f"{storage.location}, which is not there", free=None, total=None)
    return Room(name=bucket.alias, where=str(storage.location), free=disk.free, total=disk.total)


def _count() -> None:
    began_s = time.monotonic()
    places: dict[tuple[str, str], list[int]] = {}
    trouble = ""
    try:
        for stored in media_out.listed():
            entry = places.setdefault(_place(stored.key), [0, 0])
            entry[0] += 1
            entry[1] += stored.size
    except MprError as error:
        trouble = error.message
    now_s = time.monotonic()
    by_place = {place: Used(count=count, size=size) for place, (count, size) in places.items()}
    with _keeper.lock:
        _keeper.newest = Counted(at_s=now_s, took_s=now_s - began_s, by_place=by_place, trouble=trouble)


def _place(key: str) -> tuple[str, str]:
    """Whose a file is and of which kind: timelines/<id>/<stage>/…, answers/…"""
    parts = PurePosixPath(key).parts
    if parts[0] == "timelines" and len(parts) > 3:
        return parts[1], parts[2]
    return "", parts[0] if len(parts) > 1 else "other"


def _words(kind: str) -> str:
    return {"answers": "Answers of vision models", "other": "Other files"}.get(kind, stage_title(kind))
