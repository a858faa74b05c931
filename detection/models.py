from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from brands.models import Brand
from detection.reporting.models import ReportFile, ReportLink
from detection.review.models import Decision, OpenQuestion, ReviewState
from mpr.assets.models import Timeline
from mpr.jobs.models import Job
from mpr.web.search import Pieces
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

# Django finds an app's models here alone.
__all__ = [
    "Airing", "AiringMethod", "Audit", "AuditItem", "AuditVerdict", "Contract", "Decision", "OpenQuestion", "Placement",
    "ReportFile", "ReportLink", "ReportPreset", "ReportPresetVersion", "ReviewState",
]  # fmt: skip

_USER = settings.AUTH_USER_MODEL


class Placement(models.TextChoices):
    BOARD = "board", "Board"
    JERSEY = "jersey", "Jersey"
    BACKDROP = "backdrop", "Backdrop"
    GRAPHIC = "graphic", "Graphic"
    AD = "ad", "Advertisement"
    OTHER = "other", "Other"


class AiringMethod(models.TextChoices):
    OCR = "ocr", "Text"
    LOGO = "logo", "Logo"
    LOCAL_VLM = "local_vlm", "Local vision model"
    CLOUD_LLM = "cloud_llm", "Cloud vision model"


class AiringQuerySet(models.QuerySet["Airing"]):
    def visible_to(self, user: User | AnonymousUser) -> AiringQuerySet:
        return self.filter(
            job__timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            job__timeline__source_asset__deleted_at=None,
        )


