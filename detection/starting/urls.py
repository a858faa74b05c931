from django.urls import path

from detection.starting import views

urlpatterns = [path("assets/<uuid:asset_id>/analyse", views.analyse, name="asset-analyse")]
