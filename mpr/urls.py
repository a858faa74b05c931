"""Every address of the pages. Each app names its own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("mpr.web.urls")),
    path("", include("mpr.assets.urls")),
    path("", include("mpr.jobs.urls")),
    path("", include("brands.urls")),
    path("", include("detection.urls")),
    path("admin/", admin.site.urls),
]

handler403 = "mpr.web.views.forbidden"
handler404 = "mpr.web.views.not_found"
handler500 = "mpr.web.views.server_error"
