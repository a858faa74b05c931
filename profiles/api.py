"""Reading and changing profiles. A profile is named within a workspace: its own one of that name, else the shipped
one, which nobody changes; a changed profile is checked whole before it is stored."""

from __future__ import annotations

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import parsed
from mpr.errors import BadInput
from mpr.pipeline import graph as graphs
from mpr.pipeline.config import schema
from mpr.pipeline.transforms import Transform
from mpr.workspaces.access import choose_workspace
from mpr.workspaces.models import Role
from profiles import shapes
from profiles.change import put_configs, put_transform
from profiles.edit import check_profile, duplicate_profile, save_profile
from profiles.families import registry
from profiles.models import Profile
from profiles.plan import find_profile

_STAGE = OpenApiParameter("name", str, OpenApiParameter.PATH, description="A stage.")
_PROFILE = OpenApiParameter("name", str, OpenApiParameter.PATH, description="A profile.")


def _seen(request: Request, name: str | None = None) -> Profile:
    """The profile that a GET names in its query (or its path), else the default one."""
    kind = shapes.WorkspaceFilter if name else shapes.ProfileFilter
    given = parsed(kind, request, query=True)
    workspace = choose_workspace(request.user, given.get("workspace"), Role.VIEWER)
    return find_profile(name or given.get("profile", shapes.default_profile()), workspace)


def _changed(request: Request, given: dict[str, Any], name: str) -> Profile:
    workspace = choose_workspace(request.user, given.get("workspace"), Role.CURATOR)
    return find_profile(name, workspace)


def _save(request: Request, profile: Profile, given: dict[str, Any]) -> Profile:
    return save_profile(profile, seen_version=given.get("version"), by=request.user)


class Config(APIView):
    @extend_schema(
        operation_id="get_config", tags=["config"], parameters=[shapes.ProfileFilter], responses=shapes.ConfigShape
    )
    def get(self, request: Request) -> Response:
        """A profile whole: its pipeline, what it sets, and every setting with the defaults filled in."""
        return Response(shapes.ConfigShape(_seen(request)).data)

    @extend_schema(operation_id="put_config", tags=["config"], request=shapes.ConfigInput, responses=shapes.ConfigShape)
    def put(self, request: Request) -> Response:
        """Replace a profile's pipeline, its configs, or both."""
        given = parsed(shapes.ConfigInput, request)
        profile = _changed(request, given, given["profile"])
        if not {"pipeline", "configs"} & set(given):
            raise BadInput("There is nothing to change; send “pipeline”, “configs” or both.")
        profile.pipeline = given.get("pipeline", profile.pipeline)
        profile.configs = given.get("configs", profile.configs)
        return Response(shapes.ConfigShape(_save(request, profile, given)).data)


class Profiles(APIView):
    @extend_schema(
        operation_id="list_profiles",
        tags=["config"],
        parameters=[shapes.WorkspaceFilter],
        responses=shapes.ProfilesShape,
    )
    def get(self, request: Request) -> Response:
        """The profiles of a workspace and those that ship."""
        given = parsed(shapes.WorkspaceFilter, request, query=True)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.VIEWER)
        profiles = Profile.objects.in_workspace(workspace).order_by("name", "workspace")
        return Response(
            {"default": shapes.default_profile(), "profiles": shapes.ProfileShape(profiles, many=True).data}
        )

    @extend_schema(
        operation_id="put_profile", tags=["config"], request=shapes.ProfileInput, responses=shapes.ProfileShape
    )
    def put(self, request: Request) -> Response:
        """Make a profile in a workspace, new or as a copy of another, or replace the one of that name."""
        given = parsed(shapes.ProfileInput, request)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.CURATOR)
        profile = Profile.objects.filter(workspace=workspace, name=given["name"]).first()
        if profile is None and "copy_of" in given:
            profile = duplicate_profile(
                find_profile(given["copy_of"], workspace), workspace=workspace, name=given["name"], by=request.user
            )
        elif profile is None:
            if "pipeline" not in given:
                raise BadInput("A new profile needs “pipeline” or “copy_of”.")
            profile = Profile(workspace=workspace, name=given["name"])
        for field in ("description", "pipeline", "configs"):
            setattr(profile, field, given.get(field, getattr(profile, field)))
        return Response(shapes.ProfileShape(_save(request, profile, given)).data)


