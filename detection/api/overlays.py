"""Seeing what a stage saw: which frames there are, and each with the stage's findings drawn in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from detection.frames import overlay
from detection.overlays import find_overlay
from detection.records import Scenes
from mpr.api.input import StrictSerializer, parsed
from mpr.jobs.api.find import job_for
from mpr.jobs.outputs import find_output, read_output
from mpr.workspaces.models import Role

_FRAMES_AT_MOST = 1000


class OverlaysInput(StrictSerializer):
    job = serializers.UUIDField()
    stage = serializers.CharField()
    start_s = serializers.FloatField(default=0.0, min_value=0, help_text="Frames from this moment on.")
    end_s = serializers.FloatField(required=False, help_text="Frames before this moment; to the end when left out.")
    at_most = serializers.IntegerField(
        default=100, min_value=1, max_value=_FRAMES_AT_MOST, help_text="When there are more, evenly spread ones."
    )


class PictureInput(StrictSerializer):
    width_px = serializers.IntegerField(
        required=False,
        min_value=64,
        max_value=1600,
        help_text="No wider than this; as wide as the frame when left out.",
    )


class OverlayShape(serializers.Serializer):
    seq = serializers.IntegerField()
    t_s = serializers.FloatField()
    picture = serializers.CharField(help_text="Address of the picture.")


class OverlaysShape(serializers.Serializer):
    job = serializers.UUIDField()
    stage = serializers.CharField()
    frames_in_all = serializers.IntegerField()
    frames = OverlayShape(many=True)


class Overlays(APIView):
    @extend_schema(operation_id="list_overlays", tags=["replay"], request=OverlaysInput, responses={200: OverlaysShape})
    def post(self, request: Request) -> Response:
        """The frames in which a stage's findings can be shown, with the addresses of the pictures; these are drawn
        when they are asked for."""
        given = parsed(OverlaysInput, request)
        job = job_for(request, given["job"], Role.VIEWER)
        find_overlay(given["stage"])
        find_output(job, given["stage"])
        scenes: Scenes = read_output(job, "filter_scenes")[0]
        end_s = given.get("end_s", float("inf"))
        frames = [kept.frame for kept in scenes.frames if given["start_s"] <= kept.frame.pts_s < end_s]
        shown = [
            {
                "seq": frame.seq,
                "t_s": frame.pts_s,
                "picture": reverse("api-overlay", args=[job.timeline_id, job.pk, given["stage"], frame.seq]),
            }
            for frame in spread(frames, given["at_most"])
        ]
        told = {"job": job.pk, "stage": given["stage"], "frames_in_all": len(frames), "frames": shown}
        return Response(OverlaysShape(told).data)


class JpegRenderer(BaseRenderer):
    """Lets clients that ask for a picture in; the view answers with one."""

    media_type = "image/jpeg"
    format = "jpeg"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return bytes(JSONRenderer().render(data))


class OverlayPicture(APIView):
    renderer_classes = [JpegRenderer, JSONRenderer]

    @extend_schema(
        operation_id="get_overlay",
        tags=["replay"],
        parameters=[PictureInput],
        responses={(200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY, description="The frame.")},
    )
    def get(self, request: Request, timeline_id: UUID, job_id: UUID, stage: str, seq: int) -> HttpResponse:
        """A frame with what a stage of a job saw in it: boxes, masks, edges, text."""
        job = job_for(request, job_id, Role.VIEWER)
        if job.timeline_id != timeline_id:
            raise Http404
        picture = overlay(job, stage, seq, width_px=parsed(PictureInput, request, query=True).get("width_px"))
        # Replaying a stage in place changes it, so it may be kept but is asked for again.
        return HttpResponse(picture, content_type="image/jpeg", headers={"Cache-Control": "private, no-cache"})


def spread(frames: list[Any], at_most: int) -> list[Any]:
    """All of them, or `at_most` evenly spread ones with the first among them."""
    if len(frames) <= at_most:
        return frames
    return [frames[number * len(frames) // at_most] for number in range(at_most)]
