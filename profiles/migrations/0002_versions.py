import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep_present(apps, schema_editor):
    """What profiles say now is all that is known of their versions."""
    Profile, ProfileVersion = apps.get_model("profiles", "Profile"), apps.get_model("profiles", "ProfileVersion")
    ProfileVersion.objects.bulk_create(
        ProfileVersion(profile=one, version=one.version, pipeline=one.pipeline, configs=one.configs)
        for one in Profile.objects.all()
    )


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0001_initial_models"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProfileVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("pipeline", models.JSONField()),
                ("configs", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="profiles.profile",
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
                "constraints": [models.UniqueConstraint(fields=("profile", "version"), name="profile_version_once")],
            },
        ),
        migrations.RunPython(keep_present, migrations.RunPython.noop),
    ]
