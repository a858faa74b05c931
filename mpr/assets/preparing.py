"""Asking for what is prepared beside the pipeline, and making it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from mpr.assets import chunks, working
from mpr.assets.filmstrip import Strip, draw_strip
from mpr.assets.intake.models import Intake
from mpr.assets.intake.taking import take_in
from mpr.assets.models import MediaAsset
from mpr.assets.prepared import MediaChunk, Rendition, RenditionKind, Work, WorkState
from mpr.assets.proxies import write_proxy
from mpr.assets.timelines import whole
from mpr.pipeline import codec
from mpr.pipeline.context import Span
from mpr.pipeline.shards import plan_shards
from mpr.storage.buckets import media_in, media_out

# A proxy of so much footage takes a worker half a minute or so.
_STRETCH_S = 300.0
_VERSION = 1


def ask_for(asset: MediaAsset, kind: RenditionKind) -> list[Rendition]:
    """The renditions of a whole asset, in order; those that are not there yet, or were cancelled, are begun."""
    if asset.renditions.filter(kind=kind).exists():
        return list(asset.renditions.filter(kind=kind).order_by("number"))
    facts = whole(asset)
    rows = [
        Rendition(
            asset=asset, kind=kind, number=span.number, start_s=span.start_s, end_s=span.end_s,
            key=rendition_key(asset, kind, span.number),
        )
        for span in plan_shards(facts.duration_s, shard_s=_STRETCH_S, keyframes_s=facts.keyframes_s)
    ]  # fmt: skip
    with transaction.atomic():
        Rendition.objects.bulk_create(rows, ignore_conflicts=True)
        found = list(asset.renditions.filter(kind=kind).order_by("number"))
        for row in found:
            working.send(row)
    return found


def try_again(asset: MediaAsset, kind: RenditionKind) -> None:
    """Begin those renditions again that failed."""
    with transaction.atomic():
        for row in asset.renditions.select_for_update().filter(kind=kind, state=WorkState.FAILED):
            working.begin_again(row)


def rendition_key(asset: MediaAsset, kind: str, number: int) -> str:
    """Where it lies in media_out: by content, so that the same footage in two workspaces is prepared once."""
    suffix = {"proxy": "mp4", "filmstrip": "bin"}[kind]
    return f"renditions/{asset.sha256[:2]}/{asset.sha256}/{kind}-{_VERSION}-{number:04d}.{suffix}"


def prepare(kind: str, pk: str) -> None:
    """What a worker does when a message comes; nothing when the row is gone."""
    work = working.MODELS[kind]._default_manager.filter(pk=pk).first()
    if work is not None:
        working.do(work, _act)


def _act(work: Work, progress: working.Progress) -> dict[str, Any]:
    match work:
        case Rendition():
            return _MAKERS[RenditionKind(work.kind)](work, progress)
        case Intake():
            return take_in(work, progress)
        case MediaChunk():
            return chunks.make(work, progress)
    if type(work) in working.ACTS:
        return working.ACTS[type(work)](work, progress)
    raise TypeError(f"{type(work).__name__} is no work that is known here")


def _make_proxy(row: Rendition, progress: working.Progress) -> dict[str, Any]:
    if not media_out.exists(row.key):
        span = Span(number=row.number, start_s=row.start_s, end_s=row.end_s)
        with media_out.new_file(row.key) as path:
            write_proxy(whole(row.asset), span, media_in, path, progress)
    return {}


def _make_filmstrip(row: Rendition, progress: working.Progress) -> dict[str, Any]:
    if not media_out.exists(row.key):
        span = Span(number=row.number, start_s=row.start_s, end_s=row.end_s)
        media_out.write(row.key, codec.encode(draw_strip(whole(row.asset), span, media_in, progress)))
    return {}


def read_strip(key: str) -> Strip:
    """A stretch of the filmstrip that is done. Raises NotFound."""
    return codec.decode(media_out.read(key), Strip)


_MAKERS: dict[RenditionKind, Callable[[Rendition, working.Progress], dict[str, Any]]] = {
    RenditionKind.PROXY: _make_proxy,
    RenditionKind.FILMSTRIP: _make_filmstrip,
}
