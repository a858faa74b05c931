from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from mpr.web.search import Pieces
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class BrandSource(models.TextChoices):
    """Who brought the brand in."""

    OCR = "ocr", "Read in footage"
    LOCAL_VLM = "local_vlm", "Local vision model"
    CLOUD_LLM = "cloud_llm", "Cloud vision model"
    MANUAL = "manual", "Entered by a person"


class BrandQuerySet(models.QuerySet["Brand"]):
    def visible_to(self, user: User | AnonymousUser) -> BrandQuerySet:
        return self.filter(Q(workspace__in=Workspace.objects.visible_to(user)) | Q(workspace=None))

    def in_workspace(self, workspace: Workspace) -> BrandQuerySet:
        """The workspace's own brands and those that ship."""
        return self.filter(Q(workspace=workspace) | Q(workspace=None))


class Brand(models.Model):
    """Something that is looked for, with the spellings it goes by."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(
        Workspace, null=True, blank=True, on_delete=models.CASCADE, related_name="brands",
        help_text="Empty for the brands that ship.",
    )  # fmt: skip
    canonical_name = models.CharField(max_length=120, db_index=True)
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True, help_text="Other spellings.")
    source = models.CharField(max_length=10, choices=BrandSource, default=BrandSource.MANUAL)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BrandQuerySet.as_manager()

    class Meta:
        ordering = ["canonical_name"]
        constraints = [
            # One brand of a name in a workspace, whatever its case.
            models.UniqueConstraint(
                "workspace", Lower("canonical_name"), nulls_distinct=False, name="brand_one_per_name"
            ),
            models.CheckConstraint(condition=models.Q(source__in=BrandSource.values), name="brand_known_source"),
            models.CheckConstraint(condition=~models.Q(canonical_name=""), name="brand_has_name"),
        ]
        indexes = [
            # The search over everything, by name and aliases.
            GinIndex(Pieces("canonical_name", "aliases"), name="brand_pieces"),
        ]

    def __str__(self) -> str:
        return self.canonical_name


def exemplar_key(exemplar: Exemplar, filename: str) -> str:
    """A storage key that says whose picture it is and what it shows, so that equal pictures of a brand are one file."""
    return f"exemplars/{exemplar.brand_id}/{exemplar.sha256}.png"


def exemplar_storage() -> Any:
    """Exemplars are what people bring, as footage is."""
    return storages["media_in"]


class Exemplar(models.Model):
    """A picture of a brand's logo, stored as PNG. It never changes: another picture is another exemplar."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="exemplars")
    picture = models.ImageField(
        upload_to=exemplar_key, storage=exemplar_storage, max_length=200, help_text="SVG, PNG or JPEG."
    )
    sha256 = models.CharField(max_length=64, help_text="Of the file as it was given.")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            # Giving a brand the same picture again adds nothing.
            models.UniqueConstraint(
                fields=["brand", "sha256"],
                name="exemplar_once",
                violation_error_message="This picture is there already.",
            ),
            models.CheckConstraint(condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="exemplar_has_digest"),
        ]

    def __str__(self) -> str:
        return f"Exemplar of {self.brand}"


class ChangeKind(models.TextChoices):
    ALIAS_ADDED = "alias_added", "Alias added"
    ALIAS_REMOVED = "alias_removed", "Alias removed"
    EXEMPLAR_ADDED = "exemplar_added", "Exemplar added"
    EXEMPLAR_DELETED = "exemplar_deleted", "Exemplar deleted"


class BrandChange(models.Model):
    """What a person changed about a brand, and what it takes to undo it. The file of a deleted exemplar stays as long
    as its deletion can be undone."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=16, choices=ChangeKind)
    text = models.CharField(max_length=200, help_text="The alias, or the exemplar's note.")
    place = models.PositiveSmallIntegerField(default=0, help_text="Where a removed alias stood.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="The exemplar's.")
    picture = models.CharField(max_length=200, blank=True, help_text="Where the exemplar's picture lies.")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            # A brand's changes, newest first.
            models.Index(fields=["brand", "-at"], name="brand_change_of_brand"),
            # Looking for files whose deletion can be undone no more.
            models.Index(fields=["at"], condition=~Q(picture=""), name="brand_change_kept_file"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=ChangeKind.values), name="brand_change_known_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}"
