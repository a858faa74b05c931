"""Steering a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import StrictSerializer, parsed
from mpr.jobs import control, kept
from mpr.jobs.api.find import job_for
from mpr.jobs.api.shapes import JobShape
from mpr.jobs.models import Job
from mpr.workspaces.models import Role


class JobInput(StrictSerializer):
    job = serializers.UUIDField()


class JobStageInput(JobInput):
    stage = serializers.CharField(max_length=60)


def _operation(name: str) -> Callable[[type], type]:
    return extend_schema_view(
        post=extend_schema(operation_id=name, tags=["control"], request=JobInput, responses=JobShape)
    )


class _Steer(APIView):
    act: ClassVar[Callable[..., Job]]

    def post(self, request: Request) -> Response:
        job = job_for(request, parsed(JobInput, request)["job"], Role.ANALYST)
        type(self).act(job.pk)
        return Response(JobShape(job_for(request, job.pk, Role.ANALYST)).data)


@_operation("pause")
class Pause(_Steer):
    """Start no further shard, and have those in hand given back within a second or so."""

    act = staticmethod(control.pause)


@_operation("resume")
class Resume(_Steer):
    """Go on with a paused job."""

    act = staticmethod(control.resume)


@_operation("step")
class Step(_Steer):
    """Run the next stage of a paused job, then pause again."""

    act = staticmethod(control.step)


@_operation("stop")
class Stop(_Steer):
    """End the job for good; what it has computed stays."""

    act = staticmethod(control.stop)


@_operation("retry")
class Retry(_Steer):
    """Go on with a failed job from the shard that failed."""

    act = staticmethod(control.retry)


class Clear(APIView):
    @extend_schema(operation_id="clear", tags=["control"], request=JobInput, responses=JobShape)
    def post(self, request: Request) -> Response:
        """Remove a finished job's outputs, and of what it computed all that no other job needs."""
        job = job_for(request, parsed(JobInput, request)["job"], Role.OWNER)
        kept.clear(job.pk)
        return Response(JobShape(job_for(request, job.pk, Role.OWNER)).data)


class PauseAfterStage(APIView):
    @extend_schema(operation_id="pause_after_stage", tags=["control"], request=JobStageInput, responses=JobShape)
    def post(self, request: Request) -> Response:
        """Let the job run to the end of a stage and pause there."""
        given = parsed(JobStageInput, request)
        job = job_for(request, given["job"], Role.ANALYST)
        control.pause_after(job.pk, given["stage"])
        return Response(JobShape(job_for(request, job.pk, Role.ANALYST)).data)
