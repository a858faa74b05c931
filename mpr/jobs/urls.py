from django.urls import path

from mpr.jobs import views
from mpr.jobs.lab import views as lab

urlpatterns = [
    path("jobs/", views.jobs, name="jobs"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/progress", views.job_progress, name="job-progress"),
    path("jobs/<uuid:job_id>/controls", views.job_controls, name="job-controls"),
    path("jobs/<uuid:job_id>/control", views.job_control, name="job-control"),
    path("jobs/<uuid:job_id>/log", views.job_log, name="job-log"),
    path("jobs/<uuid:job_id>/since", views.job_since, name="job-since"),
    path("jobs/<uuid:job_id>/lab", lab.lab, name="job-lab"),
    path("jobs/<uuid:job_id>/lab/settings", lab.lab_settings, name="lab-settings"),
    path("jobs/<uuid:job_id>/lab/tree", lab.lab_tree, name="lab-tree"),
    path("jobs/<uuid:job_id>/lab/run", lab.lab_run, name="lab-run"),
    path("jobs/<uuid:job_id>/lab/replay", lab.lab_replay, name="lab-replay"),
    path("jobs/<uuid:job_id>/lab/promote", lab.lab_promote, name="lab-promote"),
    path("promotions/<int:promotion_id>/undo", lab.lab_promote_undo, name="lab-promote-undo"),
    path("checkpoints/<uuid:checkpoint_id>/label", lab.lab_label, name="lab-label"),
]
