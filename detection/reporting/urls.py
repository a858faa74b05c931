from django.urls import path

from detection.reporting import acting, file_views, video, views
from detection.reporting.source import View, of_job, of_link

# Parts that members find below their job, and whoever has a link below the link.
PARTS: tuple[tuple[str, View, str], ...] = (
    ("numbers", views.numbers, "numbers"),
    ("airings", views.airings, "airings"),
    ("open", views.open_questions, "open"),
    ("lanes", views.lanes, "lanes"),
    ("next", views.next_airing, "next"),
    ("picture", views.picture, "picture.jpg"),
    ("heat", views.heat_map, "heat.png"),
)

urlpatterns = [
    path("jobs/<uuid:job_id>/report", acting.report, name="report"),
    path("jobs/<uuid:job_id>/boxes", of_job(views.outlines), name="job-boxes"),
    path("jobs/<uuid:job_id>/frame.jpg", of_job(views.frame), name="job-frame"),
    path("jobs/<uuid:job_id>/report.<slug:kind>", acting.report_download, name="report-file"),
    path("jobs/<uuid:job_id>/report/files/<slug:name>/prepare", file_views.prepare, name="report-prepare"),
    path("jobs/<uuid:job_id>/report/files/<uuid:file_id>", file_views.prepared, name="report-prepared"),
    path("jobs/<uuid:job_id>/report/files/<uuid:file_id>/file", file_views.prepared_file, name="report-prepared-file"),
    path("jobs/<uuid:job_id>/report/presets", acting.keep_preset, name="report-presets"),
    path("jobs/<uuid:job_id>/report/contract", acting.keep_contract, name="report-contract"),
    path("jobs/<uuid:job_id>/report/links", acting.links, name="report-links"),
    path("jobs/<uuid:job_id>/report/links/new", acting.make, name="report-link"),
    path("jobs/<uuid:job_id>/report/links/<uuid:link_id>/revoke", acting.revoke, name="report-link-revoke"),
    *(path(f"jobs/<uuid:job_id>/report/{place}", of_job(view), name=f"report-{part}") for part, view, place in PARTS),
    path("shared/<str:token>", acting.shared, name="shared-page"),
    path("shared/<str:token>/video/<slug:part>", of_link(video.shared_video), name="shared-video"),
    path("shared/<str:token>/boxes", of_link(views.outlines), name="shared-boxes"),
    path("shared/<str:token>/frame.jpg", of_link(views.frame), name="shared-frame"),
    *(path(f"shared/<str:token>/{place}", of_link(view), name=f"shared-{part}") for part, view, place in PARTS),
]
