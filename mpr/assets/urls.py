from django.urls import path

from mpr.assets import views

urlpatterns = [path("", views.library, name="library")]
