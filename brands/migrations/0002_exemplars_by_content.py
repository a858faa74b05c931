"""Exemplars are known by what they show, and lie among what people bring."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.db import migrations, models

import brands.models


def move(apps, schema_editor):
    """Bring pictures to their new place; a row without its picture, or with one that its brand has, goes."""
    exemplars = apps.get_model("brands", "Exemplar").objects
    seen = set()
    for exemplar in exemplars.order_by("pk").iterator():
        old = exemplar.picture.name
        if not default_storage.exists(old):
            exemplars.filter(pk=exemplar.pk).delete()
            continue
        with default_storage.open(old, "rb") as file:
            data = file.read()
        sha256 = hashlib.sha256(data).hexdigest()
        if (exemplar.brand_id, sha256) in seen:
            exemplars.filter(pk=exemplar.pk).delete()
        else:
            seen.add((exemplar.brand_id, sha256))
            key = f"exemplars/{exemplar.brand_id}/{sha256}{'.png' if old.endswith('.png') else '.jpg'}"
            storages["media_in"].save(key, ContentFile(data))
            exemplars.filter(pk=exemplar.pk).update(picture=key, sha256=sha256)
        default_storage.delete(old)


class Migration(migrations.Migration):
    dependencies = [("brands", "0001_initial_models")]

    operations = [
        migrations.AddField(
            model_name="exemplar",
            name="sha256",
            field=models.CharField(default="", help_text="Of the file as it was given.", max_length=64),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="exemplar",
            name="picture",
            field=models.ImageField(
                help_text="SVG, PNG or JPEG.",
                max_length=200,
                storage=brands.models.exemplar_storage,
                upload_to=brands.models.exemplar_key,
            ),
        ),
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="exemplar",
            constraint=models.UniqueConstraint(
                fields=("brand", "sha256"),
                name="exemplar_once",
                violation_error_message="This picture is there already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exemplar",
            constraint=models.CheckConstraint(
                condition=models.Q(("sha256__regex", "^[0-9a-f]{64}$")), name="exemplar_has_digest"
            ),
        ),
    ]
