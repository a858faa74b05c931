"""The footage there is."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from mpr.api.input import StrictSerializer, parsed
from mpr.assets.models import AssetStatus, MediaAsset


class SourceFilter(StrictSerializer):
    status = serializers.ChoiceField(choices=AssetStatus.choices, required=False)
    tag = serializers.CharField(required=False)
    cursor = serializers.CharField(required=False)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200)


class SourceShape(serializers.ModelSerializer):
    timelines: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = MediaAsset
        fields = [
            "id", "workspace", "filename", "file_size", "sha256", "status", "error_message", "duration_s", "fps",
            "width", "height", "video_codec", "audio_codec", "bitrate", "comments", "tags", "timelines", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_view(
    get=extend_schema(operation_id="list_sources", tags=["sources"], parameters=[SourceFilter], filters=False)
)
class Sources(ListAPIView):
    """Footage that the person may see, newest first."""

    serializer_class = SourceShape

    def get_queryset(self) -> QuerySet[MediaAsset]:
        given = parsed(SourceFilter, self.request, query=True)
        assets = MediaAsset.objects.visible_to(self.request.user).prefetch_related("timelines")
        if "status" in given:
            assets = assets.filter(status=given["status"])
        return assets.filter(tags__contains=[given["tag"]]) if "tag" in given else assets


urlpatterns = [path("sources", Sources.as_view(), name="api-sources")]
