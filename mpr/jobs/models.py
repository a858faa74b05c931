from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from tree_queries.models import TreeNode
from tree_queries.query import TreeQuerySet

from mpr.assets.models import Timeline
from mpr.web.search import Pieces
from mpr.workspaces.models import Workspace
from profiles.models import Profile

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class JobStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class RunType(models.TextChoices):
    INITIAL = "initial", "Initial"
    REPLAY = "replay", "Replay"
    RETRY = "retry", "Retry"


class Priority(models.IntegerChoices):
    """Whose shards a worker takes first: those of the lower number. The numbers are steps of the broker's client (0, 3,
    6, 9), which keeps a list for each."""

    INTERACTIVE = 3, "Interactive"
    BATCH = 6, "Batch"


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User | AnonymousUser) -> JobQuerySet:
        return self.filter(
            timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            timeline__source_asset__deleted_at=None,
        )

    def unfinished(self) -> JobQuerySet:
        return self.filter(status__in=[JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED])

    def overdue(self) -> JobQuerySet:
        """Jobs that run, or wait to, past their deadline."""
        return self.filter(status__in=[JobStatus.PENDING, JobStatus.RUNNING], deadline__lt=timezone.now())


class Job(models.Model):
    """One run of a profile over a timeline. `plan` is the profile as it was when the job was made, with the job's
    overrides merged in, so that later edits change nothing that runs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    timeline = models.ForeignKey(Timeline, on_delete=models.CASCADE, related_name="jobs")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children")
    profile_name = models.CharField(max_length=80)
    profile_version = models.PositiveIntegerField(default=1)
    config_overrides = models.JSONField(default=dict, blank=True, help_text="{stage: {setting: value}}")
    plan = models.JSONField(help_text="The merged pipeline and configs this job runs.")
    run_type = models.CharField(max_length=8, choices=RunType, default=RunType.INITIAL)
    status = models.CharField(max_length=10, choices=JobStatus, default=JobStatus.PENDING)
    current_stage = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    pause_after = models.CharField(max_length=60, blank=True, help_text="Pause once this stage is settled.")
    only_stage = models.CharField(max_length=60, blank=True, help_text="While stepping: start this stage and no other.")
    label = models.CharField(max_length=120, blank=True, help_text="Names the first checkpoint that this job leaves.")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.BATCH)
    deadline = models.DateTimeField(null=True, blank=True, help_text="A job that runs past it fails.")
    cleared_at = models.DateTimeField(null=True, blank=True, help_text="When its outputs were removed.")
    event_seq = models.BigIntegerField(default=0, help_text="Number of the newest event in this job's log.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=JobStatus.values), name="job_known_status"),
            models.CheckConstraint(condition=Q(run_type__in=RunType.values), name="job_known_run_type"),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="job_not_its_own_parent"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="job_known_priority"),
        ]
        indexes = [
            # Lists of a timeline's jobs, newest first.
            models.Index(fields=["timeline", "-created_at"], name="job_of_timeline"),
            # Looking for work that is due.
            models.Index(
                fields=["created_at"], condition=Q(status__in=["pending", "running", "paused"]), name="job_unfinished"
            ),
            # The list of all jobs, newest first.
            models.Index(fields=["-created_at", "id"], name="job_newest"),
            # The search over everything.
            GinIndex(Pieces("label"), condition=~Q(label=""), name="job_label_pieces"),
        ]

    def __str__(self) -> str:
        return f"{self.timeline.source_asset.filename} · {self.profile_name} · {self.status}"

    @property
    def workspace(self) -> Workspace:
        return self.timeline.workspace

    @property
    def is_finished(self) -> bool:
        return self.status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)

    def newest_runs(self) -> dict[str, StageRun]:
        """The newest attempt at each stage, by the stage's name."""
        return {run.stage_name: run for run in self.stage_runs.order_by("attempt")}


