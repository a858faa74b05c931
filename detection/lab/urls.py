from django.urls import path

from detection.lab import views

urlpatterns = [
    path("jobs/<uuid:job_id>/lab/frames", views.lab_frames, name="lab-frames"),
    path("jobs/<uuid:job_id>/lab/frames/<int:seq>", views.lab_frame, name="lab-frame"),
    path("jobs/<uuid:job_id>/lab/frames/<int:seq>.png", views.lab_picture, name="lab-picture"),
    path("jobs/<uuid:job_id>/compare/<uuid:other_id>", views.compare, name="job-compare"),
    path("jobs/<uuid:job_id>/compare/<uuid:other_id>/part", views.compare_part, name="job-compare-part"),
    path("jobs/<uuid:job_id>/compare/<uuid:other_id>/frames", views.compare_frames, name="job-compare-frames"),
]
