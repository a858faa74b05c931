"""The tree of everything tried on a timeline, and the names people gave to parts of it."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.jobs.api.find import timeline_for
from mpr.jobs.api.shapes import CheckpointShape, CheckpointsShape
from mpr.jobs.models import Checkpoint
from mpr.workspaces.models import Role
from profiles.families import registry


class Checkpoints(APIView):
    @extend_schema(operation_id="list_checkpoints", tags=["replay"], responses=CheckpointsShape)
    def get(self, request: Request, timeline_id: UUID) -> Response:
        """Every checkpoint of a timeline in the order it came; parents come before their children."""
        timeline = timeline_for(request, timeline_id, Role.VIEWER)
        rows = Checkpoint.objects.without_tree_fields().filter(timeline=timeline).order_by("created_at", "pk")
        return Response({"checkpoints": CheckpointShape(rows, many=True).data})


class StageCheckpoints(APIView):
    @extend_schema(operation_id="list_stage_checkpoints", tags=["replay"], responses=CheckpointsShape)
    def get(self, request: Request, timeline_id: UUID, stage: str) -> Response:
        """The checkpoints that one stage left on a timeline."""
        timeline = timeline_for(request, timeline_id, Role.VIEWER)
        registry().stage(stage)
        rows = Checkpoint.objects.without_tree_fields().filter(timeline=timeline, stage_name=stage)
        return Response({"checkpoints": CheckpointShape(rows.order_by("created_at", "pk"), many=True).data})
