from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from mpr.web.finding import search, workers
from mpr.web.health import healthz

urlpatterns = [
    path("sign-in", LoginView.as_view(template_name="web/sign_in.html"), name="sign-in"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("search", search, name="search"),
    path("workers", workers, name="workers"),
    path("healthz", healthz, name="healthz"),
]
