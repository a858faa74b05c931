"""Sending files in parts, and taking in what lies in media_in.

An upload begins with its name and size. Its parts are then sent with PATCH and the header Upload-Offset, or, where
footage lies on S3, PUT to the addresses that are asked for; `finish` hands it to a worker. Whoever was cut off asks how
far it is and goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mpr.api.input import StrictSerializer, parsed
from mpr.assets.intake import scan, sending
from mpr.assets.intake.again import try_again
from mpr.assets.intake.models import Intake, IntakeState, IntakeStep, IntakeWay
from mpr.errors import BadInput, NotAllowed
from mpr.workspaces.access import choose_workspace, find_for, require
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_BLOCK_BYTES = 256 * 1024
_OFFSET = OpenApiParameter(
    "Upload-Offset", int, OpenApiParameter.HEADER, required=True, description="Where the part begins, in bytes."
)


class UploadInput(StrictSerializer):
    filename = serializers.CharField(max_length=1000)
    size = serializers.IntegerField(help_text="Bytes.")
    fingerprint = serializers.RegexField(
        r"^[0-9A-Za-z_-]{8,64}$", required=False,
        help_text="Anything that only this file has, such as a digest of samples of it: who begins the same upload "
        "again gets the one that is under way.",
    )  # fmt: skip
    workspace = serializers.UUIDField(required=False, help_text="For members of several.")


class UploadShape(serializers.ModelSerializer):
    size = serializers.IntegerField(source="file_size", help_text="Bytes.")
    way = serializers.ChoiceField(choices=IntakeWay.choices, help_text="Where its parts go, or that it was found.")
    state = serializers.ChoiceField(choices=IntakeState.choices)
    step = serializers.ChoiceField(choices=IntakeStep.choices, allow_blank=True, help_text="What a worker is at.")
    percent = serializers.SerializerMethodField(help_text="Of its bytes while they come, else of the step.")
    missing_parts = serializers.SerializerMethodField(help_text="Numbers of the parts that the bucket has not.")

    class Meta:
        model = Intake
        fields = [
            "id", "workspace", "filename", "size", "way", "state", "received", "part_size", "missing_parts", "step",
            "percent", "asset", "error_message", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_percent(self, intake: Intake) -> float:
        return round(100 * intake.share, 1)

    def get_missing_parts(self, intake: Intake) -> list[int]:
        in_bucket = intake.way == IntakeWay.BUCKET and intake.state == IntakeState.OPEN
        return sending.missing_parts(intake) if in_bucket and self.context.get("with_parts") else []


class UploadsShape(serializers.Serializer):
    uploads = UploadShape(many=True)


class PartsInput(StrictSerializer):
    numbers = serializers.ListField(child=serializers.IntegerField(), help_text="From 1; 50 at most.")


class PartShape(serializers.Serializer):
    number = serializers.IntegerField()
    address = serializers.CharField(help_text="PUT the part's bytes there within an hour, without other headers.")


class PartsShape(serializers.Serializer):
    parts = PartShape(many=True)


class FoundShape(serializers.Serializer):
    key = serializers.CharField(help_text="Where it lies in media_in.")
    size = serializers.IntegerField(help_text="Bytes.")
    changed_at = serializers.DateTimeField()
    condition = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in scan.Condition])
    said = serializers.CharField(help_text="Why it is not taken in.")


class ScanShape(serializers.Serializer):
    files = FoundShape(many=True)


class ScanFilter(StrictSerializer):
    workspace = serializers.UUIDField(required=False, help_text="For members of several.")


class ScanInput(ScanFilter):
    keys = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="These files; all that can be taken in, without it."
    )


class AnyParser(BaseParser):
    """Leaves the body to the view, whatever it says it is."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream


class Unnegotiated(BaseContentNegotiation):
    """A part is a part; the answer is JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class Uploads(APIView):
    @extend_schema(operation_id="list_uploads", tags=["uploads"], responses=UploadsShape)
    def get(self, request: Request) -> Response:
        """What is on its way into the library: everybody's, but for uploads whose parts still come only one's own."""
        return Response({"uploads": UploadShape(under_way(request.user), many=True).data})

    @extend_schema(
        operation_id="begin_upload",
        tags=["uploads"],
        request=UploadInput,
        responses={201: UploadShape, 200: UploadShape},
    )
    def post(self, request: Request) -> Response:
        """Begin an upload, or go on with one's own of the same fingerprint and size (200)."""
        given = parsed(UploadInput, request)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.ANALYST)
        intake, is_new = sending.begin(
            workspace, cast("User", request.user), filename=given["filename"], file_size=given["size"],
            fingerprint=given.get("fingerprint", ""),
        )  # fmt: skip
        return Response(_shown(intake), status=201 if is_new else 200, headers=_offset(intake))


