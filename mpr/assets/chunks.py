"""Chunks: stretches of an asset as files of their own, and the timelines that are made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mpr.assets import working
from mpr.assets.cutting import ChunkFacts, Stretch, snapped, write_chunk
from mpr.assets.ingest import check_room, held
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.assets.prepared import MediaChunk, WorkState
from mpr.assets.timelines import properties_of
from mpr.errors import BadInput, MprError, NotFound, Refused
from mpr.pipeline.timeline import Chunk, TimelineFacts
from mpr.storage.buckets import media_in
from mpr.web.format import clock

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Chunks written by another version of the cutting are other files.
_VERSION = 1
_MOST_CHUNKS = 500
_LEAST_S = 0.5
_BLOCK_BYTES = 1024 * 1024
# What is left between two stretches by rounding is no gap.
_CLOSE_S = 1e-3

Wish = tuple[float, float]


def every(asset: MediaAsset, every_s: float) -> list[Wish]:
    """The whole asset in stretches of so many seconds; a last one of less than a quarter of that goes with the one
    before."""
    duration_s = _duration_s(asset)
    if not every_s >= _LEAST_S:
        raise BadInput("Give a length for the chunks of at least half a second.")
    if duration_s / every_s > _MOST_CHUNKS:
        raise BadInput(f"That would be more than {_MOST_CHUNKS} chunks; give a longer time.")
    marks = [0.0]
    while duration_s - (marks[-1] + every_s) >= every_s / 4:
        marks.append(marks[-1] + every_s)
    return parted(asset, marks[1:])


def at_shots(asset: MediaAsset, starts_s: Sequence[float], *, least_s: float) -> list[Wish]:
    """The whole asset, cut where shots begin, each chunk at least so long."""
    duration_s = _duration_s(asset)
    if not least_s >= _LEAST_S:
        raise BadInput("Give a shortest length for the chunks of at least half a second.")
    marks: list[float] = []
    for start_s in sorted(starts_s):
        before_s = marks[-1] if marks else 0.0
        if start_s - before_s >= least_s and duration_s - start_s >= least_s:
            marks.append(start_s)
    return parted(asset, marks)


def parted(asset: MediaAsset, marks_s: Sequence[float]) -> list[Wish]:
    """The whole asset, cut at each mark."""
    duration_s = _duration_s(asset)
    marks = [0.0, *sorted({mark_s for mark_s in marks_s if 0 < mark_s < duration_s}), duration_s]
    return list(pairwise(marks))


def proposed(asset: MediaAsset, wishes: Sequence[Wish]) -> list[Stretch]:
    """Where the cuts of wished stretches really fall. Raises BadInput when they lie outside, overlap, are too many, or
    nothing is left of one; Refused when the asset cannot be cut."""
    duration_s = _duration_s(asset)
    keyframes_s = properties_of(asset).keyframes_s
    if not keyframes_s:
        raise Refused(
            f"{asset.filename} does not say where its keyframes are, so it cannot be cut as it is; convert it to MP4."
        )
    if not wishes:
        raise BadInput("Name at least one stretch.")
    if len(wishes) > _MOST_CHUNKS:
        raise BadInput(f"That would be more than {_MOST_CHUNKS} chunks; make fewer and longer ones.")
    for start_s, end_s in wishes:
        if not 0 <= start_s < end_s <= duration_s + _CLOSE_S:
            raise BadInput(
                f"A chunk cannot reach from {clock(start_s, with_ms=True)} to {clock(end_s, with_ms=True)}; it must "
                f"end behind its beginning and within the {clock(duration_s, with_ms=True)} of {asset.filename}."
            )
    ordered = sorted(wishes)
    for (_, before_s), (start_s, _) in pairwise(ordered):
        if start_s < before_s - _CLOSE_S:
            raise BadInput(f"Two chunks overlap at {clock(start_s, with_ms=True)}; end one where the other begins.")
    found = snapped(ordered, keyframes_s=keyframes_s, duration_s=duration_s)
    if len(found) < len(ordered):
        kept = {stretch.wished_start_s for stretch in found}
        lost_s = next(start_s for start_s, _ in ordered if round(start_s, 6) not in kept)
        raise BadInput(
            f"The chunk at {clock(lost_s, with_ms=True)} lies between two keyframes, so nothing is left of it; make it "
            "longer."
        )
    return found


def split(asset: MediaAsset, wishes: Sequence[Wish], *, created_by: User | None = None) -> list[MediaChunk]:
    """Have chunks made of an asset, in the order of time. One that is there already is taken as it is, and had back
    when it was deleted; one that failed or was cancelled is begun again. Raises as `proposed`."""
    stretches = proposed(asset, wishes)
    found = []
    with transaction.atomic():
        for stretch in stretches:
            key = chunk_key(asset, stretch)
            chunk, is_new = MediaChunk.objects.select_for_update().get_or_create(
                asset=asset, key=key,
                defaults={**asdict(stretch), "created_by": created_by},
            )  # fmt: skip
            if is_new:
                working.send(chunk)
            elif chunk.deleted_at is not None:
                chunk.deleted_at = None
                chunk.save(update_fields=["deleted_at"])
            if chunk.state in (WorkState.FAILED, WorkState.CANCELLED):
                working.begin_again(chunk)
            found.append(chunk)
    return found


def chunk_key(asset: MediaAsset, stretch: Stretch) -> str:
    """Where a chunk lies in media_in: by content and cuts, so that the same stretch is the same file."""
    start_us, end_us = round(stretch.start_s * 1e6), round(stretch.end_s * 1e6)
    return f"chunks/{asset.sha256[:2]}/{asset.sha256}/{_VERSION}-{start_us}-{end_us}"


def make(chunk: MediaChunk, progress: working.Progress) -> dict[str, Any]:
    """Write a chunk's file; returns the fields of its result. The work of a worker."""
    asset = chunk.asset
    twin = MediaChunk.objects.filter(key=chunk.key, state=WorkState.DONE).first()
    if twin is not None and media_in.exists(chunk.key):
        return {"facts": twin.facts, "sha256": twin.sha256, "file_size": twin.file_size}
    stretch = Stretch(
        wished_start_s=chunk.wished_start_s, wished_end_s=chunk.wished_end_s, start_s=chunk.start_s, end_s=chunk.end_s
    )
    duration_s = _duration_s(asset)
    check_room(f"A chunk of {asset.filename}", round(asset.file_size * (chunk.end_s - chunk.start_s) / duration_s))
    with media_in.local(asset.file_path) as source, media_in.new_file(chunk.key) as path:
        facts = write_chunk(
            source, stretch, path, name=asset.filename, origin_ticks=properties_of(asset).origin_ticks,
            is_last=chunk.end_s >= duration_s, progress=lambda share: progress(0.95 * share),
        )  # fmt: skip
        sha256, size_bytes = _digest(path)
    return {"facts": msgspec.to_builtins(facts), "sha256": sha256, "file_size": size_bytes}


