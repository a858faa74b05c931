"""Changing brands by hand and undoing it."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image, ImageDraw

from brands import change
from brands.models import Brand, BrandChange
from mpr.errors import BadInput, NotFound, Refused
from mpr.storage.buckets import media_in

pytestmark = pytest.mark.django_db


def png(colour="red"):
    image = Image.new("RGB", (64, 40), "white")
    ImageDraw.Draw(image).rectangle((12, 8, 52, 32), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def brand(workspace):
    return Brand.objects.create(workspace=workspace, canonical_name="Zephyr Cola", aliases=["Zephyr", "ZC"])


def aliases(brand):
    brand.refresh_from_db()
    return brand.aliases


def test_an_alias_comes_goes_and_comes_back_where_it_stood(brand, owner):
    added = change.add_alias(brand, "  The   Zephyr ", owner)
    assert aliases(brand) == ["Zephyr", "ZC", "The Zephyr"]
    removed = change.remove_alias(brand, "Zephyr", owner)
    assert aliases(brand) == ["ZC", "The Zephyr"]
    assert change.undo(brand, removed.pk, owner) == "“Zephyr” is an alias again."
    assert aliases(brand) == ["Zephyr", "ZC", "The Zephyr"]
    assert change.undo(brand, added.pk, owner) == "“The Zephyr” is no alias any more."
    assert aliases(brand) == ["Zephyr", "ZC"]
    assert [one.by for one in brand.changes.all()] == [owner, owner]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Write the other"),
        ("zephyr", "goes by"),
        ("ZEPHYR COLA", "goes by"),
        ("!?", "neither"),
        ("a" * 121, "longer"),
    ],
)
def test_what_can_be_no_alias_is_told(text, says, brand, owner):
    with pytest.raises(BadInput, match=says):
        change.add_alias(brand, text, owner)
    assert aliases(brand) == ["Zephyr", "ZC"]


def test_a_brand_has_an_end_of_aliases(brand, owner, monkeypatch):
    monkeypatch.setattr(change, "MOST_ALIASES", 2)
    with pytest.raises(Refused, match="remove some"):
        change.add_alias(brand, "third", owner)


def test_nothing_is_undone_twice_or_late_or_over_what_came_since(brand, owner):
    removed = change.remove_alias(brand, "ZC", owner)
    change.add_alias(brand, "zc", owner)
    with pytest.raises(Refused, match="again already"):
        change.undo(brand, removed.pk, owner)
    other = change.remove_alias(brand, "Zephyr", owner)
    change.undo(brand, other.pk, owner)
    with pytest.raises(Refused, match="undone already"):
        change.undo(brand, other.pk, owner)
    BrandChange.objects.filter(pk=removed.pk).update(at=timezone.now() - change.UNDO_FOR - timedelta(seconds=1))
    with pytest.raises(Refused, match="24 hours ago"):
        change.undo(brand, removed.pk, owner)
    with pytest.raises(NotFound):
        change.remove_alias(brand, "never", owner)
    with pytest.raises(NotFound):
        change.undo(brand, 10**9, owner)


@pytest.fixture
def exemplar(brand, owner):
    change.give_exemplar(brand, png(), called="“a.png”", note="a.png", by=owner)
    return brand.exemplars.get()


def test_a_deleted_exemplar_keeps_its_file_until_its_time_is_over(
    brand, exemplar, owner, django_capture_on_commit_callbacks
):
    key = exemplar.picture.name
    with django_capture_on_commit_callbacks(execute=True):
        deleted = change.delete_exemplar(brand, exemplar.pk, owner)
    assert media_in.exists(key)
    assert not brand.exemplars.exists()
    assert change.undo(brand, deleted.pk, owner) == "a.png is an exemplar again."
    assert brand.exemplars.get().picture.name == key
    with django_capture_on_commit_callbacks(execute=True):
        again = change.delete_exemplar(brand, brand.exemplars.get().pk, owner)
    BrandChange.objects.update(at=timezone.now() - change.UNDO_FOR)
    with django_capture_on_commit_callbacks(execute=True):
        assert change.tidy_up() == 2
    assert not media_in.exists(key)
    assert change.tidy_up() == 0
    with pytest.raises(Refused, match="24 hours ago"):
        change.undo(brand, again.pk, owner)


def test_a_file_that_another_deletion_or_exemplar_needs_stays(
    brand, exemplar, owner, django_capture_on_commit_callbacks
):
    key = exemplar.picture.name
    change.delete_exemplar(brand, exemplar.pk, owner)
    change.give_exemplar(brand, png(), called="“b.png”", note="b.png", by=owner)
    BrandChange.objects.update(at=timezone.now() - change.UNDO_FOR)
    with django_capture_on_commit_callbacks(execute=True):
        change.tidy_up()
    assert media_in.exists(key)


def test_the_same_picture_adds_nothing_and_undoing_an_addition_takes_it_out(
    brand, exemplar, owner, django_capture_on_commit_callbacks
):
    assert change.give_exemplar(brand, png(), called="“b.png”", note="b.png", by=owner) is None
    added = brand.changes.get()
    with django_capture_on_commit_callbacks(execute=True):
        change.undo(brand, added.pk, owner)
    assert not brand.exemplars.exists()
    assert not media_in.exists(exemplar.picture.name)


def test_an_exemplar_that_came_back_otherwise_is_not_put_back(brand, exemplar, owner):
    deleted = change.delete_exemplar(brand, exemplar.pk, owner)
    change.give_exemplar(brand, png(), called="“b.png”", note="b.png", by=owner)
    with pytest.raises(Refused, match="added again already"):
        change.undo(brand, deleted.pk, owner)


def test_with_a_brand_the_files_of_its_deleted_exemplars_go(brand, exemplar, owner, django_capture_on_commit_callbacks):
    change.delete_exemplar(brand, exemplar.pk, owner)
    with django_capture_on_commit_callbacks(execute=True):
        brand.delete()
    assert not media_in.exists(exemplar.picture.name)