class StageState(models.TextChoices):
    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    REUSED = "reused", "Reused"
    SKIPPED = "skipped", "Skipped"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class StageRun(models.Model):
    """One attempt of a job at one stage."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="stage_runs")
    stage_name = models.CharField(max_length=60)
    place = models.PositiveSmallIntegerField(help_text="Position in the job's running order.")
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=9, choices=StageState, default=StageState.PENDING)
    reason = models.TextField(blank=True, help_text="Why it was skipped, reused or failed.")
    stale = models.BooleanField(
        default=False, help_text="To be run again: what it rests on has been run again since, or it did not finish."
    )
    reused_from = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="reused_runs",
        help_text="The job that computed what it reuses.",
    )  # fmt: skip
    cache_key = models.CharField(max_length=64, blank=True)
    inputs = models.JSONField(default=dict, help_text="Where its inputs lie: {name: artifact keys}.")
    shards_total = models.PositiveIntegerField(default=0)
    shards_done = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["place", "attempt"]
        constraints = [
            models.UniqueConstraint(fields=["job", "stage_name", "attempt"], name="stage_run_one_per_attempt"),
            models.CheckConstraint(condition=Q(state__in=StageState.values), name="stage_run_known_state"),
            models.CheckConstraint(
                condition=Q(shards_done__lte=models.F("shards_total")), name="stage_run_shards_in_bounds"
            ),
        ]
        indexes = [
            # Finding what an earlier attempt computed from the same things, after its output row has passed on.
            models.Index(fields=["cache_key"], condition=Q(state="done"), name="stage_run_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_name} of {self.job_id}"

    @property
    def settled(self) -> bool:
        return self.state in (StageState.DONE, StageState.REUSED, StageState.SKIPPED)

    @property
    def current(self) -> bool:
        """Settled, and nothing it rests on has been run again since."""
        return self.settled and not self.stale


class ShardState(models.TextChoices):
    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Shard(models.Model):
    """The unit of work: one stage over one stretch of the timeline. Whoever holds the lease with the current token may
    write its result, nobody else."""

    stage_run = models.ForeignKey(StageRun, on_delete=models.CASCADE, related_name="shards")
    number = models.PositiveIntegerField()
    start_s = models.FloatField()
    end_s = models.FloatField()
    state = models.CharField(max_length=9, choices=ShardState, default=ShardState.PENDING)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_token = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(
        default=timezone.now, help_text="When a message was last sent for it, or is to be due."
    )
    progress = models.FloatField(default=0.0, help_text="0 to 1.")
    result_key = models.CharField(max_length=500, blank=True)
    counts = models.JSONField(default=dict)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["stage_run", "number"], name="shard_one_per_number"),
            models.CheckConstraint(condition=Q(state__in=ShardState.values), name="shard_known_state"),
            models.CheckConstraint(condition=~Q(state="done") | ~Q(result_key=""), name="shard_done_has_result"),
        ]
        indexes = [
            # Finding shards whose lease has run out.
            models.Index(fields=["lease_expires_at"], condition=Q(state="running"), name="shard_leases"),
        ]

    def __str__(self) -> str:
        return f"shard {self.number} of {self.stage_run}"


class CheckpointQuerySet(TreeQuerySet):
    def visible_to(self, user: User | AnonymousUser) -> CheckpointQuerySet:
        return self.filter(
            timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            timeline__source_asset__deleted_at=None,
        )

    def scenarios(self) -> CheckpointQuerySet:
        """Checkpoints that a person has named."""
        return self.exclude(label="")


class Checkpoint(TreeNode):
    """A node in the tree of everything tried on a timeline. Holds no results, only where they came from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    timeline = models.ForeignKey(Timeline, on_delete=models.CASCADE, related_name="checkpoints")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="checkpoints")
    stage_name = models.CharField(max_length=60)
    config_overrides = models.JSONField(default=dict, blank=True)
    stats = models.JSONField(default=dict, blank=True)
    label = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CheckpointQuerySet.as_manager(with_tree_fields=True)

    class Meta:
        ordering = ["created_at"]
        indexes = [
            # A timeline's checkpoints of one stage.
            models.Index(fields=["timeline", "stage_name", "created_at"], name="checkpoint_of_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_name}{f' “{self.label}”' if self.label else ''}"

    @property
    def workspace(self) -> Workspace:
        return self.timeline.workspace


class StageOutput(models.Model):
    """What a stage of a job gave: counts and the keys of its artifacts in media_out."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="outputs")
    timeline = models.ForeignKey(Timeline, on_delete=models.CASCADE, related_name="outputs")
    stage_name = models.CharField(max_length=60)
    checkpoint = models.ForeignKey(Checkpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="outputs")
    output = models.JSONField(help_text='{"counts": {…}, "artifacts": [keys in shard order]}')
    cache_key = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["job", "stage_name"], name="stage_output_one_per_stage"),
        ]
        indexes = [
            # Finding an output that was computed from the same things.
            models.Index(fields=["timeline", "cache_key"], name="stage_output_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_name} of {self.job_id}"


class Promotion(models.Model):
    """A profile made of what a job ran, so that it can be told where it comes from and taken back for a while."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="promotions")
    profile = models.OneToOneField(Profile, on_delete=models.CASCADE, related_name="promotion")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.profile} of {self.job_id}"


class WorkerSign(models.Model):
    """A worker's newest sign of life, and what it says of itself."""

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=120)
    version = models.CharField(max_length=40)
    queues = ArrayField(models.CharField(max_length=40))
    slots = models.PositiveSmallIntegerField(help_text="How many shards it works on at a time.")
    owners = ArrayField(models.CharField(max_length=120), help_text="The names under which its processes hold leases.")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
