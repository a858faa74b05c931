from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from tree_queries.admin import TreeChangeList

from mpr.jobs.models import Checkpoint, Job, Shard, StageOutput, StageRun
from mpr.web import format as formats
from mpr.web.display import badge, counts_line, pretty, short
from mpr.workspaces.scoping import MachineAdmin, MachineInline, ScopedAdmin

_JOB_WORKSPACE = "timeline__source_asset__workspace"


def _seconds(row: Job | StageRun) -> float | None:
    if row.started_at is None or row.finished_at is None:
        return None
    return (row.finished_at - row.started_at).total_seconds()


class StageRunInline(MachineInline):
    model = StageRun
    fk_name = "job"
    workspace_path = f"job__{_JOB_WORKSPACE}"
    fields: ClassVar[Any] = ["stage_name", "attempt", "badge", "shards", "lasted", "reason"]
    readonly_fields = fields
    ordering = ["place", "attempt"]

    @admin.display(description="state")
    def badge(self, run: StageRun) -> SafeString:
        return badge(run.state, run.get_state_display())

    @admin.display(description="shards")
    def shards(self, run: StageRun) -> str:
        return f"{run.shards_done} of {run.shards_total}" if run.shards_total else "–"

    @admin.display(description="took")
    def lasted(self, run: StageRun) -> str:
        return formats.took(_seconds(run))


