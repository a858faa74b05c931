"""A job's report, computed anew with any preset and settings, and its exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from detection.exporting import material_of, offered, open_export
from detection.recompute import Choice, Reported
from detection.report.audience import read_audience
from detection.report.tree import report_json
from mpr.api.input import ObjectField, StrictSerializer, parsed
from mpr.jobs.api.find import job_for
from mpr.workspaces.models import Role

REPORT = OpenApiResponse(OpenApiTypes.OBJECT, description="report.json, schema mpr.report/1; see docs/metrics.md.")


class PresetFilter(StrictSerializer):
    preset = serializers.CharField(required=False, help_text="A preset; the job's own settings when left out.")
    version = serializers.IntegerField(required=False, min_value=1, help_text="The newest one when left out.")


class ExportFilter(PresetFilter):
    brand = serializers.CharField(required=False, help_text="One brand alone, where an export takes one.")


class ReportInput(PresetFilter):
    settings = ObjectField(required=False, help_text="Single settings, over those of the preset or the job.")
    audience_csv = serializers.CharField(
        required=False, trim_whitespace=False, help_text="The audience as CSV with the header t_s,viewers."
    )


class ExportShape(serializers.Serializer):
    name = serializers.CharField()
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    says = serializers.CharField(help_text="What it is for.")
    address = serializers.CharField()


class ExportsShape(serializers.Serializer):
    exports = ExportShape(many=True)


class OneReport(APIView):
    @extend_schema(operation_id="get_report", tags=["report"], parameters=[PresetFilter], responses={200: REPORT})
    def get(self, request: Request, job_id: UUID) -> Response:
        """A job's report with its own settings or with a preset's; no stage runs."""
        job = job_for(request, job_id, Role.VIEWER)
        return Response(told(Reported(job, choice_of(parsed(PresetFilter, request, query=True)))))

    @extend_schema(operation_id="compute_report", tags=["report"], request=ReportInput, responses={200: REPORT})
    def post(self, request: Request, job_id: UUID) -> Response:
        """The same with any settings. Nothing is stored."""
        job = job_for(request, job_id, Role.VIEWER)
        return Response(told(Reported(job, choice_of(parsed(ReportInput, request)))))


class Exports(APIView):
    @extend_schema(operation_id="list_exports", tags=["report"], responses=ExportsShape)
    def get(self, request: Request, job_id: UUID) -> Response:
        """The forms in which a job's report can be had."""
        job = job_for(request, job_id, Role.VIEWER)
        rows = [
            {
                "name": name,
                "file_name": file_name,
                "media_type": media_type,
                "says": says,
                "address": reverse("api-export", args=[job.pk, name]),
            }
            for name, file_name, media_type, says in offered(job)
        ]
        return Response(ExportsShape({"exports": rows}).data)


class AsItIs(BaseContentNegotiation):
    """A download has the type that it has, whatever the client would like; errors are JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return JSONRenderer(), JSONRenderer.media_type


class OneExport(APIView):
    content_negotiation_class = AsItIs

    @extend_schema(
        operation_id="get_export",
        tags=["report"],
        parameters=[ExportFilter, OpenApiParameter("name", str, OpenApiParameter.PATH, description="An export.")],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")},
    )
    def get(self, request: Request, job_id: UUID, name: str) -> StreamingHttpResponse:
        """The report as a file, sent as it is made."""
        job = job_for(request, job_id, Role.VIEWER)
        given = parsed(ExportFilter, request, query=True)
        stream = open_export(Reported(job, choice_of(given)), name, brand=given.get("brand"))
        return StreamingHttpResponse(
            stream.pieces,
            content_type=stream.media_type,
            headers={
                "Content-Disposition": content_disposition_header(True, stream.file_name),
                "Cache-Control": "private, no-cache",
            },
        )


def choice_of(given: Mapping[str, Any]) -> Choice:
    """The preset and settings that a request names."""
    settings = dict(given.get("settings", {}))
    if "audience_csv" in given:
        settings["audience_curve"] = read_audience(given["audience_csv"])
    return Choice(preset=given.get("preset"), version=given.get("version"), settings=settings)


def told(reported: Reported) -> dict[str, Any]:
    """report.json."""
    material = material_of(reported)
    return report_json(
        material.report, material.facts, material.frame_name, check=material.check, audited=material.audited
    )
