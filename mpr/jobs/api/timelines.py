"""Timelines: what of the footage is analysed."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import StrictSerializer, parsed
from mpr.assets.chunks import chosen_chunks, timeline_of_chunks
from mpr.assets.models import MediaAsset, Timeline
from mpr.assets.timelines import timeline_of
from mpr.jobs.api.find import timeline_for
from mpr.jobs.kept import clear_cache
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role
from profiles.plan import find_profile


class TimelineInput(StrictSerializer):
    asset = serializers.UUIDField(help_text="The footage.")
    chunks = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        help_text="Chunks of it, in playing order; without them all of it.",
    )
    profile = serializers.CharField(required=False, help_text="What jobs on it use unless told otherwise.")


class TimelineFilter(StrictSerializer):
    asset = serializers.UUIDField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200)


class TimelineShape(serializers.ModelSerializer):
    filename = serializers.CharField(source="source_asset.filename", read_only=True)
    duration_s = serializers.FloatField(read_only=True)

    class Meta:
        model = Timeline
        fields = [
            "id", "source_asset", "filename", "chunk_paths", "profile_name", "fps", "duration_s", "status",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class Timelines(ListAPIView):
    serializer_class = TimelineShape

    def get_queryset(self) -> QuerySet[Timeline]:
        given = parsed(TimelineFilter, self.request, query=True)
        timelines = Timeline.objects.visible_to(self.request.user).select_related("source_asset")
        return timelines.filter(source_asset=given["asset"]) if "asset" in given else timelines

    @extend_schema(operation_id="list_timelines", tags=["sources"], parameters=[TimelineFilter], filters=False)
    def get(self, request: Request) -> Response:
        """Timelines that the person may see, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="make_timeline", tags=["sources"], request=TimelineInput, responses={200: TimelineShape}
    )
    def post(self, request: Request) -> Response:
        """The timeline over all of an asset, or over chunks of it in this order; made when it is not there yet."""
        given = parsed(TimelineInput, request)
        assets = MediaAsset.objects.visible_to(request.user).select_related("workspace")
        asset: MediaAsset = find_for(request.user, assets, given["asset"], Role.ANALYST)
        profile = find_profile(given.get("profile", settings.MPR_DEFAULT_PROFILE), asset.workspace)
        if "chunks" in given:
            timeline = timeline_of_chunks(chosen_chunks(asset, given["chunks"]), profile_name=profile.name)
        else:
            timeline = timeline_of(asset, profile_name=profile.name)
        return Response(TimelineShape(timeline).data)


class ClearedShape(serializers.Serializer):
    jobs = serializers.IntegerField(help_text="How many jobs had outputs.")


class TimelineCache(APIView):
    @extend_schema(operation_id="clear_cache", tags=["sources"], responses={200: ClearedShape})
    def delete(self, request: Request, timeline_id: UUID) -> Response:
        """Remove everything computed on a timeline, its cached frames included. Its jobs must have ended."""
        timeline = timeline_for(request, timeline_id, Role.OWNER)
        return Response({"jobs": clear_cache(timeline.pk)})


class TimelineDetail(APIView):
    @extend_schema(operation_id="get_timeline", tags=["sources"], responses=TimelineShape)
    def get(self, request: Request, timeline_id: UUID) -> Response:
        """One timeline."""
        return Response(TimelineShape(timeline_for(request, timeline_id, Role.VIEWER)).data)
