"""Decisions and open questions. Models of the app `detection`, which imports them."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from mpr.assets.models import Timeline
from mpr.jobs.models import Job
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_USER = settings.AUTH_USER_MODEL


class FindingKind(models.TextChoices):
    AIRING = "airing", "Airing"
    QUESTION = "question", "Open question"


class ReviewState(models.TextChoices):
    """What people say of a finding. Airing.review_state and OpenQuestion.review_state mirror it."""

    UNREVIEWED = "unreviewed", "Not reviewed"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    RENAMED = "renamed", "Another brand"


class Verdict(models.TextChoices):
    ACCEPT = "accept", "Accepted"
    REJECT = "reject", "Rejected"
    RENAME = "rename", "Another brand"
    NO_BRAND = "no_brand", "Not a brand"
    ENDS = "ends", "Other start or end"
    MERGE = "merge", "Merged with the one before"
    SPLIT = "split", "Split"


class OpenQuestionQuerySet(models.QuerySet["OpenQuestion"]):
    def visible_to(self, user: User | AnonymousUser) -> OpenQuestionQuerySet:
        return self.filter(
            job__timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            job__timeline__source_asset__deleted_at=None,
        )


class OpenQuestion(models.Model):
    """An unresolved candidate of a job's report, as a row beside its airings."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="open_questions")
    number = models.PositiveIntegerField(help_text="Its place among the report's unresolved questions, from 0.")
    brand_name = models.CharField(max_length=120, blank=True, help_text="The nearest brand, when there is one.")
    start_s = models.FloatField()
    end_s = models.FloatField()
    seconds = models.FloatField(help_text="For how long it is seen between its start and its end.")
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, help_text="As an airing's.")
    look = models.CharField(max_length=200, blank=True, help_text="Findings of a job that look alike have the same.")
    review_state = models.CharField(max_length=10, choices=ReviewState, default=ReviewState.UNREVIEWED)

    objects = OpenQuestionQuerySet.as_manager()

    class Meta:
        ordering = ["job", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="open_question_one_per_number"),
            models.CheckConstraint(condition=Q(end_s__gt=models.F("start_s")), name="open_question_has_length"),
            models.CheckConstraint(
                condition=Q(review_state__in=ReviewState.values), name="open_question_known_review_state"
            ),
        ]
        indexes = [
            # The number that waits, on every page, and the queue.
            models.Index(fields=["job"], condition=Q(review_state="unreviewed"), name="open_question_waiting"),
        ]

    def __str__(self) -> str:
        return f"“{self.evidence.get('text', '')}” at {self.start_s:.2f} s"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: User | AnonymousUser) -> DecisionQuerySet:
        return self.filter(
            timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            timeline__source_asset__deleted_at=None,
        )

    def live(self) -> DecisionQuerySet:
        """Those that hold, or did until a later one: all that were not undone."""
        return self.filter(undone_at=None)


class Decision(models.Model):
    """What a person said of something on a timeline. It never changes but by being undone, and stays when jobs go.

    What it is about is told by brand, interval and region, so that it is found again in a later job on the timeline.
    """

    timeline = models.ForeignKey(Timeline, on_delete=models.CASCADE, related_name="decisions")
    job = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="decisions",
        help_text="On whose findings it was made.",
    )  # fmt: skip
    found_in = models.CharField(max_length=64, blank=True, help_text="The key of the report that told of it.")
    batch = models.UUIDField(
        default=uuid.uuid4, help_text="Decisions that were made, and are undone, at once; given by the page."
    )
    subject = models.UUIDField(default=uuid.uuid4, help_text="Decisions on one thing have the same.")
    kind = models.CharField(max_length=8, choices=FindingKind)
    brand_name = models.CharField(max_length=120, blank=True, help_text="As the machine had it.")
    start_s = models.FloatField()
    end_s = models.FloatField()
    t_s = models.FloatField(help_text="The moment of the evidence.")
    box = models.JSONField(default=list, help_text="The outline's bounds: left, top, right, bottom, 0 to 1.")
    text = models.CharField(max_length=500, blank=True, help_text="What was read.")
    verdict = models.CharField(max_length=8, choices=Verdict)
    given_brand = models.CharField(max_length=120, blank=True)
    given_start_s = models.FloatField(null=True, blank=True)
    given_end_s = models.FloatField(null=True, blank=True)
    given_at_s = models.FloatField(null=True, blank=True, help_text="Where it is split.")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="decision_known_verdict"),
            models.CheckConstraint(condition=Q(kind__in=FindingKind.values), name="decision_known_kind"),
            models.CheckConstraint(condition=Q(end_s__gt=models.F("start_s")), name="decision_has_length"),
            models.CheckConstraint(
                condition=~Q(verdict="rename") | ~Q(given_brand=""), name="decision_renames_to_a_brand"
            ),
            models.CheckConstraint(
                condition=~Q(verdict="ends")
                | Q(given_start_s__isnull=False, given_end_s__isnull=False, given_end_s__gt=models.F("given_start_s")),
                name="decision_gives_ends",
            ),
        ]
        indexes = [
            # What holds on a timeline, whatever job is looked at.
            models.Index(fields=["timeline", "start_s"], condition=Q(undone_at=None), name="decision_live"),
            # What a person did last, to undo it.
            models.Index(fields=["made_by", "-id"], condition=Q(undone_at=None), name="decision_of_person"),
            # The history of one thing.
            models.Index(fields=["subject"], name="decision_of_subject"),
            # Whether what a page sends again is there already.
            models.Index(fields=["batch"], name="decision_of_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.brand_name or self.text}: {self.get_verdict_display()}"