@admin.register(Job)
class JobAdmin(MachineAdmin):
    workspace_path = _JOB_WORKSPACE
    list_display = ["footage", "badge", "profile", "run_type", "lasted", "created_at", "created_by", "page"]
    list_filter = [
        "status",
        "run_type",
        "profile_name",
        ("timeline__source_asset__workspace", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["timeline__source_asset", "created_by"]
    search_fields = ["=id", "timeline__source_asset__filename", "profile_name"]
    search_help_text = "A file's name, a profile, or a job's id."
    date_hierarchy = "created_at"
    inlines = [StageRunInline]
    fieldsets = [
        (None, {"fields": [("footage", "page"), ("badge", "current_stage"), ("profile", "run_type"), "error_message"]}),
        ("Config", {"fields": ["overrides_shown", "plan_shown"]}),
        (
            "Record",
            {"fields": ["id", "timeline", "parent", "created_by", "created_at", "started_at", "finished_at", "lasted"]},
        ),
    ]
    readonly_fields = ["footage", "page", "badge", "profile", "overrides_shown", "plan_shown", "lasted"]

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return ScopedAdmin.has_delete_permission(self, request, obj) and (obj is None or obj.is_finished)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, perms, protected = super().get_deleted_objects(objs, request)
        busy = [f"{job} is not finished; cancel it first" for job in objs if not job.is_finished]
        return deleted, counts, perms, [*protected, *busy]

    @admin.display(description="footage", ordering="timeline__source_asset__filename")
    def footage(self, job: Job) -> str:
        return job.timeline.source_asset.filename

    @admin.display(description="status", ordering="status")
    def badge(self, job: Job) -> SafeString:
        return badge(job.status, job.get_status_display())

    @admin.display(description="profile", ordering="profile_name")
    def profile(self, job: Job) -> str:
        return f"{job.profile_name} v{job.profile_version}"

    @admin.display(description="took")
    def lasted(self, job: Job) -> str:
        return formats.took(_seconds(job))

    @admin.display(description="page")
    def page(self, job: Job) -> SafeString:
        return format_html('<a href="{}">Open job page</a>', reverse("job", args=[job.pk]))

    @admin.display(description="overrides")
    def overrides_shown(self, job: Job) -> SafeString | str:
        return pretty(job.config_overrides) if job.config_overrides else "none: the profile as it was"

    @admin.display(description="what it runs")
    def plan_shown(self, job: Job) -> SafeString:
        return format_html("<details><summary>Pipeline and merged configs</summary>{}</details>", pretty(job.plan))


@admin.register(Checkpoint)
class CheckpointAdmin(ScopedAdmin):
    """The tree of everything tried, below one another as it came; only the label is a person's."""

    workspace_path = _JOB_WORKSPACE
    list_display = ["indented", "label", "numbers", "lasted", "overrides", "job_page"]
    list_display_links = ["indented"]
    list_editable = ["label"]
    list_filter = ["stage_name", ("timeline", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["job", "timeline__source_asset"]
    search_fields = ["label", "stage_name", "timeline__source_asset__filename", "=job__id"]
    fields = ["label", "stage_name", "timeline", "job_page", "parent", "overrides_shown", "stats_shown", "created_at"]
    readonly_fields = ["stage_name", "timeline", "job_page", "parent", "overrides_shown", "stats_shown", "created_at"]
    list_per_page = 200

    def get_queryset(self, request: HttpRequest) -> QuerySet[Checkpoint]:
        queryset: Any = super().get_queryset(request)
        return queryset.with_tree_fields()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TreeChangeList]:
        return TreeChangeList

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="checkpoint")
    def indented(self, checkpoint: Any) -> SafeString:
        rails = "│ " * max(0, checkpoint.tree_depth - 1) + ("└ " if checkpoint.tree_depth else "")
        title = formats.stage_title(checkpoint.stage_name)
        return format_html('<span class="tree-rails" aria-hidden="true">{}</span>{}', rails, title)

    @admin.display(description="counts")
    def numbers(self, checkpoint: Checkpoint) -> str:
        return counts_line({name: value for name, value in checkpoint.stats.items() if name != "seconds"})

    @admin.display(description="took")
    def lasted(self, checkpoint: Checkpoint) -> str:
        return formats.took(checkpoint.stats.get("seconds"))

    @admin.display(description="tried")
    def overrides(self, checkpoint: Checkpoint) -> str:
        return ", ".join(f"{name} = {short(value)}" for name, value in checkpoint.config_overrides.items()) or "–"

    @admin.display(description="job")
    def job_page(self, checkpoint: Checkpoint) -> SafeString | str:
        if checkpoint.job is None:
            return "–"
        address, number = reverse("job", args=[checkpoint.job.pk]), str(checkpoint.job.pk)[:8]
        return format_html('<a href="{}">{}</a><br>{}', address, number, checkpoint.timeline.source_asset.filename)

    @admin.display(description="overrides")
    def overrides_shown(self, checkpoint: Checkpoint) -> SafeString:
        return pretty(checkpoint.config_overrides)

    @admin.display(description="stats")
    def stats_shown(self, checkpoint: Checkpoint) -> SafeString:
        return pretty(checkpoint.stats)


@admin.register(StageRun)
class StageRunAdmin(MachineAdmin):
    workspace_path = f"job__{_JOB_WORKSPACE}"
    list_display = ["stage_name", "attempt", "badge", "shards", "lasted", "job", "started_at"]
    list_filter = ["state", "stage_name"]
    list_select_related = ["job__timeline__source_asset"]
    search_fields = ["=job__id", "stage_name"]
    fields = [
        "job", "stage_name", "attempt", "badge", "reason", "shards", "cache_key", "inputs_shown",
        "started_at", "finished_at", "lasted",
    ]  # fmt: skip
    readonly_fields = ["badge", "shards", "inputs_shown", "lasted"]

    @admin.display(description="state", ordering="state")
    def badge(self, run: StageRun) -> SafeString:
        return badge(run.state, run.get_state_display())

    @admin.display(description="shards")
    def shards(self, run: StageRun) -> str:
        return f"{run.shards_done} of {run.shards_total}"

    @admin.display(description="took")
    def lasted(self, run: StageRun) -> str:
        return formats.took(_seconds(run))

    @admin.display(description="inputs")
    def inputs_shown(self, run: StageRun) -> SafeString:
        return pretty(run.inputs)


@admin.register(Shard)
class ShardAdmin(MachineAdmin):
    workspace_path = f"stage_run__job__{_JOB_WORKSPACE}"
    list_display = ["stage", "number", "span", "badge", "attempts", "lease_owner", "numbers", "error_message"]
    list_filter = ["state", "stage_run__stage_name"]
    list_select_related = ["stage_run"]
    search_fields = ["=stage_run__job__id", "stage_run__stage_name", "lease_owner"]
    ordering = ["-stage_run", "number"]
    fields = [
        "stage_run", "number", "span", "badge", "error_message", "attempts", "progress", "lease_owner",
        "lease_token", "lease_expires_at", "result_key", "numbers",
    ]  # fmt: skip
    readonly_fields = ["span", "badge", "numbers"]
    show_full_result_count = False

    @admin.display(description="stage", ordering="stage_run__stage_name")
    def stage(self, shard: Shard) -> str:
        return shard.stage_run.stage_name

    @admin.display(description="stretch", ordering="start_s")
    def span(self, shard: Shard) -> str:
        return f"{formats.clock(shard.start_s, with_ms=True)} – {formats.clock(shard.end_s, with_ms=True)}"

    @admin.display(description="state", ordering="state")
    def badge(self, shard: Shard) -> SafeString:
        return badge(shard.state, shard.get_state_display())

    @admin.display(description="counts")
    def numbers(self, shard: Shard) -> str:
        return counts_line(shard.counts)


@admin.register(StageOutput)
class StageOutputAdmin(MachineAdmin):
    workspace_path = _JOB_WORKSPACE
    list_display = ["stage_name", "numbers", "artifact_count", "job", "created_at"]
    list_filter = ["stage_name"]
    list_select_related = ["job__timeline__source_asset"]
    search_fields = ["=job__id", "stage_name", "cache_key"]
    fields = ["job", "timeline", "stage_name", "checkpoint", "cache_key", "output_shown", "created_at"]
    readonly_fields = ["output_shown"]

    @admin.display(description="counts")
    def numbers(self, output: StageOutput) -> str:
        return counts_line(output.output.get("counts", {}))

    @admin.display(description="artifacts")
    def artifact_count(self, output: StageOutput) -> int:
        return len(output.output.get("artifacts", ()))

    @admin.display(description="output")
    def output_shown(self, output: StageOutput) -> SafeString:
        return pretty(output.output)