class OneUpload(APIView):
    # The number of parts follows from the size of the file, so it is no measure of who asks too often.
    throttle_classes = []

    def get_parsers(self) -> list[BaseParser]:
        return [AnyParser()] if self.request is not None and self.request.method == "PATCH" else super().get_parsers()

    @extend_schema(operation_id="get_upload", tags=["uploads"], responses=UploadShape)
    def get(self, request: Request, upload_id: UUID) -> Response:
        """How far it is: `received`, or the parts that the bucket has not; then what a worker is at."""
        intake = sending.counted(upload_for(request, upload_id))
        return Response(_shown(intake), headers=_offset(intake))

    @extend_schema(
        operation_id="send_part", tags=["uploads"], parameters=[_OFFSET],
        request={"application/offset+octet-stream": OpenApiTypes.BINARY}, responses=UploadShape,
    )  # fmt: skip
    def patch(self, request: Request, upload_id: UUID) -> Response:
        """Send the bytes from `Upload-Offset` on, up to 64 MiB at a time. 409 with the header Upload-Offset says where
        to go on."""
        upload_for(request, upload_id, own=True)
        offset = request.headers.get("Upload-Offset", "")
        if not (offset.isascii() and offset.isdecimal() and len(offset) < 19):
            raise BadInput("Say with the header Upload-Offset at which byte the part begins.")
        try:
            intake = sending.put_part(upload_id, int(offset), _blocks(request))
        except sending.OtherOffset as error:
            answer = {"error": {"code": error.code, "message": error.message}}
            return Response(answer, status=409, headers={"Upload-Offset": str(error.received)})
        return Response(UploadShape(intake).data, headers=_offset(intake))

    @extend_schema(
        operation_id="give_up_upload", tags=["uploads"], responses={204: OpenApiResponse(description="It is gone.")}
    )
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Give it up; what has come of it goes. A file that was found in media_in stays there."""
        intake = upload_for(request, upload_id)
        if intake.created_by_id not in (None, request.user.pk):
            require(request.user, intake.workspace, Role.OWNER)
        sending.give_up(upload_id)
        return Response(status=204)


class Parts(APIView):
    @extend_schema(operation_id="sign_parts", tags=["uploads"], request=PartsInput, responses={200: PartsShape})
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Addresses at which the bucket takes parts: part n is the bytes from (n - 1) × `part_size` on."""
        upload_for(request, upload_id, own=True)
        addresses = sending.part_addresses(upload_id, parsed(PartsInput, request)["numbers"])
        return Response({"parts": [{"number": number, "address": address} for number, address in addresses.items()]})


class Finish(APIView):
    @extend_schema(operation_id="finish_upload", tags=["uploads"], request=None, responses={200: UploadShape})
    def post(self, request: Request, upload_id: UUID) -> Response:
        """All parts are there: a worker takes the file in. 409 says that some are missing."""
        upload_for(request, upload_id, own=True)
        return Response(UploadShape(sending.finish(upload_id)).data)


class Retry(APIView):
    @extend_schema(operation_id="retry_upload", tags=["uploads"], request=None, responses={200: UploadShape})
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Try to take in a file again that failed."""
        upload_for(request, upload_id)
        return Response(UploadShape(try_again(upload_id)).data)


class Scan(APIView):
    @extend_schema(operation_id="list_found", tags=["uploads"], parameters=[ScanFilter], responses=ScanShape)
    def get(self, request: Request) -> Response:
        """What was dropped into media_in and is not in the library."""
        given = parsed(ScanFilter, request, query=True)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.ANALYST)
        return Response({"files": FoundShape(scan.scan(workspace), many=True).data})

    @extend_schema(operation_id="take_in_found", tags=["uploads"], request=ScanInput, responses={200: UploadsShape})
    def post(self, request: Request) -> Response:
        """Have workers take files in."""
        given = parsed(ScanInput, request)
        workspace = choose_workspace(request.user, given.get("workspace"), Role.ANALYST)
        intakes = scan.take_in_found(workspace, given.get("keys"), cast("User", request.user))
        return Response({"uploads": UploadShape(intakes, many=True).data})


def under_way(user: Any) -> QuerySet[Intake]:
    """What a person sees coming into the library."""
    seen = Intake.objects.under_way().visible_to(user).select_related("workspace", "asset", "created_by")
    return seen.exclude(state=IntakeState.OPEN) | seen.filter(state=IntakeState.OPEN, created_by=user.pk)


def upload_for(request: Request, upload_id: UUID, *, own: bool = False) -> Intake:
    """The intake, for those who may bring footage in. Raises Http404; NotAllowed, with `own` also when somebody else
    began it."""
    seen = Intake.objects.visible_to(request.user).select_related("workspace")
    intake: Intake = find_for(request.user, seen, upload_id, Role.ANALYST)
    if own and intake.created_by_id not in (None, request.user.pk):
        raise NotAllowed("Somebody else began this upload; begin one of your own.")
    return intake


def _blocks(request: Request) -> Iterator[bytes]:
    stream = request.stream
    while stream is not None and (block := stream.read(_BLOCK_BYTES)):
        yield block


def _shown(intake: Intake) -> Any:
    return UploadShape(intake, context={"with_parts": True}).data


def _offset(intake: Intake) -> dict[str, str]:
    return {"Upload-Offset": str(intake.received), "Cache-Control": "no-store"}


urlpatterns = [
    path("uploads", Uploads.as_view(), name="api-uploads"),
    path("uploads/<uuid:upload_id>", OneUpload.as_view(), name="api-upload"),
    path("uploads/<uuid:upload_id>/parts", Parts.as_view(), name="api-upload-parts"),
    path("uploads/<uuid:upload_id>/finish", Finish.as_view(), name="api-upload-finish"),
    path("uploads/<uuid:upload_id>/retry", Retry.as_view(), name="api-upload-retry"),
    path("scan", Scan.as_view(), name="api-scan"),
]
