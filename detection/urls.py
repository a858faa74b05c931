from django.urls import include, path

from detection import views
from detection.arriving import views as arriving

urlpatterns = [
    path("", include("detection.review.urls")),
    path("", include("detection.lab.urls")),
    path("", include("detection.starting.urls")),
    path("", include("detection.reporting.urls")),
    path("jobs/<uuid:job_id>/frames", arriving.frames, name="job-frames"),
    path("jobs/<uuid:job_id>/brands", arriving.brands, name="job-brands"),
    path("jobs/<uuid:job_id>/evidence/<str:name>", views.report_frame, name="report-frame"),
    path("jobs/<uuid:job_id>/unresolved/<int:number>.jpg", views.unresolved_evidence, name="unresolved-evidence"),
    path("airings/<int:airing_id>/evidence.jpg", views.airing_evidence, name="airing-evidence"),
]
