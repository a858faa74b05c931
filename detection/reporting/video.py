"""The video behind a link, at addresses that open with the link alone."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from detection.reporting.links import is_whole
from detection.reporting.source import Source
from mpr.assets.playback import Clip, Playback, content_type, plays_itself
from mpr.assets.prepared import RenditionKind, WorkState
from mpr.errors import NotFound
from mpr.storage.buckets import media_in, media_out
from mpr.storage.serving import serve

_FILE = "file"


def shared_playback(source: Source, found: Playback) -> Playback | None:
    """The same at the link's addresses; None where there is nothing to play yet."""
    if not found.clips or not is_whole(source.job.timeline):
        return None
    return replace(found, clips=tuple(_moved(source, clip) for clip in found.clips), state="ready", sentence="")


@require_safe
def shared_video(request: HttpRequest, source: Source, part: str) -> HttpResponseBase:
    """A file of the video, where the link's maker let it be played. Takes ranges."""
    timeline = source.job.timeline
    asset = timeline.source_asset
    if source.link is None or not source.link.with_video or not is_whole(timeline):
        raise NotFound("The video is not part of what was shared.")
    if part == _FILE and plays_itself(asset):
        return serve(request, media_in, asset.file_path, content_type=content_type(asset.file_path), etag=asset.sha256)
    number = int(part) if part.isdecimal() else -1
    row = asset.renditions.filter(kind=RenditionKind.PROXY, number=number, state=WorkState.DONE).first()
    if row is None:
        raise NotFound("There is no such part of the video.")
    etag = f"{asset.sha256}-{row.lease_token}-{number}"
    return serve(request, media_out, row.key, content_type="video/mp4", etag=etag)


def _moved(source: Source, clip: Clip) -> Clip:
    """A proxy's number is the name of its file."""
    name = clip.address.rpartition("/")[2]
    part = name.removesuffix(".mp4") if name.endswith(".mp4") else _FILE
    return replace(clip, address=reverse("shared-video", args=[source.token, part]))