def cancel(chunk_id: UUID) -> MediaChunk:
    """End work on a chunk that is not done. Doing it again changes nothing. Raises NotFound, Refused."""
    with transaction.atomic():
        chunk = _locked(chunk_id)
        if chunk.state == WorkState.DONE:
            raise Refused("This chunk is done; delete it if it is not needed.")
        if chunk.is_open:
            chunk.state = WorkState.CANCELLED
            chunk.finished_at = timezone.now()
            chunk.save(update_fields=["state", "finished_at"])
    return chunk


def try_again(chunk_id: UUID) -> MediaChunk:
    """Begin a chunk again that failed or was cancelled. Raises NotFound, Refused."""
    with transaction.atomic():
        chunk = _locked(chunk_id)
        if chunk.state not in (WorkState.FAILED, WorkState.CANCELLED):
            raise Refused(f"This chunk is {chunk.get_state_display().lower()}; there is nothing to try again.")
        working.begin_again(chunk)
    return chunk


def delete(chunk_id: UUID) -> MediaChunk:
    """Delete a chunk that no timeline uses; it can be had back for MPR_DELETED_KEEP_DAYS. Raises NotFound, Refused."""
    with transaction.atomic():
        chunk = _locked(chunk_id)
        users = _timelines_of(chunk)
        if users:
            raise Refused(
                f"{len(users)} timeline{'s' * (len(users) != 1)} of {chunk.asset.filename} use this chunk, so it "
                "stays; what was analysed must remain to be seen."
            )
        if chunk.is_open:
            chunk.state = WorkState.CANCELLED
            chunk.finished_at = timezone.now()
        if chunk.deleted_at is None:
            chunk.deleted_at = timezone.now()
        chunk.save(update_fields=["state", "finished_at", "deleted_at"])
    return chunk


def restore(chunk_id: UUID) -> MediaChunk:
    """Take a deletion back. Doing it again changes nothing. Raises NotFound once its file is gone."""
    with transaction.atomic():
        chunk = _locked(chunk_id)
        if chunk.deleted_at is not None:
            chunk.deleted_at = None
            chunk.save(update_fields=["deleted_at"])
    return chunk


def purge() -> int:
    """Remove chunks that were deleted long enough ago, with their files; how many."""
    before = timezone.now() - timedelta(days=settings.MPR_DELETED_KEEP_DAYS)
    removed = 0
    for chunk_id in list(MediaChunk.objects.filter(deleted_at__lt=before).values_list("pk", flat=True)[:100]):
        with transaction.atomic():
            chunk = MediaChunk.objects.select_for_update().filter(pk=chunk_id, deleted_at__lt=before).first()
            if chunk is None or _timelines_of(chunk):
                continue
            with held(chunk.key):
                # The same footage in another workspace has the same file.
                others = MediaChunk.objects.filter(key=chunk.key).exclude(pk=chunk.pk)
                if not others.exists() and not Timeline.objects.filter(chunk_paths__contains=[chunk.key]).exists():
                    media_in.delete(chunk.key)
            chunk.delete()
            removed += 1
    return removed


