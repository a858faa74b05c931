"""Brand lists and folders as a browser sends them, and the way out again."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image, ImageDraw

from brands.folders import put_brands
from brands.models import Brand
from brands.out import as_csv, as_zip
from brands.upload import GivenFile, plan, read_files
from mpr.errors import BadInput

LIST = b"canonical_name,aliases\nZephyr Cola,Zephyr; ZC\nHalcyon / Air,\n"


def png(colour="red"):
    image = Image.new("RGB", (64, 40), "white")
    ImageDraw.Draw(image).rectangle((12, 8, 52, 32), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def files(**more):
    given = {"mine/brands.csv": LIST, "mine/exemplars/zephyr cola/a.png": png(), "mine/.DS_Store": b"x",
             "mine/exemplars/Halcyon _ Air/b.png": png("blue"), "mine/readme.txt": b"hello"} | more  # fmt: skip
    return [GivenFile(path=path, data=data) for path, data in given.items()]


def test_a_folder_is_read_as_one_on_a_disk():
    given = read_files(files())
    assert [row.canonical_name for row in given.rows] == ["Zephyr Cola", "Halcyon / Air"]
    assert {(one.row, one.filename) for one in given.pictures} == {(0, "a.png"), (1, "b.png")}


def test_a_list_alone_may_have_any_name():
    given = read_files([GivenFile(path="sponsors.CSV", data=LIST)])
    assert (len(given.rows), given.pictures) == (2, ())


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([GivenFile(path="a.png", data=b"x")], "no brand list"),
        ([GivenFile(path="a.csv", data=LIST), GivenFile(path="b.csv", data=LIST)], "several lists"),
        ([GivenFile(path="brands.csv", data=LIST), GivenFile(path="exemplars/a.png", data=b"x")], "no brand's folder"),
        ([GivenFile(path="brands.csv", data=LIST), GivenFile(path="exemplars/Zephir Cola/a.png", data=b"x")],
         "Did you mean “Zephyr Cola”"),
        ([GivenFile(path="brands.csv", data=LIST), GivenFile(path="exemplars/Zephyr Cola/a.png", data=b"x")], "SVG"),
        ([GivenFile(path="brands.csv", data=b"name\nA\n")], "first line must be"),
    ],
    ids=["no-list", "two-lists", "no-folder", "unknown-folder", "no-picture", "bad-header"],
)  # fmt: skip
def test_what_cannot_be_used_is_told(given, says):
    with pytest.raises(BadInput, match=says):
        read_files(given)


@pytest.mark.django_db
def test_the_plan_says_what_putting_would_change_and_then_nothing(workspace):
    Brand.objects.create(workspace=workspace, canonical_name="ZEPHYR COLA", aliases=["zc", "older"])
    given = read_files(files())
    first, second = plan(given, workspace=workspace)
    assert (first.canonical_name, first.is_new, first.aliases, first.pictures) == (
        "ZEPHYR COLA", False, ("Zephyr",), ("a.png",),
    )  # fmt: skip
    assert (second.is_new, second.aliases, second.pictures) == (True, (), ("b.png",))
    put_brands(given, workspace=workspace)
    assert not any(row.changes for row in plan(given, workspace=workspace))


@pytest.mark.django_db
def test_what_goes_out_comes_in_again(workspace):
    put_brands(read_files(files()), workspace=workspace)
    brands = Brand.objects.order_by("canonical_name").prefetch_related("exemplars")
    assert as_csv(brands) == "canonical_name,aliases\nHalcyon / Air,\nZephyr Cola,Zephyr;ZC\n"
    with as_zip(brands) as file, zipfile.ZipFile(file) as packed:
        back = [GivenFile(path=name, data=packed.read(name)) for name in packed.namelist()]
    given = read_files(back)
    assert [row.canonical_name for row in given.rows] == ["Halcyon / Air", "Zephyr Cola"]
    assert sorted(one.row for one in given.pictures) == [0, 1]
