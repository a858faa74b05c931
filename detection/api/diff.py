"""What changed from one job to another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from detection.diff import diff_jobs
from detection.report.diff import Proof, Stretch
from mpr.jobs.api.find import job_for
from mpr.jobs.models import Job
from mpr.workspaces.models import Role

# The stage whose overlay shows what a report counts in a frame.
_SHOWN_BY = "compile_report"


class ProofShape(serializers.Serializer):
    """The clearest sighting in a stretch."""

    seq = serializers.IntegerField(help_text="Number of its frame.")
    t_s = serializers.FloatField()
    polygon = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="Corners, normalised to 0..1."
    )
    text = serializers.CharField()
    method = serializers.CharField()
    confidence = serializers.FloatField()
    picture = serializers.CharField(help_text="Address of the frame with what its job saw in it.")


class StretchShape(serializers.Serializer):
    """Exposure that only one of the two jobs has."""

    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    proof = ProofShape(allow_null=True)


class BrandChangeShape(serializers.Serializer):
    """Exposure seconds of one brand in both jobs."""

    brand = serializers.CharField()
    before_s = serializers.FloatField()
    after_s = serializers.FloatField()
    gained_s = serializers.FloatField()
    lost_s = serializers.FloatField()
    gained = StretchShape(many=True)
    lost = StretchShape(many=True)


class SettingChangeShape(serializers.Serializer):
    stage = serializers.CharField()
    setting = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class RunDiffShape(serializers.Serializer):
    """Brands, the most changed first, and the settings that differ."""

    before = serializers.UUIDField()
    after = serializers.UUIDField()
    brands = BrandChangeShape(many=True)
    settings = SettingChangeShape(many=True)


class Diff(APIView):
    @extend_schema(operation_id="diff_jobs", tags=["replay"], responses=RunDiffShape)
    def get(self, request: Request, before: UUID, after: UUID) -> Response:
        """Seconds gained and lost per brand from one job to another on the same timeline, with the frames that show
        it, and the settings that differ."""
        old, new = (job_for(request, job_id, Role.VIEWER) for job_id in (before, after))
        diff = diff_jobs(old, new)
        told = {
            "before": diff.before,
            "after": diff.after,
            "brands": [
                {
                    **vars(change),
                    "gained": [_stretch(stretch, new) for stretch in change.gained],
                    "lost": [_stretch(stretch, old) for stretch in change.lost],
                }
                for change in diff.brands
            ],
            "settings": [vars(change) for change in diff.settings],
        }
        return Response(RunDiffShape(told).data)


def _stretch(stretch: Stretch, job: Job) -> dict[str, Any]:
    """`job` is the one that has the exposure."""
    proof = None if stretch.proof is None else _proof(stretch.proof, job)
    return {"start_s": stretch.start_s, "end_s": stretch.end_s, "proof": proof}


def _proof(proof: Proof, job: Job) -> dict[str, Any]:
    picture = reverse("api-overlay", args=[job.timeline_id, job.pk, _SHOWN_BY, proof.frame.seq])
    return {"seq": proof.frame.seq, "t_s": proof.frame.pts_s, "picture": picture, **vars(proof)}
