"""Brands in files: a list alone, or a folder with the list and pictures of the logos.

brands/brands.csv                       canonical_name,aliases
brands/exemplars/Zephyr Cola/*.svg      what the brand of that name looks like: SVG, PNG or JPEG
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from brands.exemplars import digest_of, put_picture
from brands.lists import BrandRow, read_brand_list, upsert_brands
from brands.models import Brand
from brands.pictures import MOST_BYTES, Picture, read_picture
from mpr.errors import BadInput, from_os_error
from mpr.pipeline.config import did_you_mean
from mpr.workspaces.models import Workspace

LIST_NAME, PICTURES_NAME = "brands.csv", "exemplars"


@dataclass(frozen=True, kw_only=True)
class GivenPicture:
    """A picture of a row's brand, by the name of its file and the digest of what was in it."""

    row: int
    filename: str
    sha256: str
    picture: Picture


@dataclass(frozen=True, kw_only=True)
class GivenBrands:
    """What a list or a folder holds, all of it checked."""

    rows: Sequence[BrandRow]
    pictures: Sequence[GivenPicture]


def read_brands(path: Path) -> GivenBrands:
    """The brands of a CSV file, or of a folder with brands.csv and exemplars/<canonical_name>/*.

    Raises BadInput with a sentence that names the file and what to do.
    """
    if not path.is_dir():
        return GivenBrands(rows=read_brand_list(path), pictures=())
    if not (path / LIST_NAME).is_file():
        raise BadInput(f"The folder {path} has no {LIST_NAME}; add the list of the brands.")
    rows = read_brand_list(path / LIST_NAME)
    return GivenBrands(rows=rows, pictures=tuple(_pictures(path / PICTURES_NAME, rows)))


@transaction.atomic
def put_brands(given: GivenBrands, *, workspace: Workspace) -> list[Brand]:
    """The workspace's brands of these rows, in their order, with their exemplars; what is there already stays, so that
    doing it twice changes nothing."""
    brands = upsert_brands(given.rows, workspace=workspace)
    for found in given.pictures:
        put_picture(brands[found.row], found.picture, found.sha256, note=found.filename)
    return brands


def _pictures(folder: Path, rows: Sequence[BrandRow]) -> Iterator[GivenPicture]:
    if not folder.is_dir():
        return
    places = {as_folder(row.canonical_name): number for number, row in enumerate(rows)}
    for inner in _visible(folder):
        if not inner.is_dir():
            raise BadInput(f"{inner} lies in no brand's folder; move it to {PICTURES_NAME}/<canonical_name>/.")
        row = places.get(as_folder(inner.name))
        if row is None:
            hint = did_you_mean(inner.name, [one.canonical_name for one in rows])
            raise BadInput(f"{inner} is the folder of no brand in {LIST_NAME}.{hint}")
        for path in _visible(inner):
            data = read_picture_file(path)
            yield GivenPicture(
                row=row, filename=path.name, sha256=digest_of(data), picture=read_picture(data, called=str(path))
            )


def as_folder(name: str) -> str:
    """A brand's name as the name of a folder: whatever its case, with “_” where a file system allows no slash."""
    return " ".join(name.replace("/", "_").replace("\\", "_").split()).lower()


def _visible(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise from_os_error(error, f"read {folder}") from error


def read_picture_file(path: Path) -> bytes:
    """What is in a file, but no more than a picture may have and a byte. Raises BadInput, and NotFound when there is no
    such file."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except IsADirectoryError as error:
        raise BadInput(f"{path} is a folder where a picture is expected; move its pictures up.") from error
    except OSError as error:
        raise from_os_error(error, f"read {path}") from error
