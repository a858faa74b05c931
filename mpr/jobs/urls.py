from django.urls import path

from mpr.jobs import views

urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/progress", views.job_progress, name="job-progress"),
    path("jobs/<uuid:job_id>/controls", views.job_controls, name="job-controls"),
    path("jobs/<uuid:job_id>/control", views.job_control, name="job-control"),
    path("jobs/<uuid:job_id>/log", views.job_log, name="job-log"),
    path("jobs/<uuid:job_id>/since", views.job_since, name="job-since"),
]
