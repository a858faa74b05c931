from django.apps import AppConfig
from django.db.models.signals import post_delete


class BrandsConfig(AppConfig):
    name = "brands"
    label = "brands"
    verbose_name = "Brands"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from brands.exemplars import forget_picture

        for sender in ("brands.Exemplar", "brands.BrandChange"):
            post_delete.connect(forget_picture, sender=sender, dispatch_uid=f"picture of {sender}")
