from django.urls import path

from detection.api import diff, overlays, run

urlpatterns = [
    path("run", run.Run.as_view(), name="api-run"),
    path("jobs/<uuid:before>/diff/<uuid:after>", diff.Diff.as_view(), name="api-diff"),
    path("overlays", overlays.Overlays.as_view(), name="api-overlays"),
    path(
        "overlays/<uuid:timeline_id>/<uuid:job_id>/<slug:stage>/<int:seq>",
        overlays.OverlayPicture.as_view(),
        name="api-overlay",
    ),
]
