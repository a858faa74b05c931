from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from mpr.errors import MprError
from training.logos.sources import Pack, brand_key, drawings, drawn, fetched, held_out

PACK = Pack(package="@sets/some", version="1.0.0", licence="CC0-1.0")


def archive(folder: Path, pack: Pack, files: dict[str, str]) -> None:
    name = pack.package.removeprefix("@").replace("/", "-")
    with tarfile.open(folder / f"{name}-{pack.version}.tgz", "w:gz") as tar:
        for path, text in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))


def icons(*names: str) -> str:
    body = '<path fill="currentColor" d="M4 4h16v8H4z"/>'
    return json.dumps({"width": 24, "height": 24, "icons": {name: {"body": body} for name in names}})


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("airbnb", "airbnb"), ("airbnb-icon", "airbnb"), ("angular-original-wordmark", "angular"),
        ("figma-dark", "figma"), ("aleo-background", "aleo"), ("1password", "1password"), ("box-2", "box"),
    ],
)  # fmt: skip
def test_drawings_of_one_brand_share_a_key(name: str, brand: str) -> None:
    assert brand_key(name) == brand


def test_one_brand_in_ten_is_held_out() -> None:
    share = np.mean([held_out(f"brand {number}") for number in range(4000)])
    assert 0.08 < share < 0.12
    assert held_out("brand 7") == held_out("brand 7")


def test_a_drawing_is_cropped_to_its_ink() -> None:
    picture = drawn('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M4 4h16v8H4z"/></svg>', 96)
    assert picture is not None
    assert picture.shape == (48, 96, 4)
    assert (picture[..., 3] > 200).mean() > 0.95


@pytest.mark.parametrize("svg", ["<svg", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"></svg>'])
def test_what_cannot_be_drawn_is_left_out(svg: str) -> None:
    assert drawn(svg) is None


def test_icons_of_a_set_are_drawn_in_order(tmp_path: Path) -> None:
    archive(tmp_path, PACK, {"icons.json": icons("zeta", "alpha")})
    assert [one.brand for one in drawings(PACK, tmp_path)] == ["alpha", "zeta"]


def test_only_held_out_brands_are_drawn_when_only_they_are_wanted(tmp_path: Path) -> None:
    names = [f"brand{one}{other}" for one in "abcdefgh" for other in "vwxyz"]
    archive(tmp_path, PACK, {"icons.json": icons(*names)})
    found = [one.brand for one in drawings(PACK, tmp_path, only_held_out=True)]
    assert found == sorted(name for name in names if held_out(name))


def test_plain_sets_leave_variants_out(tmp_path: Path) -> None:
    plain = Pack(package="signs", version="2.0.0", licence="MIT", plain=True)
    archive(tmp_path, plain, {"icons.json": icons("boat", "boat-off")})
    assert [one.brand for one in drawings(plain, tmp_path)] == ["boat"]


def test_simple_icons_have_their_brands_colour(tmp_path: Path) -> None:
    pack = Pack(package="simple-icons", version="9.9.9", licence="CC0-1.0")
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M4 4h16v8H4z"/></svg>'
    listed = json.dumps([{"title": "Boat", "slug": "boat", "hex": "FF0000"}])
    archive(tmp_path, pack, {"icons/boat.svg": svg, "data/simple-icons.json": listed})
    (boat,) = drawings(pack, tmp_path)
    assert boat.picture[10, 10].tolist() == [0, 0, 255, 255]


def test_a_set_that_cannot_be_fetched_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = Pack(package="@sets/missing", version="1.0.0", licence="CC0-1.0")
    with pytest.raises(MprError, match="@sets/missing"):
        fetched(missing, tmp_path / "cache")
