"""The admin site under our name, signed into like every other page."""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

# Apps and models as a curator looks for them; whatever is not named comes last, by name.
APP_ORDER = ("brands", "profiles", "assets", "jobs", "detection", "events", "workspaces", "auth")
MODEL_ORDER = ("Brand", "Profile", "MediaAsset", "Timeline", "Job", "Checkpoint", "StageRun", "Shard", "StageOutput")


class Site(admin.AdminSite):
    site_title = "MPR"
    site_header = "MPR admin"
    index_title = "Keep the brands, the profiles and the record"
    site_url = "/"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The JSON editor makes its styles while it runs; scripts are as strict as elsewhere."""
        return csp_update({"style-src": "'unsafe-inline'"})(super().admin_view(view, cacheable))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        apps = super().get_app_list(request, app_label)
        apps.sort(key=lambda app: (_place(app["app_label"], APP_ORDER), app["name"]))
        for app in apps:
            app["models"].sort(key=lambda model: (_place(model["object_name"], MODEL_ORDER), model["name"]))
        return apps

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Strangers sign in on the ordinary page; for a signed-in person who is not staff there is no admin."""
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


# Django marks its own login view as open to strangers; an override must repeat it.
Site.login.login_required = False  # type: ignore[attr-defined]


def _place(name: str, order: tuple[str, ...]) -> int:
    return order.index(name) if name in order else len(order)
