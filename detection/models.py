from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from brands.models import Brand
from mpr.jobs.models import Job
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


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


class ReviewState(models.TextChoices):
    UNREVIEWED = "unreviewed", "Not reviewed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class AiringQuerySet(models.QuerySet["Airing"]):
    def visible_to(self, user: User | AnonymousUser) -> AiringQuerySet:
        return self.filter(job__timeline__source_asset__workspace__in=Workspace.objects.visible_to(user))


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
    review_state = models.CharField(max_length=10, choices=ReviewState, default=ReviewState.UNREVIEWED)

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
        ]

    def __str__(self) -> str:
        return f"{self.brand_name} {self.start_s:.2f}–{self.end_s:.2f} s"
