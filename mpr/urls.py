"""Every address of the pages and of the API. Each app names its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("mpr.web.urls")),
    path("", include("mpr.api.urls")),
    path("", include("mpr.library.urls")),
    path("", include("mpr.chunker.urls")),
    path("", include("mpr.assets.urls")),
    path("", include("mpr.jobs.urls")),
    path("", include("mpr.jobs.profile_pages.urls")),
    path("", include("brands.urls")),
    path("", include("detection.urls")),
    path("", include("detection.brand_pages.urls")),
    path("", include("mpr.operation.system.urls")),
    path(
        "api/detect/",
        include(
            [
                path("", include("mpr.assets.api")),
                path("", include("mpr.assets.intake.api")),
                path("", include("mpr.library.api")),
                path("", include("mpr.chunker.api")),
                path("", include("mpr.jobs.api.urls")),
                path("", include("profiles.api")),
                path("", include("brands.api")),
                path("", include("detection.api.urls")),
                path("", include("detection.api.brands")),
            ]
        ),
    ),
    path("admin/", admin.site.urls),
]

handler403 = "mpr.web.views.forbidden"
handler404 = "mpr.web.views.not_found"
handler500 = "mpr.web.views.server_error"
