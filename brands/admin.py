from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from brands.forms import BrandForm, ExemplarForm, ExemplarFormSet
from brands.models import Brand, Exemplar
from mpr.web.display import thumbnail
from mpr.workspaces.scoping import ScopedAdmin, ScopedInline


def exemplar_address(exemplar: Exemplar) -> str:
    return reverse("exemplar", args=[exemplar.pk])


class ExemplarInline(ScopedInline):
    model = Exemplar
    form = ExemplarForm
    formset = ExemplarFormSet
    workspace_path = "brand__workspace"
    fields = ["preview", "picture", "note"]
    readonly_fields = ["preview"]
    verbose_name_plural = "exemplars: pictures of the logo"

    @admin.display(description="")
    def preview(self, exemplar: Exemplar) -> str:
        return thumbnail(exemplar_address(exemplar), str(exemplar)) if exemplar.pk else "–"


@admin.register(Brand)
class BrandAdmin(ScopedAdmin):
    form = BrandForm
    list_display = [
        "canonical_name",
        "alias_line",
        "alias_count",
        "exemplar_pictures",
        "airing_count",
        "source",
        "where",
    ]
    list_filter = ["source", ("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["canonical_name", "aliases"]
    search_help_text = "Searches names and aliases."
    inlines = [ExemplarInline]
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brand]:
        counted = super().get_queryset(request).prefetch_related("exemplars")
        return counted.annotate(alias_total=Coalesce("aliases__len", 0), airing_total=Count("airings", distinct=True))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        field = self.formfield_for_foreignkey(Brand._meta.get_field("workspace"), request)
        own = field.queryset.order_by("created_at").first()
        return {"workspace": own and own.pk, **super().get_changeform_initial_data(request)}

    @admin.display(description="aliases")
    def alias_line(self, brand: Brand) -> str:
        shown = ", ".join(brand.aliases[:4])
        return f"{shown} …" if len(brand.aliases) > 4 else shown or "–"

    @admin.display(description="count", ordering="alias_total")
    def alias_count(self, brand: Any) -> int:
        return brand.alias_total

    @admin.display(description="airings", ordering="airing_total")
    def airing_count(self, brand: Any) -> int:
        return brand.airing_total

    @admin.display(description="exemplars")
    def exemplar_pictures(self, brand: Brand) -> SafeString | str:
        pictures = [(thumbnail(exemplar_address(one), str(one)),) for one in brand.exemplars.all()[:3]]
        return format_html_join("", "{}", pictures) or "–"

    @admin.display(description="belongs to", ordering="workspace__name")
    def where(self, brand: Brand) -> str:
        return brand.workspace.name if brand.workspace else "ships with MPR"
