import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assets", "0002_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MediaChunk",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("progress", models.FloatField(default=0.0, help_text="0 to 1.")),
                ("error_message", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(auto_now_add=True, help_text="When it may be taken up.")),
                ("lease_owner", models.CharField(blank=True, max_length=120)),
                ("lease_token", models.PositiveIntegerField(default=0)),
                ("lease_expires_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("start_s", models.FloatField()),
                ("end_s", models.FloatField()),
                ("wished_start_s", models.FloatField()),
                ("wished_end_s", models.FloatField()),
                ("label", models.CharField(blank=True, max_length=80)),
                ("key", models.CharField(help_text="Storage key in media_in.", max_length=200)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("file_size", models.BigIntegerField(default=0, help_text="Bytes.")),
                ("facts", models.JSONField(default=dict, help_text="What the file holds: a ChunkFacts.")),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, help_text="Deleted, and still to be had back for a while.", null=True
                    ),
                ),
            ],
            options={
                "ordering": ["start_s", "end_s"],
            },
        ),
        migrations.CreateModel(
            name="Rendition",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("progress", models.FloatField(default=0.0, help_text="0 to 1.")),
                ("error_message", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(auto_now_add=True, help_text="When it may be taken up.")),
                ("lease_owner", models.CharField(blank=True, max_length=120)),
                ("lease_token", models.PositiveIntegerField(default=0)),
                ("lease_expires_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("proxy", "Copy that browsers can play"), ("filmstrip", "Filmstrip")], max_length=9
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="Its place among the stretches of its asset.")),
                ("start_s", models.FloatField()),
                ("end_s", models.FloatField()),
                ("key", models.CharField(help_text="Storage key in media_out.", max_length=200)),
            ],
            options={
                "ordering": ["kind", "number"],
            },
        ),
        migrations.AddField(
            model_name="mediachunk",
            name="asset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="assets.mediaasset"
            ),
        ),
        migrations.AddField(
            model_name="mediachunk",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rendition",
            name="asset",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="renditions", to="assets.mediaasset"
            ),
        ),
        migrations.AddIndex(
            model_name="mediachunk",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "running"])), fields=["state", "due_at"], name="chunk_open"
            ),
        ),
        migrations.AddIndex(
            model_name="mediachunk",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)), fields=["deleted_at"], name="chunk_deleted"
            ),
        ),
        migrations.AddConstraint(
            model_name="mediachunk",
            constraint=models.UniqueConstraint(fields=("asset", "key"), name="chunk_one_per_stretch"),
        ),
        migrations.AddConstraint(
            model_name="mediachunk",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "running", "done", "failed", "cancelled"])),
                name="chunk_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="mediachunk",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_s__gt", models.F("start_s"))), name="chunk_has_length"
            ),
        ),
        migrations.AddConstraint(
            model_name="mediachunk",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(("file_size__gt", 0), models.Q(("sha256", ""), _negated=True)),
                    _connector="OR",
                ),
                name="chunk_done_is_stored",
            ),
        ),
        migrations.AddIndex(
            model_name="rendition",
            index=models.Index(
                condition=models.Q(("state__in", ["pending", "running"])),
                fields=["state", "due_at"],
                name="rendition_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.UniqueConstraint(fields=("asset", "kind", "number"), name="rendition_one_per_stretch"),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "running", "done", "failed", "cancelled"])),
                name="rendition_known_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["proxy", "filmstrip"])), name="rendition_known_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="rendition",
            constraint=models.CheckConstraint(
                condition=models.Q(("end_s__gt", models.F("start_s"))), name="rendition_has_length"
            ),
        ),
    ]
