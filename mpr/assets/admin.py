from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from mpr.assets.models import MediaAsset, Timeline
from mpr.web import format as formats
from mpr.web.display import badge, pretty
from mpr.workspaces.models import Role
from mpr.workspaces.scoping import MachineInline, ScopedAdmin


class TimelineInline(MachineInline):
    model = Timeline
    workspace_path = "source_asset__workspace"
    fields: ClassVar[Any] = ["profile_name", "length", "chunk_count", "status", "created_at"]
    readonly_fields = fields

    @admin.display(description="length")
    def length(self, timeline: Timeline) -> str:
        return formats.clock(timeline.duration_s)

    @admin.display(description="chunks")
    def chunk_count(self, timeline: Timeline) -> int:
        return len(timeline.chunk_paths)


@admin.register(MediaAsset)
class MediaAssetAdmin(ScopedAdmin):
    """What probing found is shown, what people say of the footage is edited."""

    delete_role = Role.OWNER
    list_display = [
        "filename",
        "state",
        "length",
        "picture_size",
        "rate",
        "codecs",
        "file_length",
        "tag_line",
        "created_at",
    ]
    list_filter = ["status", "video_codec", ("workspace", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["filename", "tags", "comments", "sha256"]
    date_hierarchy = "created_at"
    inlines = [TimelineInline]
    _probe = [
        ("filename", "state"), "error_message", ("length", "picture_size", "rate"),
        ("video_codec", "audio_codec", "data_rate", "file_length"),
    ]  # fmt: skip
    _record = ["id", "workspace", "file_path", "sha256", "created_at", "properties_shown"]
    readonly_fields = [
        "filename", "state", "error_message", "length", "picture_size", "rate", "video_codec", "audio_codec",
        "data_rate", "file_length", *_record,
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: MediaAsset | None = None) -> Any:
        probe = [row for row in self._probe if row != "error_message" or (obj and obj.error_message)]
        return [
            (None, {"fields": probe}),
            ("Notes", {"fields": ["comments", "tags"]}),
            ("Record", {"fields": self._record, "classes": ["collapse"]}),
        ]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, perms, protected = super().get_deleted_objects(objs, request)
        busy = [f"{asset} has a job that is not finished; cancel it first" for asset in objs if _is_busy(asset)]
        return deleted, counts, perms, [*protected, *busy]

    @admin.display(description="status", ordering="status")
    def state(self, asset: MediaAsset) -> SafeString:
        return badge(asset.status, asset.get_status_display())

    @admin.display(description="length", ordering="duration_s")
    def length(self, asset: MediaAsset) -> str:
        return formats.clock(asset.duration_s)

    @admin.display(description="picture", ordering="height")
    def picture_size(self, asset: MediaAsset) -> str:
        return f"{asset.width} × {asset.height}" if asset.width else "–"

    @admin.display(description="frame rate", ordering="fps")
    def rate(self, asset: MediaAsset) -> str:
        return f"{asset.fps:.6g} fps" if asset.fps else "–"

    @admin.display(description="codecs", ordering="video_codec")
    def codecs(self, asset: MediaAsset) -> str:
        return " + ".join(filter(None, [asset.video_codec, asset.audio_codec])) or "–"

    @admin.display(description="bit rate", ordering="bitrate")
    def data_rate(self, asset: MediaAsset) -> str:
        return formats.bit_rate(asset.bitrate)

    @admin.display(description="size", ordering="file_size")
    def file_length(self, asset: MediaAsset) -> str:
        return formats.size(asset.file_size)

    @admin.display(description="tags")
    def tag_line(self, asset: MediaAsset) -> str:
        return ", ".join(asset.tags)

    @admin.display(description="probe")
    def properties_shown(self, asset: MediaAsset) -> SafeString:
        return pretty(_shortened(asset.properties))


@admin.register(Timeline)
class TimelineAdmin(ScopedAdmin):
    workspace_path = "source_asset__workspace"
    list_display = ["source_asset", "length", "chunk_count", "profile_name", "state", "created_at"]
    list_filter = ["status", "profile_name"]
    list_select_related = ["source_asset"]
    search_fields = ["source_asset__filename", "profile_name"]
    fields: ClassVar[Any] = [
        "id",
        "source_asset",
        "profile_name",
        "length",
        "rate",
        "state",
        "chunks_shown",
        "facts_shown",
        "created_at",
    ]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="status", ordering="status")
    def state(self, timeline: Timeline) -> SafeString:
        return badge(timeline.status, timeline.get_status_display())

    @admin.display(description="length")
    def length(self, timeline: Timeline) -> str:
        return formats.clock(timeline.duration_s)

    @admin.display(description="frame rate")
    def rate(self, timeline: Timeline) -> str:
        return f"{timeline.fps:.6g} fps"

    @admin.display(description="chunks")
    def chunk_count(self, timeline: Timeline) -> int:
        return len(timeline.chunk_paths)

    @admin.display(description="chunks")
    def chunks_shown(self, timeline: Timeline) -> SafeString:
        return pretty(timeline.chunk_paths)

    @admin.display(description="facts")
    def facts_shown(self, timeline: Timeline) -> SafeString:
        return pretty(_shortened(timeline.facts))


def _is_busy(asset: MediaAsset) -> bool:
    return asset.timelines.filter(jobs__status__in=("pending", "running", "paused")).exists()


def _shortened(values: dict[str, Any]) -> dict[str, Any]:
    """Long lists (keyframe times) by their beginning and length."""
    return {
        name: [*value[:8], f"… {len(value)} in all"] if isinstance(value, list) and len(value) > 12 else value
        for name, value in values.items()
    }
