from django.urls import path

from detection.review import views

urlpatterns = [
    path("review", views.review, name="review"),
    path("jobs/<uuid:job_id>/review", views.job_review, name="job-review"),
    path("jobs/<uuid:job_id>/audit", views.job_audit, name="job-audit"),
    path("questions/<int:question_id>/evidence.jpg", views.question_evidence, name="question-evidence"),
]
