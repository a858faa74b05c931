"""Running an analysis through the API: footage, a profile, and the brands to look for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from brands.session import session_brands
from mpr.api.input import OverridesField, StrictSerializer, parsed
from mpr.api.once import once
from mpr.api.schema import IDEMPOTENCY_KEY
from mpr.assets.ingest import ingest
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.assets.timelines import timeline_of
from mpr.errors import BadVideo
from mpr.jobs.api.find import timeline_for
from mpr.jobs.api.shapes import JobShape, PriorityField
from mpr.jobs.create import create_job
from mpr.jobs.models import Priority
from mpr.workspaces.access import choose_workspace, find_for
from mpr.workspaces.models import Role
from profiles.plan import find_profile

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_FOOTAGE = ("timeline", "asset", "file")


class RunInput(StrictSerializer):
    timeline = serializers.UUIDField(required=False)
    asset = serializers.UUIDField(required=False, help_text="Footage in the library, whole.")
    file = serializers.FileField(required=False, help_text="Footage to upload, with multipart/form-data.")
    workspace = serializers.UUIDField(required=False, help_text="With “file”, for members of several.")
    profile = serializers.CharField(required=False, help_text="The timeline's own, else the default one.")
    overrides = OverridesField(required=False, help_text="{stage: {setting: value}}, over the profile's configs.")
    brands = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Look for these alone; names of known brands."
    )

    priority = PriorityField(default=Priority.BATCH, help_text="Interactive work overtakes batch work.")
    deadline = serializers.DateTimeField(required=False, help_text="A job that is not done by then fails.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if sum(name in given for name in _FOOTAGE) != 1:
            raise serializers.ValidationError("Send exactly one of “timeline”, “asset” and “file”.")
        return given


class Run(APIView):
    parser_classes = [JSONParser, MultiPartParser]

    @extend_schema(
        operation_id="run",
        tags=["control"],
        parameters=[IDEMPOTENCY_KEY],
        request={"application/json": RunInput, "multipart/form-data": RunInput},
        responses={201: JobShape},
    )
    def post(self, request: Request) -> Response:
        """Make a job on footage and start it."""
        given = parsed(RunInput, request)
        timeline = _timeline(request, given)
        overrides = _overrides(given, timeline)
        asked = {
            "timeline": timeline.pk,
            "profile": given.get("profile", timeline.profile_name),
            "overrides": overrides,
            "priority": given["priority"],
            "deadline": given.get("deadline"),
        }

        def make() -> Response:
            job = create_job(
                timeline,
                profile_name=asked["profile"],
                overrides=overrides,
                created_by=cast("User", request.user),
                priority=asked["priority"],
                deadline=asked["deadline"],
            )
            return Response(JobShape(job).data, status=201)

        return once(request, asked, make)


def _timeline(request: Request, given: dict[str, Any]) -> Timeline:
    if "timeline" in given:
        return timeline_for(request, given["timeline"], Role.ANALYST)
    if "asset" in given:
        assets = MediaAsset.objects.visible_to(request.user).select_related("workspace")
        asset = find_for(request.user, assets, given["asset"], Role.ANALYST)
    else:
        workspace = choose_workspace(request.user, given.get("workspace"), Role.ANALYST)
        with _on_disk(given["file"]) as file:
            asset = ingest(file, workspace=workspace, filename=given["file"].name)
        if asset.status == AssetStatus.ERROR:
            raise BadVideo(asset.error_message)
    name = given.get("profile", settings.MPR_DEFAULT_PROFILE)
    return timeline_of(asset, profile_name=find_profile(name, asset.workspace).name)


def _overrides(given: dict[str, Any], timeline: Timeline) -> dict[str, dict[str, Any]]:
    overrides: dict[str, dict[str, Any]] = {name: dict(values) for name, values in given.get("overrides", {}).items()}
    if "brands" in given:
        found = session_brands(timeline.workspace, given["brands"])
        overrides.setdefault("match_brands", {})["brands"] = [brand.canonical_name for brand in found]
    return overrides


@contextmanager
def _on_disk(upload: UploadedFile[bytes]) -> Iterator[Path]:
    """The uploaded file by its path; a small one, which is held in memory, is written out first."""
    if isinstance(upload, TemporaryUploadedFile):
        yield Path(upload.temporary_file_path())
        return
    with NamedTemporaryFile(suffix=Path(upload.name or "").suffix) as copy:
        for part in upload.chunks():
            copy.write(part)
        copy.flush()
        yield Path(copy.name)
