from __future__ import annotations

from django.conf import settings
from django.db import models


class KeptAnswer(models.Model):
    """The answer to a request that carried an Idempotency-Key, kept so that the same request again gets the same."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64, help_text="SHA-256 of what was asked for.")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            # Two requests with one key: the second waits for the first and gets its answer.
            models.UniqueConstraint(fields=["user", "key"], name="kept_answer_one_per_key"),
        ]
        indexes = [
            # Forgetting old ones.
            models.Index(fields=["created_at"], name="kept_answer_age"),
        ]

    def __str__(self) -> str:
        return self.key
