"""Presets of report settings. One is named within a workspace: its own of that name, else the shipped one, which nobody
changes; an edit makes the next version, and earlier versions stay."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from detection.presets import Preset, delete_preset, find_preset, list_presets, save_preset
from detection.report.settings import Config
from mpr.api.input import ObjectField, StrictSerializer, parsed
from mpr.pipeline.config import schema
from mpr.workspaces.access import choose_workspace
from mpr.workspaces.models import Role, Workspace

_NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="A preset.")


class PresetsFilter(StrictSerializer):
    workspace = serializers.UUIDField(required=False, help_text="For members of several.")


class PresetVersionFilter(PresetsFilter):
    version = serializers.IntegerField(required=False, min_value=1, help_text="The newest one when left out.")


class PresetInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    workspace = serializers.UUIDField(required=False, help_text="For members of several.")
    description = serializers.CharField(required=False, allow_blank=True)
    copy_of = serializers.CharField(required=False, help_text="The preset that “settings” are put over.")
    settings = ObjectField(required=False, help_text="What is not named has its default, or that of “copy_of”.")
    version = serializers.IntegerField(
        required=False, min_value=1, help_text="The version the edit was made on; a newer one refuses it."
    )


class ReportPresetShape(serializers.Serializer):
    name = serializers.CharField()
    description = serializers.CharField()
    version = serializers.IntegerField()
    newest = serializers.IntegerField(help_text="Number of the newest version.")
    shipped = serializers.BooleanField(help_text="Part of MPR; cannot be changed.")
    settings = serializers.DictField()
    created_at = serializers.DateTimeField(allow_null=True)
    created_by = serializers.CharField(allow_null=True)


class ReportPresetsShape(serializers.Serializer):
    presets = ReportPresetShape(many=True)
    settings_schema = serializers.DictField(help_text="JSON Schema of the settings.")


class Presets(APIView):
    @extend_schema(
        operation_id="list_presets", tags=["report"], parameters=[PresetsFilter], responses=ReportPresetsShape
    )
    def get(self, request: Request) -> Response:
        """The presets of a workspace and those that ship, in their newest versions."""
        found = list_presets(_workspace(request, Role.VIEWER))
        return Response({"presets": [_told(preset) for preset in found], "settings_schema": schema(Config)})

    @extend_schema(operation_id="put_preset", tags=["report"], request=PresetInput, responses=ReportPresetShape)
    def put(self, request: Request) -> Response:
        """Make a preset of a workspace, or give the one of that name its next version."""
        given = parsed(PresetInput, request)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.CURATOR)
        base: dict[str, Any] = {}
        if "copy_of" in given:
            base = dict(find_preset(given["copy_of"], workspace).settings)
        preset = save_preset(
            workspace,
            given["name"],
            {**base, **given.get("settings", {})},
            description=given.get("description"),
            user=cast("Any", request.user),
            seen_version=given.get("version"),
        )
        return Response(_told(preset))


class OnePreset(APIView):
    @extend_schema(
        operation_id="get_preset",
        tags=["report"],
        parameters=[_NAME, PresetVersionFilter],
        responses=ReportPresetShape,
    )
    def get(self, request: Request, name: str) -> Response:
        """One preset in one of its versions."""
        given = parsed(PresetVersionFilter, request, query=True)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.VIEWER)
        return Response(_told(find_preset(name, workspace, version=given.get("version"))))

    @extend_schema(
        operation_id="delete_preset", tags=["report"], parameters=[_NAME, PresetsFilter], responses={204: None}
    )
    def delete(self, request: Request, name: str) -> Response:
        """Remove a workspace's preset with all its versions."""
        delete_preset(_workspace(request, Role.CURATOR), name)
        return Response(status=204)


def _workspace(request: Request, role: Role) -> Workspace:
    given = parsed(PresetsFilter, request, query=True)
    return choose_workspace(request.user, given.get("workspace"), role)


def _told(preset: Preset) -> Any:
    return ReportPresetShape(preset).data
