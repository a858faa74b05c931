from importlib import import_module

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "mpr.jobs"
    label = "jobs"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Whoever sends messages, pages included, sends them to the broker of the settings."""
        import_module("mpr.celery")
