"""Adding and deleting exemplars, and what becomes of their files."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from brands.exemplars import add_exemplar
from brands.models import Brand, Exemplar
from mpr.errors import BadInput, NotFound
from mpr.storage.buckets import media_in
from mpr.workspaces.models import Workspace

from .test_folders import SVG, disc


@pytest.fixture
def brand(workspace: Workspace) -> Brand:
    return Brand.objects.create(workspace=workspace, canonical_name="Zephyr")


Commit = Callable[..., Any]


def test_the_same_file_is_one_exemplar_of_a_brand_and_another_of_another(brand: Brand, workspace: Workspace) -> None:
    exemplar, is_new = add_exemplar(brand, SVG, called="logo.svg", note="green")
    assert (is_new, exemplar.note, len(exemplar.sha256)) == (True, "green", 64)
    assert add_exemplar(brand, SVG, called="again.svg") == (exemplar, False)
    other, is_new = add_exemplar(
        Brand.objects.create(workspace=workspace, canonical_name="Quillon"), SVG, called="logo.svg"
    )
    assert is_new
    assert other.picture.name != exemplar.picture.name


def test_what_is_no_picture_is_refused(brand: Brand) -> None:
    with pytest.raises(BadInput, match=r"words\.txt is no SVG, PNG or JPEG"):
        add_exemplar(brand, b"words", called="words.txt")
    assert not Exemplar.objects.exists()


def test_a_brand_that_is_gone_is_told(brand: Brand) -> None:
    Brand.objects.all().delete()
    with pytest.raises(NotFound, match="Zephyr has been deleted"):
        add_exemplar(brand, disc(), called="logo.png")


@pytest.mark.parametrize("whole", ["exemplar", "brand", "workspace"])
def test_the_file_goes_once_the_deletion_is_certain(
    whole: str, brand: Brand, workspace: Workspace, django_capture_on_commit_callbacks: Commit
) -> None:
    exemplar, _ = add_exemplar(brand, disc(), called="logo.png")
    key = str(exemplar.picture.name)
    with django_capture_on_commit_callbacks(execute=True):
        {"exemplar": exemplar, "brand": brand, "workspace": workspace}[whole].delete()
        assert media_in.exists(key)
    assert not media_in.exists(key)


def test_a_deletion_that_is_taken_back_leaves_the_file(
    brand: Brand, django_capture_on_commit_callbacks: Commit
) -> None:
    exemplar, _ = add_exemplar(brand, disc(), called="logo.png")
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        exemplar.delete()
        transaction.set_rollback(True)
    assert media_in.exists(str(exemplar.picture.name))


def test_a_picture_that_comes_back_at_once_keeps_its_file(
    brand: Brand, django_capture_on_commit_callbacks: Commit
) -> None:
    exemplar, _ = add_exemplar(brand, disc(), called="logo.png")
    with django_capture_on_commit_callbacks(execute=True):
        exemplar.delete()
        again, is_new = add_exemplar(brand, disc(), called="logo.png")
    assert is_new
    assert media_in.exists(str(again.picture.name))


def test_pictures_of_before_are_moved_and_kept_once(brand: Brand) -> None:
    """What the migration does with rows that know no digest."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE brands_exemplar DROP CONSTRAINT exemplar_has_digest, DROP CONSTRAINT exemplar_once")
    for number, data in enumerate((disc(), disc(), disc("JPEG"), None)):
        key = f"exemplars/old/{number}.{'jpg' if number == 2 else 'png'}"
        if data is not None:
            default_storage.save(key, ContentFile(data))
        Exemplar.objects.create(brand=brand, picture=key, note=str(number))
    importlib.import_module("brands.migrations.0002_exemplars_by_content").move(apps, None)
    kept = Exemplar.objects.order_by("pk")
    assert [exemplar.note for exemplar in kept] == ["0", "2"]
    assert [media_in.read(str(exemplar.picture.name)) for exemplar in kept] == [disc(), disc("JPEG")]
    assert not default_storage.exists("exemplars/old/0.png")
