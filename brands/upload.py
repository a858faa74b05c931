"""Brands in files that a browser sent: a list alone, or what lies in a folder, as brands/folders.py describes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from brands.exemplars import digest_of
from brands.folders import LIST_NAME, PICTURES_NAME, GivenBrands, GivenPicture, as_folder
from brands.lists import parse_brand_list
from brands.models import Brand, Exemplar
from brands.pictures import read_picture
from mpr.errors import BadInput
from mpr.pipeline.config import did_you_mean
from mpr.workspaces.models import Workspace


@dataclass(frozen=True, kw_only=True)
class GivenFile:
    """A file by its path in the folder that was given, with slashes."""

    path: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What putting a row would do."""

    canonical_name: str
    is_new: bool
    aliases: tuple[str, ...]
    pictures: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.is_new or bool(self.aliases or self.pictures)


def read_files(files: Sequence[GivenFile]) -> GivenBrands:
    """What the files hold, all of it checked. Raises BadInput with a sentence that names the file."""
    visible = [file for file in files if not any(part.startswith(".") for part in PurePosixPath(file.path).parts)]
    given_list = _list_of(visible)
    rows = parse_brand_list(given_list.data, called=f"“{PurePosixPath(given_list.path).name}”")
    places = {as_folder(row.canonical_name): number for number, row in enumerate(rows)}
    folder = PurePosixPath(given_list.path).parent / PICTURES_NAME
    pictures = []
    for file in sorted(visible, key=lambda file: file.path):
        path = PurePosixPath(file.path)
        if folder not in path.parents:
            continue
        if path.parent.parent != folder:
            raise BadInput(f"“{path}” lies in no brand's folder; move it to {PICTURES_NAME}/<canonical_name>/.")
        row = places.get(as_folder(path.parent.name))
        if row is None:
            hint = did_you_mean(path.parent.name, [one.canonical_name for one in rows])
            raise BadInput(f"“{path.parent}” is the folder of no brand in {LIST_NAME}.{hint}")
        pictures.append(
            GivenPicture(
                row=row,
                filename=path.name,
                sha256=digest_of(file.data),
                picture=read_picture(file.data, called=f"“{path}”"),
            )
        )
    return GivenBrands(rows=rows, pictures=tuple(pictures))


def plan(given: GivenBrands, *, workspace: Workspace) -> list[Planned]:
    """What putting these brands into a workspace would change, a row each."""
    there = {brand.canonical_name.lower(): brand for brand in Brand.objects.filter(workspace=workspace)}
    digests = set(Exemplar.objects.filter(brand__workspace=workspace).values_list("brand", "sha256"))
    planned = []
    for number, row in enumerate(given.rows):
        brand = there.get(row.canonical_name.lower())
        known = {alias.lower() for alias in brand.aliases} if brand else set()
        own = brand.canonical_name.lower() if brand else ""
        pictures = {one.sha256: one.filename for one in given.pictures if one.row == number}
        planned.append(
            Planned(
                canonical_name=brand.canonical_name if brand else row.canonical_name,
                is_new=brand is None,
                aliases=tuple(alias for alias in row.aliases if alias.lower() not in known and alias.lower() != own),
                pictures=tuple(
                    name for digest, name in pictures.items() if brand is None or (brand.pk, digest) not in digests
                ),
            )
        )
    return planned


def _list_of(files: Sequence[GivenFile]) -> GivenFile:
    named = [file for file in files if PurePosixPath(file.path).name.lower() == LIST_NAME]
    lists = named or [file for file in files if PurePosixPath(file.path).suffix.lower() == ".csv"]
    if not lists:
        raise BadInput(f"There is no brand list among these files; add {LIST_NAME} with canonical_name,aliases.")
    lists.sort(key=lambda file: len(PurePosixPath(file.path).parts))
    if len(lists) > 1 and len(PurePosixPath(lists[1].path).parts) == len(PurePosixPath(lists[0].path).parts):
        raise BadInput(f"There are several lists among these files; give one, called {LIST_NAME}.")
    return lists[0]
