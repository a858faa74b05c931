from __future__ import annotations

from typing import Any

import msgspec
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from detection import job_admin  # noqa: F401 — registers its page
from detection.audits import result
from detection.models import Airing, Audit, AuditItem, Contract, ReportPreset, ReportPresetVersion
from detection.report.audit import Interval
from detection.review import admin as review_admin  # noqa: F401 — registers its pages
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


class PresetVersions(admin.TabularInline):
    model = ReportPresetVersion
    fields = ["version", "created_at", "created_by", "settings_shown"]
    readonly_fields = ["version", "created_at", "created_by", "settings_shown"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_staff

    @admin.display(description="settings")
    def settings_shown(self, version: ReportPresetVersion) -> SafeString:
        return pretty(version.settings)


@admin.register(ReportPreset)
class ReportPresetAdmin(MachineAdmin):
    """Presets are edited through the API and `mpr presets`, where an edit makes a version."""

    list_display = ["name", "workspace", "newest", "description"]
    list_filter = [("workspace", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "description"]
    fields = ["workspace", "name", "description"]
    inlines = [PresetVersions]

    @admin.display(description="version")
    def newest(self, preset: ReportPreset) -> int:
        found = preset.versions.first()
        return found.version if found else 0


@admin.register(Contract)
class ContractAdmin(MachineAdmin):
    workspace_path = "timeline__source_asset__workspace"
    list_display = ["name", "footage", "promise_count", "changed_at", "changed_by"]
    list_select_related = ["timeline__source_asset", "changed_by"]
    fields = ["name", "footage", "promises_shown", "changed_at", "changed_by"]
    readonly_fields = ["footage", "promises_shown"]

    @admin.display(description="footage", ordering="timeline__source_asset__filename")
    def footage(self, contract: Contract) -> str:
        return contract.timeline.source_asset.filename

    @admin.display(description="promises")
    def promise_count(self, contract: Contract) -> int:
        return len(contract.promises)

    @admin.display(description="promises")
    def promises_shown(self, contract: Contract) -> SafeString:
        return pretty(contract.promises)


@admin.register(Audit)
class AuditAdmin(MachineAdmin):
    workspace_path = "job__timeline__source_asset__workspace"
    list_display = ["job", "answered", "precision", "recall", "created_at", "created_by"]
    list_select_related = ["job__timeline__source_asset", "created_by"]
    fields = ["job", "answered", "precision", "recall", "seed", "created_at", "created_by", "result_shown"]
    readonly_fields = ["answered", "precision", "recall", "result_shown"]

    @admin.display(description="answered")
    def answered(self, audit: Audit) -> str:
        found = result(audit)
        return f"{found.answered} of {found.asked}"

    @admin.display(description="precision")
    def precision(self, audit: Audit) -> str:
        return _between(result(audit).all_brands.precision)

    @admin.display(description="recall")
    def recall(self, audit: Audit) -> str:
        return _between(result(audit).all_brands.recall)

    @admin.display(description="result")
    def result_shown(self, audit: Audit) -> SafeString:
        return pretty(msgspec.to_builtins(result(audit)))


@admin.register(AuditItem)
class AuditItemAdmin(MachineAdmin):
    workspace_path = "audit__job__timeline__source_asset__workspace"
    list_display = ["picture", "number", "at", "kind", "brand_name", "verdict", "missed", "answered_by", "answered_at"]
    list_display_links = ["number"]
    list_filter = ["verdict", "kind"]
    list_select_related = ["audit", "answered_by"]
    search_fields = ["=audit__id", "brand_name"]
    list_per_page = 50
    fields = ["number", "at", "kind", "brand_name", "claims", "verdict", "missed", "answered_by", "answered_at"]
    readonly_fields = ["at"]

    @admin.display(description="frame")
    def picture(self, item: AuditItem) -> SafeString:
        address = reverse("api-audit-picture", args=[item.audit_id, item.number])
        return thumbnail(f"{address}?view=crop", f"second {item.t_s:.0f}")

    @admin.display(description="at", ordering="t_s")
    def at(self, item: AuditItem) -> str:
        return formats.clock(item.t_s)


def _between(found: Interval) -> str:
    if found.estimate is None or found.low is None or found.high is None:
        return "–"
    return f"{formats.percent(found.estimate)} ({formats.percent(found.low)} – {formats.percent(found.high)})"
