"""Decisions and open questions in the admin: looked at, never edited."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString

from detection.review.models import Decision, OpenQuestion
from mpr.web import format as formats
from mpr.web.display import badge, pretty, thumbnail
from mpr.workspaces.scoping import MachineAdmin

_SPAN = "{} – {}"


@admin.register(Decision)
class DecisionAdmin(MachineAdmin):
    """Who said what of which finding and when, with what was undone. Search for a subject to see its history."""

    workspace_path = "timeline__source_asset__workspace"
    list_display = ["made_at", "made_by", "about", "span", "said", "undone_at", "undone_by", "footage"]
    list_filter = [
        "verdict", "kind", ("undone_at", admin.EmptyFieldListFilter), ("made_by", admin.RelatedOnlyFieldListFilter)
    ]  # fmt: skip
    list_select_related = ["made_by", "undone_by", "timeline__source_asset"]
    search_fields = ["brand_name", "given_brand", "text", "=subject", "=batch", "timeline__source_asset__filename"]
    date_hierarchy = "made_at"
    list_per_page = 100
    fields = [
        "footage", "job", "kind", "about", "span", "said", "given_start_s", "given_end_s", "given_at_s", "made_at",
        "made_by", "undone_at", "undone_by", "subject", "batch", "found_in", "box_shown",
    ]  # fmt: skip
    readonly_fields = ["footage", "about", "span", "said", "made_at", "box_shown"]

    @admin.display(description="about", ordering="brand_name")
    def about(self, decision: Decision) -> str:
        read = f"“{decision.text}”" if decision.text else ""
        return f"{decision.brand_name} {read}".strip()

    @admin.display(description="from – to", ordering="start_s")
    def span(self, decision: Decision) -> str:
        return _SPAN.format(formats.clock(decision.start_s, with_ms=True), formats.clock(decision.end_s, with_ms=True))

    @admin.display(description="said", ordering="verdict")
    def said(self, decision: Decision) -> str:
        brand = f": {decision.given_brand}" if decision.given_brand else ""
        return f"{decision.get_verdict_display()}{brand}"

    @admin.display(description="footage", ordering="timeline__source_asset__filename")
    def footage(self, decision: Decision) -> str:
        return decision.timeline.source_asset.filename

    @admin.display(description="region")
    def box_shown(self, decision: Decision) -> SafeString:
        return pretty(decision.box)


@admin.register(OpenQuestion)
class OpenQuestionAdmin(MachineAdmin):
    workspace_path = "job__timeline__source_asset__workspace"
    list_display = ["picture", "text", "brand_name", "span", "review", "footage"]
    list_display_links = ["text"]
    list_filter = ["review_state"]
    list_select_related = ["job__timeline__source_asset"]
    search_fields = ["brand_name", "evidence__text", "=job__id", "job__timeline__source_asset__filename"]
    list_per_page = 50
    fields = ["picture", "job", "number", "text", "brand_name", "reason", "span", "review", "evidence_shown"]
    readonly_fields = ["picture", "text", "span", "review", "evidence_shown"]

    @admin.display(description="evidence")
    def picture(self, question: OpenQuestion) -> SafeString:
        return thumbnail(reverse("question-evidence", args=[question.pk]), f"“{self.text(question)}” in the frame")

    @admin.display(description="read")
    def text(self, question: OpenQuestion) -> str:
        return question.evidence.get("text", "") or "–"

    @admin.display(description="from – to", ordering="start_s")
    def span(self, question: OpenQuestion) -> str:
        return _SPAN.format(formats.clock(question.start_s, with_ms=True), formats.clock(question.end_s, with_ms=True))

    @admin.display(description="review", ordering="review_state")
    def review(self, question: OpenQuestion) -> SafeString:
        return badge(question.review_state, question.get_review_state_display())

    @admin.display(description="footage", ordering="job__timeline__source_asset__filename")
    def footage(self, question: OpenQuestion) -> str:
        return question.job.timeline.source_asset.filename

    @admin.display(description="evidence record")
    def evidence_shown(self, question: OpenQuestion) -> SafeString:
        return pretty(question.evidence)
