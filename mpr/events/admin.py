from __future__ import annotations

from django.contrib import admin

from mpr.events.models import JobEvent
from mpr.web.display import pretty
from mpr.workspaces.scoping import MachineAdmin


@admin.register(JobEvent)
class JobEventAdmin(MachineAdmin):
    workspace_path = "job__timeline__source_asset__workspace"
    list_display = ["at", "seq", "type", "short_payload", "job"]
    list_filter = ["type"]
    list_select_related = ["job__timeline__source_asset"]
    search_fields = ["=job__id", "type"]
    search_help_text = "A job's id, or a type of event."
    ordering = ["-at", "-seq"]
    fields = ["job", "seq", "type", "at", "payload_shown"]
    readonly_fields = ["payload_shown"]
    show_full_result_count = False

    @admin.display(description="payload")
    def short_payload(self, event: JobEvent) -> str:
        return " · ".join(f"{name} {value}" for name, value in event.payload.items())[:160]

    @admin.display(description="payload")
    def payload_shown(self, event: JobEvent) -> str:
        return pretty(event.payload)
