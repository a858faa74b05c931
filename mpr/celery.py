"""The Celery application: `celery -A mpr.celery worker`."""

from __future__ import annotations

import os

from celery import Celery

from mpr import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mpr.settings")

broker.mend()
app = Celery("mpr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["mpr.jobs", "mpr.assets"])
