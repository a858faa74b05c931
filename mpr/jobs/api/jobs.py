"""Looking at jobs: lists, one in full, how far they are, and the footage they work on."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import StrictSerializer, parsed
from mpr.assets.timelines import facts_of
from mpr.jobs.api.find import job_for
from mpr.jobs.api.shapes import JobDetailShape, JobShape, StatusesShape, status_of
from mpr.jobs.models import Job, JobStatus
from mpr.workspaces.models import Role

_AT_MOST = 50


class JobFilter(StrictSerializer):
    timeline = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=JobStatus.choices, required=False)
    replay_of = serializers.UUIDField(required=False, help_text="Replays of that job.")
    cursor = serializers.CharField(required=False)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200)


class StatusFilter(StrictSerializer):
    job = serializers.UUIDField(required=False)
    timeline = serializers.UUIDField(required=False)


class ChunkShape(serializers.Serializer):
    key = serializers.CharField(help_text="Where it lies in media_in.")
    sha256 = serializers.CharField()
    start_s = serializers.FloatField(help_text="Where it begins on the timeline.")
    duration_s = serializers.FloatField()


class ChunksShape(serializers.Serializer):
    timeline = serializers.UUIDField()
    duration_s = serializers.FloatField()
    fps = serializers.FloatField()
    chunks = ChunkShape(many=True)


@extend_schema_view(get=extend_schema(operation_id="list_jobs", tags=["jobs"], parameters=[JobFilter], filters=False))
class Jobs(ListAPIView):
    """Jobs that the person may see, newest first."""

    serializer_class = JobShape

    def get_queryset(self) -> QuerySet[Job]:
        given = parsed(JobFilter, self.request, query=True)
        jobs = Job.objects.visible_to(self.request.user).select_related("timeline__source_asset", "created_by")
        columns = {"timeline": "timeline", "status": "status", "replay_of": "parent"}
        return jobs.filter(**{column: given[name] for name, column in columns.items() if name in given})


class JobDetail(APIView):
    @extend_schema(operation_id="get_job", tags=["jobs"], responses=JobDetailShape)
    def get(self, request: Request, job_id: UUID) -> Response:
        """One job with its stages, what they gave, and the merged config it runs."""
        return Response(JobDetailShape(job_for(request, job_id, Role.VIEWER)).data)


class Status(APIView):
    @extend_schema(operation_id="get_status", tags=["jobs"], parameters=[StatusFilter], responses=StatusesShape)
    def get(self, request: Request) -> Response:
        """How far jobs are: the one named, or the unfinished ones (of a timeline), newest first, 50 at most."""
        given = parsed(StatusFilter, request, query=True)
        if "job" in given:
            jobs = [job_for(request, given["job"], Role.VIEWER)]
        else:
            unfinished = Job.objects.visible_to(request.user).unfinished().select_related("timeline__source_asset")
            if "timeline" in given:
                unfinished = unfinished.filter(timeline=given["timeline"])
            jobs = list(unfinished.order_by("-created_at")[:_AT_MOST])
        return Response({"jobs": [status_of(job) for job in jobs]})


class SourceChunks(APIView):
    @extend_schema(operation_id="get_source_chunks", tags=["sources"], responses=ChunksShape)
    def get(self, request: Request, job_id: UUID) -> Response:
        """The chunks of footage that a job works on, in playing order."""
        job = job_for(request, job_id, Role.VIEWER)
        facts = facts_of(job.timeline)
        return Response(
            {
                "timeline": str(job.timeline_id),
                "duration_s": facts.duration_s,
                "fps": facts.fps,
                "chunks": ChunkShape([msgspec.to_builtins(chunk) for chunk in facts.chunks], many=True).data,
            }
        )
