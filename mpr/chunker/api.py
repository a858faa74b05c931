"""Splitting footage into chunks: where cuts would fall, having them made, and each chunk."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path, reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import StrictSerializer, parsed
from mpr.assets import chunks
from mpr.assets.filmstrip import COLUMNS, TILE_HEIGHT_PX, TILE_WIDTH_PX
from mpr.assets.models import MediaAsset
from mpr.assets.prepared import MediaChunk, RenditionKind, WorkState
from mpr.assets.preparing import ask_for, read_strip, try_again
from mpr.assets.timelines import properties_of
from mpr.chunker.shots import shots_of
from mpr.errors import BadInput
from mpr.library.api import source_for
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from mpr.assets.prepared import Rendition

_HOW = "Exactly one of these says how: by time, by shots, at marks, or these stretches."


class StretchInput(StrictSerializer):
    start_s = serializers.FloatField(min_value=0)
    end_s = serializers.FloatField(min_value=0)


class CutsInput(StrictSerializer):
    every_s = serializers.FloatField(required=False, help_text=f"A chunk every so many seconds. {_HOW}")
    shots_least_s = serializers.FloatField(
        required=False, help_text="Cut where shots begin, each chunk at least so long."
    )
    at_s = serializers.ListField(child=serializers.FloatField(), required=False, help_text="Cut at these seconds.")


class SplitInput(CutsInput):
    stretches: Any = StretchInput(many=True, required=False, help_text="These stretches, and nothing of the rest.")


class CutShape(serializers.Serializer):
    """A chunk as it would be: where it is wished, and where its cuts really fall."""

    wished_start_s = serializers.FloatField()
    wished_end_s = serializers.FloatField()
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()


class CutsShape(serializers.Serializer):
    stretches = CutShape(many=True)
    known_by = serializers.CharField(help_text="By shots: how they are known.")


class MediaChunkShape(serializers.ModelSerializer):
    asset: Any = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = MediaChunk
        fields = [
            "id", "asset", "start_s", "end_s", "wished_start_s", "wished_end_s", "label", "key", "sha256", "file_size",
            "state", "progress", "error_message", "deleted_at", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class MediaChunksShape(serializers.Serializer):
    chunks = MediaChunkShape(many=True)


class ChunkFilter(StrictSerializer):
    asset = serializers.UUIDField(required=False)
    deleted = serializers.BooleanField(default=False, help_text="Those that were deleted and can be had back.")
    cursor = serializers.CharField(required=False)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200)


class StripShape(serializers.Serializer):
    """One stretch of the filmstrip: a sheet of small pictures, ten in a row, and the time of each."""

    number = serializers.IntegerField()
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    state = serializers.CharField()
    progress = serializers.FloatField()
    tiles_s = serializers.ListField(child=serializers.FloatField())
    sheet = serializers.CharField(help_text="Where the sheet lies, a JPEG; empty while there is none.")


class FilmstripShape(serializers.Serializer):
    tile_width_px = serializers.IntegerField()
    tile_height_px = serializers.IntegerField()
    columns = serializers.IntegerField()
    keyframes_s = serializers.ListField(child=serializers.FloatField(), help_text="Where cuts can fall.")
    error_message = serializers.CharField()
    strips = StripShape(many=True, help_text="None until it is asked for by POST.")


class Cuts(APIView):
    @extend_schema(operation_id="propose_cuts", tags=["sources"], parameters=[CutsInput], responses=CutsShape)
    def get(self, request: Request, asset_id: UUID) -> Response:
        """Where the cuts would really fall: at the nearest keyframes. Nothing is made."""
        asset = source_for(request, asset_id, Role.VIEWER)
        query: dict[str, Any] = request.query_params.dict()
        if "at_s" in query:
            query["at_s"] = [part for part in query["at_s"].split(",") if part.strip()]
        given = CutsInput(data=query)
        given.is_valid(raise_exception=True)
        wishes, known_by = _wishes(asset, dict(given.validated_data))
        stretches = [vars(stretch) for stretch in chunks.proposed(asset, wishes)]
        return Response(CutsShape({"stretches": stretches, "known_by": known_by}).data)


class Split(APIView):
    @extend_schema(operation_id="split_source", tags=["sources"], request=SplitInput, responses={201: MediaChunksShape})
    def post(self, request: Request, asset_id: UUID) -> Response:
        """Have workers write chunks, without encoding anew. What is there already is taken as it is."""
        asset = source_for(request, asset_id, Role.ANALYST)
        wishes, _ = _wishes(asset, parsed(SplitInput, request))
        made = chunks.split(asset, wishes, created_by=cast("User", request.user))
        return Response(MediaChunksShape({"chunks": made}).data, status=201)


class Filmstrip(APIView):
    @extend_schema(operation_id="get_filmstrip", tags=["sources"], responses=FilmstripShape)
    def get(self, request: Request, asset_id: UUID) -> Response:
        """Small pictures of the keyframes, as far as they are made."""
        return Response(_filmstrip(source_for(request, asset_id, Role.VIEWER)))

    @extend_schema(operation_id="make_filmstrip", tags=["sources"], request=None, responses={200: FilmstripShape})
    def post(self, request: Request, asset_id: UUID) -> Response:
        """Have them made; every member may. Doing it again tries again what failed."""
        asset = source_for(request, asset_id, Role.VIEWER)
        try_again(asset, RenditionKind.FILMSTRIP)
        ask_for(asset, RenditionKind.FILMSTRIP)
        return Response(_filmstrip(asset))


class Chunks(ListAPIView):
    serializer_class = MediaChunkShape

    def get_queryset(self) -> QuerySet[MediaChunk]:
        given = parsed(ChunkFilter, self.request, query=True)
        rows = MediaChunk.objects.visible_to(self.request.user).filter(deleted_at__isnull=not given["deleted"])
        return rows.filter(asset=given["asset"]) if "asset" in given else rows

    @extend_schema(operation_id="list_chunks", tags=["sources"], parameters=[ChunkFilter], filters=False)
    def get(self, request: Request) -> Response:
        """Chunks that the person may see, newest first."""
        return self.list(request)


class OneChunk(APIView):
    @extend_schema(operation_id="get_chunk", tags=["sources"], responses=MediaChunkShape)
    def get(self, request: Request, chunk_id: UUID) -> Response:
        """One chunk, and how far it is."""
        return Response(MediaChunkShape(_chunk(request, chunk_id, Role.VIEWER)).data)

    @extend_schema(
        operation_id="delete_chunk",
        tags=["sources"],
        responses={204: OpenApiResponse(description="It is deleted, and can be restored for a while.")},
    )
    def delete(self, request: Request, chunk_id: UUID) -> Response:
        """Delete it, unless a timeline uses it."""
        chunks.delete(_chunk(request, chunk_id, Role.ANALYST).pk)
        return Response(status=204)


class CancelChunk(APIView):
    @extend_schema(operation_id="cancel_chunk", tags=["sources"], request=None, responses={200: MediaChunkShape})
    def post(self, request: Request, chunk_id: UUID) -> Response:
        """End work on a chunk that is not done."""
        return _after(chunks.cancel, request, chunk_id)


class RetryChunk(APIView):
    @extend_schema(operation_id="retry_chunk", tags=["sources"], request=None, responses={200: MediaChunkShape})
    def post(self, request: Request, chunk_id: UUID) -> Response:
        """Begin a chunk again that failed or was cancelled."""
        return _after(chunks.try_again, request, chunk_id)


class RestoreChunk(APIView):
    @extend_schema(operation_id="restore_chunk", tags=["sources"], request=None, responses={200: MediaChunkShape})
    def post(self, request: Request, chunk_id: UUID) -> Response:
        """Take a deletion back, within MPR_DELETED_KEEP_DAYS."""
        return _after(chunks.restore, request, chunk_id)


def _after(act: Callable[[UUID], MediaChunk], request: Request, chunk_id: UUID) -> Response:
    chunk = _chunk(request, chunk_id, Role.ANALYST)
    return Response(MediaChunkShape(act(chunk.pk)).data)


def _wishes(asset: MediaAsset, given: dict[str, Any]) -> tuple[list[tuple[float, float]], str]:
    if len(given) != 1:
        raise BadInput(
            "Say how to split in exactly one way: every_s, shots_least_s, at_s, or (to have it made) stretches."
        )
    match given:
        case {"every_s": every_s}:
            return chunks.every(asset, every_s), ""
        case {"shots_least_s": least_s}:
            shots = shots_of(asset)
            return chunks.at_shots(asset, shots.starts_s, least_s=least_s), shots.known_by
        case {"at_s": marks_s}:
            return chunks.parted(asset, marks_s), ""
        case _:
            return [(one["start_s"], one["end_s"]) for one in given["stretches"]], ""


def _filmstrip(asset: MediaAsset) -> dict[str, Any]:
    rows = list(asset.renditions.filter(kind=RenditionKind.FILMSTRIP).order_by("number"))
    failed = next((row.error_message for row in rows if row.state == WorkState.FAILED), "")
    strips = [
        {
            "number": row.number, "start_s": row.start_s, "end_s": row.end_s, "state": row.state,
            "progress": row.progress, "tiles_s": _tiles_s(row.key) if row.state == WorkState.DONE else [],
            "sheet": _sheet(row) if row.state == WorkState.DONE and _tiles_s(row.key) else "",
        }
        for row in rows
    ]  # fmt: skip
    shape = FilmstripShape(
        {
            "tile_width_px": TILE_WIDTH_PX, "tile_height_px": TILE_HEIGHT_PX, "columns": COLUMNS,
            "keyframes_s": properties_of(asset).keyframes_s, "error_message": failed, "strips": strips,
        }
    )  # fmt: skip
    return dict(shape.data)


def _sheet(row: Rendition) -> str:
    return reverse("asset-filmstrip", args=[row.asset_id, row.number])


@lru_cache(maxsize=512)
def _tiles_s(key: str) -> list[float]:
    """Kept, because a page asks again and again while the rest is made."""
    return read_strip(key).tiles_s


def _chunk(request: Request, chunk_id: UUID, role: Role) -> MediaChunk:
    rows = MediaChunk.objects.visible_to(request.user).select_related("asset__workspace")
    chunk: MediaChunk = find_for(request.user, rows, chunk_id, role)
    return chunk


urlpatterns = [
    path("sources/<uuid:asset_id>/cuts", Cuts.as_view(), name="api-cuts"),
    path("sources/<uuid:asset_id>/split", Split.as_view(), name="api-split"),
    path("sources/<uuid:asset_id>/filmstrip", Filmstrip.as_view(), name="api-filmstrip"),
    path("chunks", Chunks.as_view(), name="api-media-chunks"),
    path("chunks/<uuid:chunk_id>", OneChunk.as_view(), name="api-media-chunk"),
    path("chunks/<uuid:chunk_id>/cancel", CancelChunk.as_view(), name="api-chunk-cancel"),
    path("chunks/<uuid:chunk_id>/retry", RetryChunk.as_view(), name="api-chunk-retry"),
    path("chunks/<uuid:chunk_id>/restore", RestoreChunk.as_view(), name="api-chunk-restore"),
]
