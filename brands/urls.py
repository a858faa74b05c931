from django.urls import path

from brands import views

urlpatterns = [path("exemplars/<int:exemplar_id>", views.exemplar, name="exemplar")]