class Pipeline(APIView):
    @extend_schema(
        operation_id="get_pipeline",
        tags=["config"],
        parameters=[_PROFILE, shapes.WorkspaceFilter],
        responses=shapes.PipelineShape,
    )
    def get(self, request: Request, name: str) -> Response:
        """A profile's pipeline with its running order and its edges explicit."""
        return Response(_pipeline(_seen(request, name)))

    @extend_schema(
        operation_id="put_pipeline",
        tags=["config"],
        parameters=[_PROFILE],
        request=shapes.PipelineInput,
        responses=shapes.PipelineShape,
    )
    def put(self, request: Request, name: str) -> Response:
        """Replace a profile's pipeline."""
        given = parsed(shapes.PipelineInput, request)
        profile = _changed(request, given, name)
        profile.pipeline = given["pipeline"]
        return Response(_pipeline(_save(request, profile, given)))


class EdgeTransform(APIView):
    @extend_schema(
        operation_id="get_edge_transforms",
        tags=["config"],
        parameters=[shapes.ProfileFilter],
        responses=shapes.EdgesShape,
    )
    def get(self, request: Request) -> Response:
        """The edges of a profile's pipeline with the transforms they carry."""
        return Response(_edges(_seen(request)))

    @extend_schema(
        operation_id="put_edge_transform",
        tags=["config"],
        request=shapes.TransformInput,
        responses=shapes.EdgesShape,
    )
    def put(self, request: Request) -> Response:
        """Say what one edge lets pass."""
        given = parsed(shapes.TransformInput, request)
        profile = _changed(request, given, given["profile"])
        put_transform(profile, given["from"], given["to"], given["transform"])
        return Response(_edges(_save(request, profile, given)))


class Stages(APIView):
    @extend_schema(
        operation_id="list_stages", tags=["config"], parameters=[shapes.ProfileFilter], responses=shapes.StagesShape
    )
    def get(self, request: Request) -> Response:
        """Every stage there is, with the schema of its settings and what the profile sets."""
        return Response(_stages(_seen(request)))

    @extend_schema(operation_id="put_stages", tags=["config"], request=shapes.StagesInput, responses=shapes.StagesShape)
    def put(self, request: Request) -> Response:
        """Replace the settings of several stages; those of the others stay."""
        given = parsed(shapes.StagesInput, request)
        profile = _changed(request, given, given["profile"])
        put_configs(profile, given["configs"])
        return Response(_stages(_save(request, profile, given)))


class OneStage(APIView):
    @extend_schema(
        operation_id="get_stage",
        tags=["config"],
        parameters=[_STAGE, shapes.ProfileFilter],
        responses=shapes.StageShape,
    )
    def get(self, request: Request, name: str) -> Response:
        """One stage, with the schema of its settings and what the profile sets."""
        return Response(_stage(_seen(request), name))

    @extend_schema(
        operation_id="put_stage",
        tags=["config"],
        parameters=[_STAGE],
        request=shapes.StageInput,
        responses=shapes.StageShape,
    )
    def put(self, request: Request, name: str) -> Response:
        """Replace the settings of one stage."""
        given = parsed(shapes.StageInput, request)
        profile = _changed(request, given, given["profile"])
        registry().stage(name)
        put_configs(profile, {name: given["config"]})
        return Response(_stage(_save(request, profile, given), name))


def _pipeline(profile: Profile) -> dict[str, Any]:
    plan = check_profile(profile.pipeline, profile.configs)
    return {"profile": profile.name, "version": profile.version, "pipeline": graphs.plain(plan.graph)}


def _edges(profile: Profile) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "version": profile.version,
        "edges": _pipeline(profile)["pipeline"]["edges"],
        "transform_schema": schema(Transform),
    }


def _stages(profile: Profile) -> dict[str, Any]:
    plan = check_profile(profile.pipeline, profile.configs)
    stages = [shapes.stage_values(stage, plan) for stage in registry().stages.values()]
    return {"profile": profile.name, "version": profile.version, "stages": stages}


def _stage(profile: Profile, name: str) -> dict[str, Any]:
    return shapes.stage_values(registry().stage(name), check_profile(profile.pipeline, profile.configs))


urlpatterns = [
    path("config", Config.as_view(), name="api-config"),
    path("config/profiles", Profiles.as_view(), name="api-profiles"),
    path("config/profiles/<slug:name>/pipeline", Pipeline.as_view(), name="api-pipeline"),
    path("config/edge-transform", EdgeTransform.as_view(), name="api-edge-transform"),
    path("config/stages", Stages.as_view(), name="api-stages"),
    path("config/stages/<slug:name>", OneStage.as_view(), name="api-stage"),
]
