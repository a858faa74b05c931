"""What the endpoints of jobs answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mpr.jobs.estimate import forecast
from mpr.jobs.models import Checkpoint, Job, JobStatus, Priority
from mpr.jobs.progress import stage_progress


class PriorityField(serializers.ChoiceField):
    """A priority by its name."""

    def __init__(self, **given: Any) -> None:
        super().__init__(choices=[(kind.name.lower(), kind.label) for kind in Priority], **given)

    def to_internal_value(self, data: Any) -> Any:
        return Priority[super().to_internal_value(data).upper()]

    def to_representation(self, value: Any) -> str:
        return Priority(value).name.lower()


class JobShape(serializers.ModelSerializer):
    created_by: Any = serializers.SlugRelatedField(slug_field="username", read_only=True, allow_null=True)
    priority = PriorityField(read_only=True)
    filename = serializers.CharField(source="timeline.source_asset.filename", read_only=True)

    class Meta:
        model = Job
        fields = [
            "id", "timeline", "filename", "parent", "profile_name", "profile_version", "config_overrides", "run_type",
            "status", "current_stage", "pause_after", "error_message", "priority", "deadline", "label",
            "cleared_at", "event_seq", "created_by", "created_at",
            "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class StageStatusShape(serializers.Serializer):
    """One stage of a job by its newest attempt."""

    name = serializers.CharField()
    state = serializers.CharField()
    percent = serializers.FloatField()
    shards_done = serializers.IntegerField()
    shards_total = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()
    stale = serializers.BooleanField(help_text="To be run again, because what it rests on was.")
    reused_from = serializers.UUIDField(allow_null=True, help_text="The job that computed what it reuses.")
    counts = serializers.DictField(child=serializers.IntegerField())


class StatusShape(serializers.Serializer):
    """How far a job is."""

    job = serializers.UUIDField()
    timeline = serializers.UUIDField()
    status = serializers.ChoiceField(choices=JobStatus.choices)
    percent = serializers.FloatField()
    eta_s = serializers.FloatField(allow_null=True, help_text="Seconds until it is done; null when unknown.")
    current_stage = serializers.CharField()
    pause_after = serializers.CharField()
    error_message = serializers.CharField()
    stages = StageStatusShape(many=True)


class StatusesShape(serializers.Serializer):
    jobs = StatusShape(many=True)


class JobDetailShape(JobShape):
    """A job with its stages and what it runs."""

    progress = serializers.SerializerMethodField()

    class Meta(JobShape.Meta):
        fields = [*JobShape.Meta.fields, "progress", "plan"]
        read_only_fields = fields

    @extend_schema_field(StatusShape)
    def get_progress(self, job: Job) -> dict[str, Any]:
        return status_of(job)


class CheckpointShape(serializers.ModelSerializer):
    class Meta:
        model = Checkpoint
        fields = ["id", "timeline", "job", "parent", "stage_name", "label", "config_overrides", "stats", "created_at"]
        read_only_fields = fields


class CheckpointsShape(serializers.Serializer):
    """Parents before their children."""

    checkpoints = CheckpointShape(many=True)


def status_of(job: Job) -> dict[str, Any]:
    """A StatusShape's values."""
    stages = stage_progress(job)
    counts = {row.stage_name: row.output.get("counts", {}) for row in job.outputs.all()}
    reused_from = {name: run.reused_from_id for name, run in job.newest_runs().items()}
    told = forecast(job, stages)
    return {
        "job": str(job.pk),
        "timeline": str(job.timeline_id),
        "status": job.status,
        "percent": percent(told.share),
        "eta_s": told.left_s,
        "current_stage": job.current_stage,
        "pause_after": job.pause_after,
        "error_message": job.error_message,
        "stages": [
            {
                "name": stage.name,
                "state": stage.state,
                "percent": percent(stage.share),
                "shards_done": stage.shards_done,
                "shards_total": stage.shards_total,
                "seconds": stage.seconds,
                "reason": stage.reason,
                "stale": stage.stale,
                "reused_from": reused_from.get(stage.name),
                "counts": counts.get(stage.name, {}),
            }
            for stage in stages
        ],
    }


def percent(share: float) -> float:
    """0 to 100 with one digit after the point."""
    return round(100.0 * share, 1)
