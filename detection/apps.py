from django.apps import AppConfig


class DetectionConfig(AppConfig):
    name = "detection"
    label = "detection"
    verbose_name = "Detection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from detection.reporting.files import make_file
        from detection.reporting.models import ReportFile
        from mpr.assets.working import add_kind

        add_kind("report_file", ReportFile, make_file)
