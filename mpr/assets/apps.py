from importlib import import_module

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "mpr.assets"
    label = "assets"
    verbose_name = "Footage"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        super().import_models()
        import_module("mpr.assets.prepared")
        import_module("mpr.assets.intake.models")
