"""Brands that come to a job that is done: what of a frame becomes an exemplar, and looking for brands anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from brands.api import ExemplarShape, brand_for
from detection.cropping import add_crop
from detection.rematch import rematch
from mpr.api.input import StrictSerializer, parsed
from mpr.api.once import once
from mpr.api.schema import IDEMPOTENCY_KEY
from mpr.jobs.api.find import job_for
from mpr.jobs.api.shapes import JobShape, PriorityField
from mpr.jobs.models import Priority
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CropInput(StrictSerializer):
    job = serializers.UUIDField(help_text="Whose frame it is.")
    t_s = serializers.FloatField(min_value=0, help_text="The moment, in seconds of the timeline.")
    polygon = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        min_length=3, max_length=100,
        help_text="[[x, y], …] in shares of the frame; four corners, clockwise from its top left, are set upright.",
    )  # fmt: skip
    note: Any = serializers.CharField(required=False, max_length=200)


class RematchInput(StrictSerializer):
    brands = serializers.ListField(
        child=serializers.CharField(), default=list, help_text="Names to look for beside those of the job."
    )
    label: Any = serializers.CharField(required=False, allow_blank=True, help_text="A name for what is tried.")
    priority = PriorityField(default=Priority.INTERACTIVE, help_text="Interactive work overtakes batch work.")


class RematchShape(serializers.Serializer):
    job = JobShape()
    note = serializers.CharField(help_text="What is to be known of it; mostly empty.")


class ExemplarFromCrop(APIView):
    @extend_schema(
        operation_id="add_crop",
        tags=["brands"],
        request=CropInput,
        responses={201: ExemplarShape, 200: ExemplarShape},
    )
    def post(self, request: Request, brand_id: UUID) -> Response:
        """Give a brand what a polygon holds of a job's frame, as a picture of its logo."""
        brand = brand_for(request, brand_id, Role.CURATOR)
        given = parsed(CropInput, request)
        job = job_for(request, given["job"], Role.VIEWER)
        exemplar, is_new = add_crop(
            brand,
            job,
            time_s=given["t_s"],
            polygon=[(x, y) for x, y in given["polygon"]],
            note=given.get("note", ""),
        )
        return Response(ExemplarShape(exemplar).data, status=201 if is_new else 200)


class Rematch(APIView):
    @extend_schema(
        operation_id="rematch",
        tags=["replay"],
        parameters=[IDEMPOTENCY_KEY],
        request=RematchInput,
        responses={201: RematchShape},
    )
    def post(self, request: Request, job_id: UUID) -> Response:
        """Make a child job that looks for brands and exemplars anew: only matching and what follows is run."""
        job = job_for(request, job_id, Role.ANALYST)
        given = parsed(RematchInput, request)

        def make() -> Response:
            made = rematch(
                job,
                brands=given["brands"],
                label=given.get("label", ""),
                created_by=cast("User", request.user),
                priority=given["priority"],
            )
            return Response({"job": JobShape(made.job).data, "note": made.note}, status=201)

        return once(request, {"rematch": {"job": job.pk, **given}}, make)


urlpatterns = [
    path("brands/<uuid:brand_id>/exemplars/crop", ExemplarFromCrop.as_view(), name="api-exemplar-crop"),
    path("jobs/<uuid:job_id>/rematch", Rematch.as_view(), name="api-rematch"),
]
