from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from mpr.api import views

urlpatterns = [
    path("account/token", views.token, name="token"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]
