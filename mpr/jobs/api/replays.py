"""Changing a setting and running on from one stage, and naming what was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import OverridesField, StrictSerializer, parsed
from mpr.api.once import once
from mpr.api.schema import IDEMPOTENCY_KEY
from mpr.jobs import replay as replaying
from mpr.jobs.api.find import checkpoint_for, job_for, timeline_for
from mpr.jobs.api.shapes import CheckpointShape, CheckpointsShape, JobShape, PriorityField
from mpr.jobs.models import Checkpoint, Priority
from mpr.jobs.scenarios import scenarios_of, set_label
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_AT_MOST = 500


class ReplayInput(StrictSerializer):
    checkpoint = serializers.UUIDField(required=False, help_text="What to go on from; or “job”.")
    job = serializers.UUIDField(required=False)
    from_stage = serializers.CharField(help_text="The first stage to run; what lies above it is taken over.")
    overrides = OverridesField(required=False, help_text="{stage: {setting: value}}, over those of the job.")
    label: Any = serializers.CharField(required=False, allow_blank=True, help_text="A name for what is tried.")
    priority = PriorityField(default=Priority.INTERACTIVE, help_text="Interactive work overtakes batch work.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("checkpoint" in given) == ("job" in given):
            raise serializers.ValidationError("Send either “checkpoint” or “job”.")
        return given


class ReplayStageInput(StrictSerializer):
    job = serializers.UUIDField()
    stage = serializers.CharField()
    overrides = OverridesField(required=False, help_text="{stage: {setting: value}}, for this stage.")


class ScenarioFilter(StrictSerializer):
    timeline = serializers.UUIDField(required=False)


class ScenarioInput(StrictSerializer):
    checkpoint = serializers.UUIDField()
    label: Any = serializers.CharField(allow_blank=True, help_text="Empty takes the name away.")


class Replay(APIView):
    @extend_schema(
        operation_id="replay",
        tags=["replay"],
        parameters=[IDEMPOTENCY_KEY],
        request=ReplayInput,
        responses={201: JobShape},
    )
    def post(self, request: Request) -> Response:
        """Make a child job that runs from one stage on with other settings. Its stages say what was computed and what
        was reused, and from which job."""
        given = parsed(ReplayInput, request)
        origin: Any = (
            checkpoint_for(request, given["checkpoint"], Role.ANALYST)
            if "checkpoint" in given
            else job_for(request, given["job"], Role.ANALYST)
        )

        def make() -> Response:
            child = replaying.replay(
                origin,
                from_stage=given["from_stage"],
                overrides=given.get("overrides"),
                label=given.get("label", ""),
                created_by=cast("User", request.user),
                priority=given["priority"],
            )
            return Response(JobShape(child).data, status=201)

        return once(request, {"replay": given}, make)


class ReplayStage(APIView):
    @extend_schema(operation_id="replay_stage", tags=["replay"], request=ReplayStageInput, responses=JobShape)
    def post(self, request: Request) -> Response:
        """Run one stage of a job again, in place. What follows from it becomes stale and runs again on resume."""
        given = parsed(ReplayStageInput, request)
        job = job_for(request, given["job"], Role.ANALYST)
        replaying.replay_stage(job, given["stage"], given.get("overrides"))
        return Response(JobShape(job_for(request, job.pk, Role.ANALYST)).data)


class Scenarios(APIView):
    @extend_schema(
        operation_id="list_scenarios", tags=["replay"], parameters=[ScenarioFilter], responses=CheckpointsShape
    )
    def get(self, request: Request) -> Response:
        """The checkpoints that people named, newest first: of a timeline, or the newest 500 the person may see."""
        given = parsed(ScenarioFilter, request, query=True)
        if "timeline" in given:
            rows = scenarios_of(timeline_for(request, given["timeline"], Role.VIEWER).pk)
        else:
            every: Any = Checkpoint.objects.without_tree_fields()
            rows = every.visible_to(request.user).scenarios().order_by("-created_at")
        return Response({"checkpoints": CheckpointShape(rows[:_AT_MOST], many=True).data})

    @extend_schema(
        operation_id="name_scenario", tags=["replay"], request=ScenarioInput, responses={200: CheckpointShape}
    )
    def post(self, request: Request) -> Response:
        """Name a checkpoint, or take its name away."""
        given = parsed(ScenarioInput, request)
        checkpoint = checkpoint_for(request, given["checkpoint"], Role.ANALYST)
        return Response(CheckpointShape(set_label(checkpoint.pk, given["label"])).data)
