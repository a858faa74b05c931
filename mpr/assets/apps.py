from django.apps import AppConfig


class AssetsConfig(AppConfig):
    name = "mpr.assets"
    label = "assets"
    verbose_name = "Footage"
    default_auto_field = "django.db.models.BigAutoField"