class Airing(models.Model):
    """An exposure event: a brand visible without a gap within one shot."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="airings")
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.SET_NULL, related_name="airings")
    brand_name = models.CharField(max_length=120, help_text="As the report names it, also when no brand is kept yet.")
    start_s = models.FloatField()
    end_s = models.FloatField()
    placement = models.CharField(max_length=8, choices=Placement, default=Placement.OTHER)
    geometry = models.JSONField(default=dict, help_text="Track summary: mean and largest area share, position, path.")
    evidence = models.JSONField(default=dict, help_text="t_s, normalised polygon, text, and where its frame lies.")
    confidence = models.FloatField()
    method = models.CharField(max_length=10, choices=AiringMethod)
    review_state = models.CharField(
        max_length=10, choices=ReviewState, default=ReviewState.UNREVIEWED, help_text="What decisions make of it."
    )
    look = models.CharField(
        max_length=200, blank=True, help_text="Findings of a job that look alike have the same; empty: not known."
    )

    objects = AiringQuerySet.as_manager()

    class Meta:
        ordering = ["start_s", "brand_name"]
        constraints = [
            models.CheckConstraint(condition=Q(end_s__gt=models.F("start_s")), name="airing_has_length"),
            models.CheckConstraint(condition=Q(confidence__gte=0, confidence__lte=1), name="airing_confidence_share"),
            models.CheckConstraint(condition=Q(placement__in=Placement.values), name="airing_known_placement"),
            models.CheckConstraint(condition=Q(method__in=AiringMethod.values), name="airing_known_method"),
            models.CheckConstraint(condition=Q(review_state__in=ReviewState.values), name="airing_known_review_state"),
        ]
        indexes = [
            # The report and its lanes read a job's airings in time order.
            models.Index(fields=["job", "start_s"], name="airing_of_job"),
            # A brand's history over all jobs.
            models.Index(fields=["brand", "job"], name="airing_of_brand"),
            # The number that waits for review, on every page, and the queue.
            models.Index(fields=["job", "confidence"], condition=Q(review_state="unreviewed"), name="airing_waiting"),
            # A page of one brand's airings in a job; brands that are not kept are found by name alone.
            models.Index(fields=["job", "brand_name", "start_s"], name="airing_by_name"),
            GinIndex(Pieces("brand_name"), condition=Q(brand=None), name="airing_unkept_pieces"),
        ]

    def __str__(self) -> str:
        return f"{self.brand_name} {self.start_s:.2f}–{self.end_s:.2f} s"


class ReportPresetQuerySet(models.QuerySet["ReportPreset"]):
    def visible_to(self, user: User | AnonymousUser) -> ReportPresetQuerySet:
        return self.filter(workspace__in=Workspace.objects.visible_to(user))


class ReportPreset(models.Model):
    """A named set of report settings of a workspace. Those that ship are part of the code."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="report_presets")
    name = models.SlugField(max_length=80)
    description = models.TextField(blank=True)

    objects = ReportPresetQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            # A name means one preset in a workspace; it hides a shipped one of the same name.
            models.UniqueConstraint(fields=["workspace", "name"], name="report_preset_one_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ReportPresetVersion(models.Model):
    """What a preset set at a time. A version never changes, since reports name it; an edit makes the next one."""

    preset = models.ForeignKey(ReportPreset, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    settings = models.JSONField(help_text="Every setting of the report; see docs/report.md.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-version"]
        constraints = [
            # Also serves finding the newest version.
            models.UniqueConstraint(fields=["preset", "version"], name="report_preset_one_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.preset} v{self.version}"


class ContractQuerySet(models.QuerySet["Contract"]):
    def visible_to(self, user: User | AnonymousUser) -> ContractQuerySet:
        return self.filter(
            timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            timeline__source_asset__deleted_at=None,
        )


class Contract(models.Model):
    """What was promised for a timeline; every report on it says what was kept."""

    timeline = models.OneToOneField(Timeline, on_delete=models.CASCADE, related_name="contract")
    name = models.CharField(max_length=200, help_text="The file that it came from.")
    promises = models.JSONField(help_text="Seconds per brand and placement; see docs/report.md.")
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ContractQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} for {self.timeline}"


class AuditQuerySet(models.QuerySet["Audit"]):
    def visible_to(self, user: User | AnonymousUser) -> AuditQuerySet:
        return self.filter(
            job__timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            job__timeline__source_asset__deleted_at=None,
        )


class Audit(models.Model):
    """A sample of a report's seconds for a person to look at. It holds for the settings that it was drawn with."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="audits")
    seed = models.PositiveBigIntegerField(help_text="The same seed draws the same sample.")
    settings = models.JSONField(help_text="Those of the report that it was drawn from.")
    strata = models.JSONField(help_text="What was drawn from.")
    claimed_s = models.JSONField(help_text="By brand, the exposure that the report claims.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # A report carries the newest audit of its job.
            models.Index(fields=["job", "-created_at"], name="audit_of_job"),
        ]

    def __str__(self) -> str:
        return f"Audit of {self.job}"

    @property
    def workspace(self) -> Workspace:
        return self.job.workspace


class AuditVerdict(models.TextChoices):
    OPEN = "", "Not answered"
    YES = "yes", "Yes"
    NO = "no", "No"
    UNCLEAR = "unclear", "Cannot tell"


class AuditItem(models.Model):
    """A second to look at, and what a person said of it."""

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveIntegerField(help_text="In time order, from 1.")
    kind = models.CharField(
        max_length=7,
        choices=[("claimed", "Is the brand there?"), ("any", "Is a brand there that the report does not have?")],
    )
    stratum = models.PositiveIntegerField()
    t_s = models.FloatField(help_text="The second begins here.")
    brand_name = models.CharField(max_length=120, blank=True, help_text="The brand that is claimed.")
    claims = models.JSONField(default=list, help_text="The brands that the report has in this second.")
    evidence = models.JSONField(default=dict, help_text="The frame to look at, and the outline of what is claimed.")
    verdict = models.CharField(max_length=7, blank=True, choices=AuditVerdict)
    missed = models.JSONField(default=list, help_text="Brands that are there and that the report does not have.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            # Also serves walking through an audit in order.
            models.UniqueConstraint(fields=["audit", "number"], name="audit_item_one_per_number"),
            models.CheckConstraint(condition=Q(verdict__in=AuditVerdict.values), name="audit_item_known_verdict"),
            models.CheckConstraint(condition=Q(kind__in=("claimed", "any")), name="audit_item_known_kind"),
            models.CheckConstraint(
                condition=Q(verdict="", answered_at=None) | (~Q(verdict="") & Q(answered_at__isnull=False)),
                name="audit_item_answered_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} at {self.t_s:.0f} s"
