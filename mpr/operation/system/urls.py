from django.urls import path

from mpr.operation.system import views

urlpatterns = [
    path("system", views.system, name="system"),
    path("system/work", views.system_work, name="system-work"),
    path("system/storage", views.system_storage, name="system-storage"),
    path("system/checks", views.system_checks, name="system-checks"),
]
