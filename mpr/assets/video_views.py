"""Videos as the pages play them."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from mpr.assets.models import MediaAsset, Timeline
from mpr.assets.playback import Playback, content_type, playback_of, playback_of_asset, plays_itself
from mpr.assets.prepared import RenditionKind, WorkState
from mpr.assets.preparing import ask_for, try_again
from mpr.errors import NotFound, Refused
from mpr.storage.buckets import media_in, media_out
from mpr.storage.serving import serve


@require_safe
def asset_video(request: HttpRequest, asset_id: UUID) -> HttpResponseBase:
    """The file itself, for browsers that can play it. Takes ranges."""
    asset = _asset(request, asset_id)
    if not plays_itself(asset):
        raise Refused(f"Browsers cannot play {asset.filename} as it is; its page has a copy made that they can play.")
    return serve(request, media_in, asset.file_path, content_type=content_type(asset.file_path), etag=asset.sha256)


@require_safe
def asset_proxy(request: HttpRequest, asset_id: UUID, number: int) -> HttpResponseBase:
    """One stretch of the copy that browsers can play. Takes ranges."""
    row = _asset(request, asset_id).renditions.filter(kind=RenditionKind.PROXY, number=number).first()
    if row is None:
        raise Http404
    if row.state != WorkState.DONE:
        raise NotFound("This stretch has not been prepared for playing yet; try again in a moment.")
    return serve(
        request, media_out, row.key, content_type="video/mp4", etag=f"{row.asset.sha256}-{row.lease_token}-{number}"
    )


@require_http_methods(["GET", "HEAD", "POST"])
def asset_player(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """How the player stands, as a part of a page; POST has a copy made where browsers need one. Every member may:
    whoever sees footage may watch it."""
    asset = _asset(request, asset_id)
    playback = _playback(request, asset)
    if request.method == "POST" and playback.state in ("missing", "failed"):
        try_again(asset, RenditionKind.PROXY)
        ask_for(asset, RenditionKind.PROXY)
        playback = _playback(request, asset)
    return render(request, "assets/_player_note.html", {"playback": playback})


def _playback(request: HttpRequest, asset: MediaAsset) -> Playback:
    timeline_id = request.GET.get("timeline")
    if not timeline_id:
        return playback_of_asset(asset)
    try:
        wanted = UUID(timeline_id)
    except ValueError as error:
        raise Http404 from error
    return playback_of(get_object_or_404(Timeline.objects.visible_to(request.user), pk=wanted, source_asset=asset))


def _asset(request: HttpRequest, asset_id: UUID) -> MediaAsset:
    return get_object_or_404(MediaAsset.objects.visible_to(request.user), pk=asset_id)
