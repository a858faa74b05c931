"""Review through the API, which the review page uses, too: the queue, one finding, deciding, undoing, teaching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from brands.session import session_brands
from detection.review import teaching
from detection.review.deciding import MOST_AT_ONCE, Choice, decide, undo
from detection.review.findings import ensure_questions
from detection.review.models import Decision, FindingKind, Verdict
from detection.review.queue import ORDERS, SHOWS, Scope, counts, window
from detection.review.rows import find_row
from detection.review.telling import decisions_json, detail_json, entry_json
from mpr.api.input import StrictSerializer, parsed
from mpr.assets.playback import playback_of
from mpr.errors import MprError
from mpr.jobs.api.find import job_for
from mpr.jobs.models import Job
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_PAGE = 200
_NAME_LENGTH = 120


class QueueFilter(StrictSerializer):
    job = serializers.UUIDField(
        required=False, help_text="Of this job; left out: the newest reported job of every timeline."
    )
    show = serializers.ChoiceField(choices=list(SHOWS.items()), default="open")
    order = serializers.ChoiceField(choices=list(ORDERS.items()), default="value", help_text="By what, largest first.")
    after = serializers.CharField(required=False, help_text="`after` of the window before.")
    limit = serializers.IntegerField(default=50, min_value=1, max_value=_PAGE)


class DecisionsFilter(StrictSerializer):
    job = serializers.UUIDField(required=False, help_text="Those on its timeline; left out: on all that you see.")
    before = serializers.IntegerField(required=False, min_value=1, help_text="Only those with a lower id.")
    after = serializers.IntegerField(required=False, min_value=0, help_text="Only those with a higher id.")
    limit = serializers.IntegerField(default=50, min_value=1, max_value=_PAGE)


class DecisionInput(StrictSerializer):
    findings = serializers.ListField(
        child=serializers.CharField(max_length=20), min_length=1, max_length=MOST_AT_ONCE, help_text="By their keys."
    )
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    brand = serializers.CharField(
        required=False, max_length=_NAME_LENGTH,
        help_text="For rename, which it is; for accept of a question, where another is meant than the nearest.",
    )  # fmt: skip
    start_s = serializers.FloatField(required=False, help_text="For ends.")
    end_s = serializers.FloatField(required=False, help_text="For ends.")
    at_s = serializers.FloatField(required=False, help_text="For split.")
    all_alike = serializers.BooleanField(
        default=False, help_text="Of one finding: what looks like it in its job and waits is decided with it."
    )
    batch = serializers.UUIDField(
        required=False, help_text="Names what is decided at once; sent again, it changes nothing."
    )
    job = serializers.UUIDField(required=False, help_text="Of which the counts are told; left out: of all.")
    seen = serializers.IntegerField(
        required=False, min_value=0, help_text="The highest decision you know of; what others decided since is told."
    )


class UndoInput(StrictSerializer):
    job = serializers.UUIDField(required=False, help_text="What you decided last on its timeline; left out: anywhere.")


class TeachInput(StrictSerializer):
    findings = serializers.ListField(
        child=serializers.CharField(max_length=20), min_length=1, max_length=teaching.MOST_AT_ONCE
    )
    alias = serializers.BooleanField(default=False, help_text="What was read becomes an alias of the brand.")
    exemplar = serializers.BooleanField(default=False, help_text="What is seen becomes an exemplar of the brand.")


class DecisionShape(serializers.Serializer):
    id = serializers.IntegerField()
    batch = serializers.UUIDField(help_text="Those that were made at once, and are undone at once, have the same.")
    subject = serializers.UUIDField(help_text="Those on one thing have the same.")
    timeline = serializers.UUIDField()
    job = serializers.UUIDField(allow_null=True)
    kind = serializers.ChoiceField(choices=FindingKind.choices)
    brand = serializers.CharField(help_text="As the machine had it.")
    text = serializers.CharField()
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    t_s = serializers.FloatField()
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    verdict_words = serializers.CharField()
    given_brand = serializers.CharField()
    given_start_s = serializers.FloatField(allow_null=True)
    given_end_s = serializers.FloatField(allow_null=True)
    given_at_s = serializers.FloatField(allow_null=True)
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    undone_by = serializers.CharField(allow_null=True)


class FindingShape(serializers.Serializer):
    key = serializers.CharField(help_text="Names it in decisions, until its job is computed anew.")
    kind = serializers.ChoiceField(choices=FindingKind.choices)
    job = serializers.UUIDField()
    timeline = serializers.UUIDField()
    footage = serializers.CharField()
    brand = serializers.CharField(help_text="Of an open question the nearest one, when there is one.")
    text = serializers.CharField()
    reason = serializers.CharField()
    method = serializers.CharField()
    method_words = serializers.CharField()
    placement = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    t_s = serializers.FloatField()
    seconds = serializers.FloatField()
    doubt = serializers.FloatField()
    sure = serializers.BooleanField()
    state = serializers.CharField()
    look = serializers.CharField()
    alike = serializers.IntegerField(help_text="How many of its job look like it and wait, itself among them.")
    polygon = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()), help_text="[[x, y], …] in shares of the frame."
    )
    frame_px = serializers.ListField(child=serializers.IntegerField(), help_text="The frame's width and height.")
    picture = serializers.CharField(help_text="Address of what surrounds the outline, JPEG.")
    frame = serializers.CharField(help_text="Address of the whole frame with the outline drawn in, JPEG.")


class NeighbourShape(serializers.Serializer):
    key = serializers.CharField()
    brand = serializers.CharField()
    text = serializers.CharField()
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    state = serializers.CharField()


class NowShape(serializers.Serializer):
    brand = serializers.CharField()
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    joined = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    parted = serializers.ListField(child=serializers.FloatField())


class FindingDetailShape(FindingShape):
    fps = serializers.FloatField()
    duration_s = serializers.FloatField()
    shot = serializers.ListField(child=serializers.FloatField(), help_text="Start and end of the shot it begins in.")
    neighbours = NeighbourShape(many=True)
    now = NowShape(help_text="With what was decided.")
    alikes = FindingShape(many=True)
    history = DecisionShape(many=True)


class CountsShape(serializers.Serializer):
    waiting = serializers.IntegerField(help_text="Open questions, and airings that are less than 90 % sure.")
    sure = serializers.IntegerField(help_text="Surer ones that nobody reviewed.")
    done = serializers.IntegerField()


class QueueShape(serializers.Serializer):
    findings = FindingShape(many=True)
    after = serializers.CharField(help_text="Where the next window begins; empty at the end.")
    counts = CountsShape()
    newest_decision = serializers.IntegerField()


class DecisionsShape(serializers.Serializer):
    decisions = DecisionShape(many=True)


class DecidedShape(serializers.Serializer):
    batch = serializers.UUIDField()
    findings = serializers.ListField(child=serializers.CharField())
    states = serializers.DictField(child=serializers.CharField())
    notes = serializers.ListField(child=serializers.CharField(), help_text="What others had said.")
    others = DecisionShape(many=True, help_text="What others decided since `seen`.")
    newest_decision = serializers.IntegerField()
    counts = CountsShape()


class UndoneShape(serializers.Serializer):
    words = serializers.CharField()
    findings = serializers.ListField(child=serializers.CharField())
    states = serializers.DictField(child=serializers.CharField())
    first = FindingShape(allow_null=True)
    more = serializers.BooleanField(help_text="Whether there is more to undo.")
    counts = CountsShape()


class TaughtShape(serializers.Serializer):
    sentences = serializers.ListField(child=serializers.CharField())
    brands = serializers.ListField(child=serializers.CharField())


class ReviewBrandsShape(serializers.Serializer):
    brands = serializers.ListField(child=serializers.CharField())


class ReviewQueue(APIView):
    @extend_schema(operation_id="list_review_queue", tags=["review"], parameters=[QueueFilter], responses=QueueShape)
    def get(self, request: Request) -> Response:
        """What waits for a person: airings and open questions, a window at a time."""
        given = parsed(QueueFilter, request, query=True)
        scope = _scope(request, given)
        found = window(scope, limit=given["limit"], after=given.get("after", ""))
        return Response(
            {
                "findings": [entry_json(entry) for entry in found.entries],
                "after": found.after,
                "counts": _counts(scope),
                "newest_decision": _newest(request),
            }
        )


class OneFinding(APIView):
    @extend_schema(operation_id="get_finding", tags=["review"], responses=FindingDetailShape)
    def get(self, request: Request, key: str) -> Response:
        """A finding with its shot, its neighbours, what looks alike, and what was decided about it."""
        return Response(detail_json(find_row(request.user, key, Role.VIEWER)))


class Decisions(APIView):
    @extend_schema(
        operation_id="list_decisions", tags=["review"], parameters=[DecisionsFilter], responses=DecisionsShape
    )
    def get(self, request: Request) -> Response:
        """Who decided what and when, the newest first, with what was undone."""
        given = parsed(DecisionsFilter, request, query=True)
        rows = Decision.objects.visible_to(request.user).select_related("made_by", "undone_by").order_by("-pk")
        if "job" in given:
            rows = rows.filter(timeline=job_for(request, given["job"], Role.VIEWER).timeline_id)
        if "before" in given:
            rows = rows.filter(pk__lt=given["before"])
        if "after" in given:
            rows = rows.filter(pk__gt=given["after"])
        return Response({"decisions": decisions_json(rows[: given["limit"]])})

    @extend_schema(operation_id="decide", tags=["review"], request=DecisionInput, responses=DecidedShape)
    def post(self, request: Request) -> Response:
        """Decide about findings."""
        given = parsed(DecisionInput, request)
        choice = Choice(
            verdict=given["verdict"], brand=given.get("brand", ""), start_s=given.get("start_s"),
            end_s=given.get("end_s"), at_s=given.get("at_s"),
        )  # fmt: skip
        user = cast("User", request.user)
        made = decide(user, given["findings"], choice, batch=given.get("batch"), all_alike=given["all_alike"])
        since = Decision.objects.visible_to(user).exclude(made_by=user).select_related("made_by", "undone_by")
        others = since.filter(pk__gt=given["seen"], undone_at=None)[:_PAGE] if "seen" in given else []
        return Response(
            {
                "batch": made.batch,
                "findings": made.keys,
                "states": made.states,
                "notes": made.notes,
                "others": decisions_json(others),
                "newest_decision": _newest(request),
                "counts": _counts(_scope(request, given)),
            }
        )


class Undo(APIView):
    @extend_schema(operation_id="undo_decision", tags=["review"], request=UndoInput, responses=UndoneShape)
    def post(self, request: Request) -> Response:
        """Take back what you decided last; again for what came before it."""
        given = parsed(UndoInput, request)
        scope = _scope(request, given)
        user = cast("User", request.user)
        undone = undo(user, timeline=scope.job.timeline if scope.job else None)
        first = detail_json(find_row(user, undone.keys[0], Role.VIEWER)) if undone.keys else None
        return Response(
            {
                "words": undone.words,
                "findings": undone.keys,
                "states": undone.states,
                "first": first,
                "more": undone.more,
                "counts": _counts(scope),
            }
        )


class Teach(APIView):
    @extend_schema(operation_id="teach", tags=["review"], request=TeachInput, responses=TaughtShape)
    def post(self, request: Request) -> Response:
        """Feed decisions back: what was read as an alias of the brand, what is seen as an exemplar of it."""
        given = parsed(TeachInput, request)
        taught = teaching.teach(
            cast("User", request.user), given["findings"], alias=given["alias"], exemplar=given["exemplar"]
        )
        return Response({"sentences": taught.sentences, "brands": taught.brands})


class ReviewBrands(APIView):
    @extend_schema(operation_id="list_review_brands", tags=["review"], responses=ReviewBrandsShape)
    def get(self, request: Request, job_id: UUID) -> Response:
        """The names to choose from: the brands that the job looks for, and those that people gave on its timeline."""
        job = job_for(request, job_id, Role.VIEWER)
        try:
            looked_for = session_brands(job.workspace, job.plan["configs"].get("match_brands", {}).get("brands", ()))
        except MprError:
            # One that the job looked for was deleted since.
            looked_for = session_brands(job.workspace, ())
        given = Decision.objects.live().filter(timeline=job.timeline_id).exclude(given_brand="")
        names = {brand.canonical_name.casefold(): brand.canonical_name for brand in looked_for}
        for name in given.order_by().values_list("given_brand", flat=True).distinct():
            names.setdefault(name.casefold(), name)
        return Response({"brands": sorted(names.values(), key=str.casefold)})


class ClipShape(serializers.Serializer):
    address = serializers.CharField()
    start_s = serializers.FloatField()
    duration_s = serializers.FloatField()
    media_start_s = serializers.FloatField()
    fps = serializers.FloatField()


class ReviewClipsShape(serializers.Serializer):
    clips = ClipShape(many=True)
    sentence = serializers.CharField(help_text="Why there is nothing to play, or not all.")


class ReviewClips(APIView):
    @extend_schema(operation_id="list_review_clips", tags=["review"], responses=ReviewClipsShape)
    def get(self, request: Request, job_id: UUID) -> Response:
        """What can be played of the job's timeline, in its own time."""
        job: Job = job_for(request, job_id, Role.VIEWER)
        found = playback_of(job.timeline)
        return Response({"clips": ClipShape(found.clips, many=True).data, "sentence": found.sentence})


def _scope(request: Request, given: dict[str, Any]) -> Scope:
    job = job_for(request, given["job"], Role.VIEWER) if "job" in given else None
    if job is not None:
        ensure_questions(job)
    return Scope(user=request.user, job=job, show=given.get("show", "open"), order=given.get("order", "value"))


def _counts(scope: Scope) -> dict[str, int]:
    found = counts(scope)
    return {"waiting": found.waiting, "sure": found.sure, "done": found.done}


def _newest(request: Request) -> int:
    newest = Decision.objects.visible_to(request.user).order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


urlpatterns = [
    path("review/queue", ReviewQueue.as_view(), name="api-review-queue"),
    path("review/items/<slug:key>", OneFinding.as_view(), name="api-review-item"),
    path("review/decisions", Decisions.as_view(), name="api-review-decisions"),
    path("review/undo", Undo.as_view(), name="api-review-undo"),
    path("review/teach", Teach.as_view(), name="api-review-teach"),
    path("jobs/<uuid:job_id>/review/brands", ReviewBrands.as_view(), name="api-review-brands"),
    path("jobs/<uuid:job_id>/review/clips", ReviewClips.as_view(), name="api-review-clips"),
]
