"""Brands as files: the list that `brands.lists` reads, and the folder that `brands.folders` reads, as a zip."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO

from brands.folders import LIST_NAME, PICTURES_NAME
from brands.lists import HEADER, SEPARATOR
from brands.models import Brand
from mpr.errors import NotFound
from mpr.storage.buckets import media_in

_IN_MEMORY_BYTES = 8_000_000


def as_csv(brands: Iterable[Brand]) -> str:
    """canonical_name,aliases; a line per brand."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows([brand.canonical_name, SEPARATOR.join(brand.aliases)] for brand in brands)
    return out.getvalue()


def as_zip(brands: Iterable[Brand]) -> IO[bytes]:
    """brands.csv and exemplars/<canonical_name>/*.png, for brands with their exemplars at hand."""
    listed = list(brands)
    file = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  handed to the answer, which closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(LIST_NAME, as_csv(listed))
        for brand in listed:
            for name, png in _pictures(brand):
                packed.writestr(name, png)
    file.seek(0)
    return file


def _pictures(brand: Brand) -> Iterator[tuple[str, bytes]]:
    folder = brand.canonical_name.replace("/", "_").replace("\\", "_").lstrip(".") or "_"
    for number, exemplar in enumerate(brand.exemplars.all(), start=1):
        try:
            png = media_in.read(str(exemplar.picture.name))
        except NotFound:
            continue  # its file is gone; the list is still worth having
        yield f"{PICTURES_NAME}/{folder}/{number:03d}.png", png
