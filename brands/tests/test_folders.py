"""Brands with their exemplars from a folder, as `mpr analyze --brands` takes it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from brands.folders import put_brands, read_brands
from brands.models import Brand, Exemplar
from mpr.errors import BadInput
from mpr.storage.buckets import media_in
from mpr.workspaces.models import Workspace

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="9" fill="#0a5"/></svg>'


def disc(kind: str = "PNG", colour: tuple[int, int, int] = (200, 30, 60)) -> bytes:
    picture = Image.new("RGB", (60, 40), "white")
    ImageDraw.Draw(picture).ellipse((10, 5, 50, 35), fill=colour)
    data = io.BytesIO()
    picture.save(data, kind)
    return data.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "brands.csv": b"canonical_name,aliases\nZephyr Cola,Zephyr\nAC/DC,\nQuillon,\n",
        "exemplars/zephyr cola/logo.svg": SVG,
        "exemplars/zephyr cola/photo.jpg": disc("JPEG"),
        "exemplars/AC_DC/bolt.png": disc(),
        "exemplars/.DS_Store": b"of the desktop",
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def stored() -> list[tuple[str, str]]:
    return sorted(Exemplar.objects.values_list("brand__canonical_name", "note"))


def test_a_folder_brings_brands_and_their_pictures(folder: Path, workspace: Workspace) -> None:
    brands = put_brands(read_brands(folder), workspace=workspace)
    assert [brand.canonical_name for brand in brands] == ["Zephyr Cola", "AC/DC", "Quillon"]
    assert stored() == [("AC/DC", "bolt.png"), ("Zephyr Cola", "logo.svg"), ("Zephyr Cola", "photo.jpg")]
    for exemplar in Exemplar.objects.all():
        assert Image.open(io.BytesIO(media_in.read(exemplar.picture.name))).format == "PNG"


def test_twice_adds_nothing_and_a_new_picture_only_itself(folder: Path, workspace: Workspace) -> None:
    put_brands(read_brands(folder), workspace=workspace)
    first = set(Exemplar.objects.values_list("pk", "picture"))
    (folder / "exemplars" / "zephyr cola" / "logo.svg").rename(folder / "exemplars" / "zephyr cola" / "other name.svg")
    put_brands(read_brands(folder), workspace=workspace)
    assert set(Exemplar.objects.values_list("pk", "picture")) == first
    (folder / "exemplars" / "zephyr cola" / "new.png").write_bytes(disc(colour=(0, 90, 200)))
    put_brands(read_brands(folder), workspace=workspace)
    assert Exemplar.objects.count() == 4


def test_a_list_alone_and_a_folder_with_a_list_alone_will_do(folder: Path, tmp_path: Path) -> None:
    assert not read_brands(folder / "brands.csv").pictures
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "brands.csv").write_bytes((folder / "brands.csv").read_bytes())
    assert [row.canonical_name for row in read_brands(tmp_path / "bare").rows] == ["Zephyr Cola", "AC/DC", "Quillon"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("exemplars/Zefyr Cola/a.png", disc(), "is the folder of no brand in brands.csv. Did you mean “Zephyr Cola”?"),
        ("exemplars/a.png", disc(), "lies in no brand's folder; move it to exemplars/<canonical_name>/."),
        ("exemplars/Quillon/a.txt", b"words", "a.txt is no SVG, PNG or JPEG; save the logo as one of them."),
        (
            "exemplars/Quillon/inner/a.png",
            disc(),
            "inner is a folder where a picture is expected; move its pictures up.",
        ),
        ("exemplars/Quillon/a.svg", SVG[:50], "a.svg is no well-formed SVG"),
    ],
    ids=["unknown brand", "no brand", "no picture", "too deep", "bad svg"],
)
def test_what_does_not_fit_is_told_before_anything_is_kept(folder: Path, name: str, data: bytes, sentence: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    with pytest.raises(BadInput) as raised:
        read_brands(folder)
    assert sentence in raised.value.message


def test_a_folder_without_a_list_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"has no brands\.csv; add the list of the brands"):
        read_brands(tmp_path)


def test_nothing_is_kept_when_one_picture_is_refused(
    folder: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = read_brands(folder)
    monkeypatch.setattr("brands.exemplars.MOST_OF_A_BRAND", 1)
    with pytest.raises(Exception, match="Zephyr Cola has 1 exemplars; delete some"):
        put_brands(given, workspace=workspace)
    assert not Brand.objects.exists()
    assert not Exemplar.objects.exists()
