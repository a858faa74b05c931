"""One piece of footage: what is said of it, deleting and restoring it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import StrictSerializer, parsed
from mpr.assets.api import SourceShape
from mpr.assets.intake.again import try_asset_again
from mpr.assets.intake.api import UploadShape
from mpr.assets.models import MediaAsset
from mpr.assets.tags import set_comments, set_tags
from mpr.jobs import removal
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_GONE = {204: OpenApiResponse(description="It is deleted, and can be restored for a while.")}


class SourceInput(StrictSerializer):
    tags = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    comments = serializers.CharField(required=False, allow_blank=True)


class DeletionInput(StrictSerializer):
    stop_jobs = serializers.BooleanField(default=False, help_text="End the jobs that run on it, for good.")


class OneSource(APIView):
    @extend_schema(operation_id="get_source", tags=["sources"], responses=SourceShape)
    def get(self, request: Request, asset_id: UUID) -> Response:
        """One piece of footage."""
        return Response(SourceShape(source_for(request, asset_id, Role.VIEWER)).data)

    @extend_schema(operation_id="describe_source", tags=["sources"], request=SourceInput, responses=SourceShape)
    def patch(self, request: Request, asset_id: UUID) -> Response:
        """Set its tags or comments."""
        asset = source_for(request, asset_id, Role.ANALYST)
        given = parsed(SourceInput, request)
        if "tags" in given:
            set_tags(asset, given["tags"])
        if "comments" in given:
            set_comments(asset, given["comments"])
        return Response(SourceShape(asset).data)

    @extend_schema(operation_id="delete_source", tags=["sources"], parameters=[DeletionInput], responses=_GONE)
    def delete(self, request: Request, asset_id: UUID) -> Response:
        """Delete it with all that was computed on it. 409 says that jobs run on it. Owners may, and who brought it."""
        asset = source_for(request, asset_id, Role.VIEWER)
        removal.require_may_delete(request.user, asset)
        given = parsed(DeletionInput, request, query=True)
        removal.delete(asset_id, cast("User", request.user), stop_jobs=given["stop_jobs"])
        return Response(status=204)


class Restore(APIView):
    @extend_schema(operation_id="restore_source", tags=["sources"], request=None, responses={200: SourceShape})
    def post(self, request: Request, asset_id: UUID) -> Response:
        """Take a deletion back, within MPR_DELETED_KEEP_DAYS."""
        seen = MediaAsset.objects.deleted_for(request.user) | MediaAsset.objects.visible_to(request.user)
        asset: MediaAsset = find_for(request.user, seen.select_related("workspace"), asset_id, Role.VIEWER)
        removal.require_may_delete(request.user, asset)
        return Response(SourceShape(removal.restore(asset_id)).data)


class RetrySource(APIView):
    @extend_schema(operation_id="retry_source", tags=["sources"], request=None, responses={200: UploadShape})
    def post(self, request: Request, asset_id: UUID) -> Response:
        """Try to take in anew what is in state error, while what it came from is kept."""
        return Response(UploadShape(try_asset_again(source_for(request, asset_id, Role.ANALYST))).data)


def source_for(request: Request, asset_id: UUID, role: Role) -> MediaAsset:
    """Raises Http404, NotAllowed."""
    assets = MediaAsset.objects.visible_to(request.user).select_related("workspace").prefetch_related("timelines")
    asset: MediaAsset = find_for(request.user, assets, asset_id, role)
    return asset


urlpatterns = [
    path("sources/<uuid:asset_id>", OneSource.as_view(), name="api-source"),
    path("sources/<uuid:asset_id>/restore", Restore.as_view(), name="api-source-restore"),
    path("sources/<uuid:asset_id>/retry", RetrySource.as_view(), name="api-source-retry"),
]
