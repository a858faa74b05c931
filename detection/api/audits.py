"""Guided audits: a sample of a report's seconds, the answers of a person, and what follows from them."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from detection.api.overlays import JpegRenderer
from detection.api.reports import ReportInput, choice_of
from detection.audits import LEAST_SIZE, MOST_SIZE, answer, item_jpeg, result, start_audit
from detection.evidence import View
from detection.models import Audit, AuditItem, AuditVerdict
from mpr.api.input import StrictSerializer, parsed
from mpr.jobs.api.find import job_for
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role


class AuditInput(ReportInput):
    size = serializers.IntegerField(
        default=100, min_value=LEAST_SIZE, max_value=MOST_SIZE, help_text="Seconds to look at."
    )
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class ItemsFilter(StrictSerializer):
    open = serializers.BooleanField(default=False, help_text="Only those without an answer.")


class PictureFilter(StrictSerializer):
    view = serializers.ChoiceField(choices=[view.value for view in View], default=View.FRAME.value)


class AnswerInput(StrictSerializer):
    verdict = serializers.ChoiceField(
        choices=[choice for choice in AuditVerdict.choices if choice[0]], allow_blank=True,
        help_text="Empty takes an answer back.",
    )  # fmt: skip
    missed = serializers.ListField(
        child=serializers.CharField(max_length=120), required=False,
        help_text="With “yes” to a second of any kind: the brands that are there and that the report does not have.",
    )  # fmt: skip


class IntervalShape(serializers.Serializer):
    """Null without answers."""

    low = serializers.FloatField(allow_null=True)
    estimate = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class AccuracyShape(serializers.Serializer):
    brand = serializers.CharField(allow_null=True, help_text="Null for all of them.")
    claimed_s = serializers.FloatField()
    precision = IntervalShape()
    recall = IntervalShape()
    true_s = IntervalShape(help_text="For how long it was really seen.")
    claimed_answers = serializers.IntegerField()
    any_answers = serializers.IntegerField()


class AuditedShape(serializers.Serializer):
    level = serializers.FloatField()
    asked = serializers.IntegerField()
    answered = serializers.IntegerField()
    unclear = serializers.IntegerField()
    all_brands = AccuracyShape()
    brands = AccuracyShape(many=True)


class AuditShape(serializers.Serializer):
    id = serializers.UUIDField()
    job = serializers.UUIDField(source="job_id")
    seed = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by.username", default=None, allow_null=True)
    settings = serializers.DictField()
    result = AuditedShape()


class AuditsShape(serializers.Serializer):
    audits = AuditShape(many=True)


class AuditItemShape(serializers.Serializer):
    number = serializers.IntegerField()
    kind = serializers.CharField(help_text="claimed: is “brand” there? any: is a brand there that is not in “claims”?")
    t_s = serializers.FloatField(help_text="The second begins here.")
    brand = serializers.CharField(source="brand_name")
    claims = serializers.ListField(child=serializers.CharField())
    verdict = serializers.CharField()
    missed = serializers.ListField(child=serializers.CharField())
    answered_at = serializers.DateTimeField(allow_null=True)
    answered_by = serializers.CharField(source="answered_by.username", default=None, allow_null=True)
    picture = serializers.SerializerMethodField()

    def get_picture(self, item: AuditItem) -> str:
        """Address of the frame to look at."""
        return reverse("api-audit-picture", args=[item.audit_id, item.number])


class AuditItemsShape(serializers.Serializer):
    items = AuditItemShape(many=True)


class Audits(APIView):
    @extend_schema(operation_id="list_audits", tags=["report"], responses=AuditsShape)
    def get(self, request: Request, job_id: UUID) -> Response:
        """The audits of a job's report, the newest first, with their results so far."""
        job = job_for(request, job_id, Role.VIEWER)
        return Response({"audits": [_told(audit) for audit in job.audits.select_related("created_by")]})

    @extend_schema(operation_id="start_audit", tags=["report"], request=AuditInput, responses={201: AuditShape})
    def post(self, request: Request, job_id: UUID) -> Response:
        """Draw a sample of a report's seconds to look at."""
        job = job_for(request, job_id, Role.ANALYST)
        given = parsed(AuditInput, request)
        audit = start_audit(
            job, size=given["size"], seed=given.get("seed"), choice=choice_of(given), user=cast("Any", request.user)
        )
        return Response(_told(audit), status=201)


class OneAudit(APIView):
    @extend_schema(operation_id="get_audit", tags=["report"], responses=AuditShape)
    def get(self, request: Request, audit_id: UUID) -> Response:
        """An audit with its result so far."""
        return Response(_told(_audit(request, audit_id, Role.VIEWER)))

    @extend_schema(operation_id="delete_audit", tags=["report"], responses={204: None})
    def delete(self, request: Request, audit_id: UUID) -> Response:
        """Throw an audit away, answers and all."""
        _audit(request, audit_id, Role.ANALYST).delete()
        return Response(status=204)


class AuditItems(APIView):
    @extend_schema(
        operation_id="list_audit_items", tags=["report"], parameters=[ItemsFilter], responses=AuditItemsShape
    )
    def get(self, request: Request, audit_id: UUID) -> Response:
        """The seconds to look at, in time order."""
        audit = _audit(request, audit_id, Role.VIEWER)
        items = audit.items.select_related("answered_by")
        if parsed(ItemsFilter, request, query=True)["open"]:
            items = items.filter(verdict=AuditVerdict.OPEN)
        return Response({"items": AuditItemShape(items, many=True).data})


class OneAuditItem(APIView):
    @extend_schema(operation_id="answer_audit_item", tags=["report"], request=AnswerInput, responses=AuditItemShape)
    def post(self, request: Request, audit_id: UUID, number: int) -> Response:
        """Answer one of them; an answer given again replaces the former one."""
        audit = _audit(request, audit_id, Role.ANALYST)
        given = parsed(AnswerInput, request)
        item = answer(audit, number, given["verdict"], missed=given.get("missed", ()), user=cast("Any", request.user))
        return Response(AuditItemShape(item).data)


class AuditPicture(APIView):
    renderer_classes = [JpegRenderer, JSONRenderer]

    @extend_schema(
        operation_id="get_audit_picture",
        tags=["report"],
        parameters=[PictureFilter, OpenApiParameter("number", int, OpenApiParameter.PATH)],
        responses={(200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY, description="The frame.")},
    )
    def get(self, request: Request, audit_id: UUID, number: int) -> HttpResponse:
        """The frame of a second to look at, with what is claimed outlined."""
        audit = _audit(request, audit_id, Role.VIEWER)
        item = get_object_or_404(audit.items, number=number)
        picture = item_jpeg(audit, item, View(parsed(PictureFilter, request, query=True)["view"]))
        return HttpResponse(picture, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=86400"})


def _audit(request: Request, audit_id: UUID, role: Role) -> Audit:
    audits = Audit.objects.visible_to(request.user).select_related(
        "job__timeline__source_asset__workspace", "created_by"
    )
    audit: Audit = find_for(request.user, audits, audit_id, role)
    return audit


def _told(audit: Audit) -> Any:
    audit.result = msgspec.to_builtins(result(audit))  # type: ignore[attr-defined]
    return AuditShape(audit).data
