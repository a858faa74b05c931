from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from detection import job_admin  # noqa: F401 — registers its page
from detection.models import Airing
from mpr.web import format as formats
from mpr.web.display import badge, pretty, thumbnail
from mpr.workspaces.scoping import MachineAdmin


@admin.register(Airing)
class AiringAdmin(MachineAdmin):
    workspace_path = "job__timeline__source_asset__workspace"
    list_display = ["evidence_picture", "brand_name", "span", "seen_as", "review", "footage"]
    list_display_links = ["brand_name"]
    list_filter = ["review_state", "placement", "method", ("brand", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["brand", "job__timeline__source_asset"]
    search_fields = ["brand_name", "=job__id", "job__timeline__source_asset__filename"]
    list_per_page = 50
    fields = [
        "large_picture", "brand_name", "brand", "span", "placement", "text", "method", "sure", "review", "job_page",
        "geometry_shown", "evidence_shown",
    ]  # fmt: skip
    readonly_fields = [
        "large_picture", "span", "text", "sure", "review", "job_page", "geometry_shown", "evidence_shown",
    ]  # fmt: skip

    @admin.display(description="evidence")
    def evidence_picture(self, airing: Airing) -> SafeString:
        return thumbnail(reverse("airing-evidence", args=[airing.pk]), f"{airing.brand_name} in the frame")

    @admin.display(description="evidence")
    def large_picture(self, airing: Airing) -> SafeString:
        address = reverse("airing-evidence", args=[airing.pk])
        return format_html(
            '<img class="evidence" src="{}?view=frame" alt="{} in the frame">', address, airing.brand_name
        )

    @admin.display(description="from – to", ordering="start_s")
    def span(self, airing: Airing) -> SafeString:
        start, end = formats.clock(airing.start_s, with_ms=True), formats.clock(airing.end_s, with_ms=True)
        return format_html("{} –<br>{}<br>{} s", start, end, f"{airing.end_s - airing.start_s:.1f}")

    @admin.display(description="seen as", ordering="confidence")
    def seen_as(self, airing: Airing) -> SafeString:
        how = f"{airing.get_method_display()}, {formats.percent(airing.confidence)}"
        return format_html("{} “{}”<br>{}", airing.get_placement_display(), self.text(airing), how)

    @admin.display(description="read")
    def text(self, airing: Airing) -> str:
        return airing.evidence.get("text", "")

    @admin.display(description="confidence", ordering="confidence")
    def sure(self, airing: Airing) -> str:
        return formats.percent(airing.confidence)

    @admin.display(description="review", ordering="review_state")
    def review(self, airing: Airing) -> SafeString:
        return badge(airing.review_state, airing.get_review_state_display())

    @admin.display(description="footage", ordering="job__timeline__source_asset__filename")
    def footage(self, airing: Airing) -> str:
        return airing.job.timeline.source_asset.filename

    @admin.display(description="job")
    def job_page(self, airing: Airing) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("report", args=[airing.job_id]), airing.job)

    @admin.display(description="geometry")
    def geometry_shown(self, airing: Airing) -> SafeString:
        return pretty({name: value for name, value in airing.geometry.items() if name != "path"})

    @admin.display(description="evidence record")
    def evidence_shown(self, airing: Airing) -> SafeString:
        return pretty(airing.evidence)