def chosen_chunks(asset: MediaAsset, chunk_ids: Sequence[UUID]) -> list[MediaChunk]:
    """Chunks of an asset in the order in which they are named. Raises NotFound for one that is not of it."""
    rows = {chunk.pk: chunk for chunk in asset.chunks.select_related("asset").filter(pk__in=chunk_ids)}
    missing = next((chunk_id for chunk_id in chunk_ids if chunk_id not in rows), None)
    if missing is not None:
        raise NotFound(f"{asset.filename} has no chunk {missing}; list its chunks anew.")
    return [rows[chunk_id] for chunk_id in chunk_ids]


def timeline_of_chunks(chunks: Sequence[MediaChunk], *, profile_name: str) -> Timeline:
    """The timeline in which these chunks play one behind the other in this order; the same choice is the same timeline.

    Raises BadInput for none, for one twice and for chunks of several assets; Refused while one is not done.
    """
    if not chunks:
        raise BadInput("Choose at least one chunk.")
    asset = chunks[0].asset
    if len({chunk.pk for chunk in chunks}) < len(chunks):
        raise BadInput("A chunk can be in a timeline once; leave the second one out.")
    if any(chunk.asset_id != asset.pk for chunk in chunks):
        raise BadInput("The chunks of a timeline must be of one file; choose those of one.")
    for chunk in chunks:
        if chunk.state != WorkState.DONE or chunk.deleted_at is not None:
            state = "deleted" if chunk.deleted_at else chunk.get_state_display().lower()
            raise Refused(f"The chunk at {clock(chunk.start_s, with_ms=True)} is {state}; choose chunks that are done.")
    facts = _facts(asset, chunks)
    with transaction.atomic():
        # Nobody deletes them meanwhile.
        list(MediaChunk.objects.select_for_update().filter(pk__in=[chunk.pk for chunk in chunks]))
        timeline, _ = Timeline.objects.get_or_create(
            source_asset=asset,
            chunk_paths=[chunk.key for chunk in chunks],
            defaults={"profile_name": profile_name, "fps": facts.fps, "facts": msgspec.to_builtins(facts)},
        )
    return timeline


def _facts(asset: MediaAsset, chunks: Sequence[MediaChunk]) -> TimelineFacts:
    keyframes_s = properties_of(asset).keyframes_s
    placed, marks = [], []
    start_s, frames = 0.0, 0
    for chunk in chunks:
        held_facts = facts_of_chunk(chunk)
        placed.append(
            Chunk(
                key=chunk.key, sha256=chunk.sha256, start_s=start_s, duration_s=held_facts.duration_s,
                origin_ticks=held_facts.origin_ticks,
            )
        )  # fmt: skip
        marks += [
            round(start_s + mark_s - chunk.start_s, 6)
            for mark_s in keyframes_s
            if chunk.start_s <= mark_s < chunk.end_s
        ]
        frames += held_facts.frame_count
        start_s = round(start_s + held_facts.duration_s, 6)
    if not (asset.width and asset.height):
        raise MprError(f"{asset.filename} has not been probed; add the file again.")
    return TimelineFacts(
        chunks=placed, duration_s=start_s, fps=round(frames / start_s, 4), width_px=asset.width,
        height_px=asset.height, keyframes_s=marks,
    )  # fmt: skip


def facts_of_chunk(chunk: MediaChunk) -> ChunkFacts:
    """What a chunk's file holds. Raises MprError when it is not what this version writes."""
    try:
        return msgspec.convert(chunk.facts, type=ChunkFacts)
    except msgspec.ValidationError as error:
        raise MprError(f"The facts of a chunk cannot be read ({error}); delete it and split again.") from error


def _timelines_of(chunk: MediaChunk) -> list[Timeline]:
    return list(chunk.asset.timelines.filter(chunk_paths__contains=[chunk.key]))


def _locked(chunk_id: UUID) -> MediaChunk:
    found = MediaChunk.objects.select_for_update(of=("self",)).select_related("asset").filter(pk=chunk_id).first()
    if found is None:
        raise NotFound("This chunk is gone, with its file; split the footage again.")
    return found


def _duration_s(asset: MediaAsset) -> float:
    if asset.status != AssetStatus.READY or not asset.duration_s:
        raise Refused(f"{asset.filename} cannot be cut; {asset.error_message or 'wait until it has been read.'}")
    return asset.duration_s


def _digest(path: Path) -> tuple[str, int]:
    digest = hashlib.sha256()
    size_bytes = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            size_bytes += len(block)
    return digest.hexdigest(), size_bytes
