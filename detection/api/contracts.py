"""Contracts: what was promised for footage, and what its reports delivered."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from detection.api.reports import PresetFilter, choice_of
from detection.contracts import delete_contract, find_contract, promises_of, save_contract
from detection.models import Contract
from detection.recompute import Reported
from detection.report.contract import LEAST_GAP_S, check_contract, read_contract
from mpr.api.input import StrictSerializer, parsed
from mpr.errors import NotFound
from mpr.jobs.api.find import job_for, timeline_for
from mpr.workspaces.models import Role


class ContractInput(StrictSerializer):
    name = serializers.CharField(default="contract.csv", max_length=200)
    csv = serializers.CharField(
        trim_whitespace=False, help_text="With the header brand,placement,promised_s and, if need be, from_s,to_s."
    )


class CheckFilter(PresetFilter):
    least_gap_s = serializers.FloatField(
        default=LEAST_GAP_S, min_value=0, help_text="Shorter stretches without the brand are not listed."
    )


class CheckInput(CheckFilter):
    csv = serializers.CharField(trim_whitespace=False, help_text="A contract to check without keeping it.")


class PromiseShape(serializers.Serializer):
    brand = serializers.CharField()
    placement = serializers.CharField(help_text="A kind of placement, or any.")
    promised_s = serializers.FloatField()
    from_s = serializers.FloatField()
    to_s = serializers.FloatField(allow_null=True, help_text="Null: to the end.")


class KeptShape(serializers.Serializer):
    promise = PromiseShape()
    delivered_s = serializers.FloatField()
    met = serializers.BooleanField()
    missing_s = serializers.FloatField()
    share = serializers.FloatField(help_text="Delivered over promised.")
    longest_gap_s = serializers.FloatField()
    gaps = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        help_text="Start and end of each stretch without the brand there, in seconds.",
    )


class CheckShape(serializers.Serializer):
    promises = KeptShape(many=True)
    met = serializers.IntegerField()
    missed = serializers.IntegerField()
    least_gap_s = serializers.FloatField()


class ContractShape(serializers.Serializer):
    name = serializers.CharField()
    promises = PromiseShape(many=True)
    changed_at = serializers.DateTimeField()
    changed_by = serializers.CharField(source="changed_by.username", default=None, allow_null=True)


class OneContract(APIView):
    @extend_schema(operation_id="get_contract", tags=["report"], responses=ContractShape)
    def get(self, request: Request, timeline_id: UUID) -> Response:
        """What was promised for a timeline."""
        return Response(_told(find_contract(timeline_for(request, timeline_id, Role.VIEWER))))

    @extend_schema(operation_id="put_contract", tags=["report"], request=ContractInput, responses=ContractShape)
    def put(self, request: Request, timeline_id: UUID) -> Response:
        """Keep a contract in place of the former one; all reports on the timeline say how it was kept."""
        timeline = timeline_for(request, timeline_id, Role.ANALYST)
        given = parsed(ContractInput, request)
        return Response(
            _told(save_contract(timeline, given["csv"], name=given["name"], user=cast("Any", request.user)))
        )

    @extend_schema(operation_id="delete_contract", tags=["report"], responses={204: None})
    def delete(self, request: Request, timeline_id: UUID) -> Response:
        """Forget it."""
        delete_contract(timeline_for(request, timeline_id, Role.ANALYST))
        return Response(status=204)


class ContractCheck(APIView):
    @extend_schema(operation_id="check_contract", tags=["report"], parameters=[CheckFilter], responses=CheckShape)
    def get(self, request: Request, job_id: UUID) -> Response:
        """How the contract of a job's timeline was kept: met and missed promises, and the gaps."""
        job = job_for(request, job_id, Role.VIEWER)
        given = parsed(CheckFilter, request, query=True)
        promises = promises_of(job.timeline)
        if promises is None:
            raise NotFound("There is no contract for this footage; put one first.")
        report = Reported(job, choice_of(given)).report
        return Response(msgspec.to_builtins(check_contract(report, promises, least_gap_s=given["least_gap_s"])))

    @extend_schema(operation_id="try_contract", tags=["report"], request=CheckInput, responses=CheckShape)
    def post(self, request: Request, job_id: UUID) -> Response:
        """The same for a contract that is sent along and not kept."""
        job = job_for(request, job_id, Role.VIEWER)
        given = parsed(CheckInput, request)
        promises = read_contract(given["csv"])
        report = Reported(job, choice_of(given)).report
        return Response(msgspec.to_builtins(check_contract(report, promises, least_gap_s=given["least_gap_s"])))


def _told(contract: Contract) -> Any:
    return ContractShape(contract).data
