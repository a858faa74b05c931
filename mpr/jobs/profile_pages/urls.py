from django.urls import path

from mpr.jobs.profile_pages import views

urlpatterns = [
    path("profiles", views.profiles, name="profiles"),
    path("profiles/<int:profile_id>", views.profile, name="profile"),
    path("profiles/<int:profile_id>/duplicate", views.duplicate, name="profile-duplicate"),
    path("profiles/<int:profile_id>/compare", views.compare, name="profile-compare"),
]
