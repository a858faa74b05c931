"""Brand lists in files, and putting them into a workspace."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from brands.models import Brand
from mpr.errors import BadInput
from mpr.workspaces.models import Workspace

HEADER = ["canonical_name", "aliases"]
SEPARATOR = ";"
_NAME_LETTERS = 120
_MAX_BYTES = 5_000_000


@dataclass(frozen=True, kw_only=True)
class BrandRow:
    """One line of a brand list."""

    canonical_name: str
    aliases: tuple[str, ...]


def read_brand_list(path: Path) -> list[BrandRow]:
    """The rows of a CSV file with the header canonical_name,aliases; aliases are separated by semicolons.

    UTF-8 with or without byte order mark. Raises BadInput with a sentence that names the file, the line and what to do.
    """
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder; give the CSV file with the brands.")
        if path.stat().st_size > _MAX_BYTES:
            raise BadInput(f"{path} is larger than {_MAX_BYTES // 1_000_000} MB; that is no brand list.")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput(f"There is no brands file {path}; check the name.") from error
    except (OSError, ValueError) as error:
        raise BadInput(
            f"The brands file {path} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from error
    return parse_brand_list(data, called=str(path))


def parse_brand_list(data: bytes, *, called: str) -> list[BrandRow]:
    """The rows of a brand list; `called` names it in messages. Raises BadInput."""
    if not data.strip():
        raise BadInput(f"{called} is empty; its first line must be {','.join(HEADER)}.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{called} is not UTF-8 text; save it as CSV in UTF-8.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise BadInput(f"{called}, line {reader.line_num}: {error}; check the quotes.") from error
    header = [cell.lower() for cell in lines[0][1]] if lines else []
    if header != HEADER:
        found = "".join(char if char.isprintable() else "?" for char in ",".join(lines[0][1])[:80]) if lines else ""
        raise BadInput(f"{called} begins with “{found}”; its first line must be {','.join(HEADER)}.")
    rows = [_row(cells, f"{called}, line {number}") for number, cells in lines[1:]]
    if not rows:
        raise BadInput(f"{called} has no brands below its header; add a line per brand.")
    _refuse_doubles(rows, [number for number, _ in lines[1:]], called)
    return rows


@transaction.atomic
def upsert_brands(rows: Sequence[BrandRow], *, workspace: Workspace) -> list[Brand]:
    """The workspace's brands of these names, in the rows' order; new ones are made, aliases are added to those there.

    Names are the same whatever their case. Doing it twice changes nothing.
    """
    Brand.objects.bulk_create(
        [Brand(workspace=workspace, canonical_name=row.canonical_name) for row in _missing(rows, workspace)],
        # Another process may make the same brand in this moment.
        ignore_conflicts=True,
    )
    there = _locked(workspace)
    changed = []
    for row in rows:
        brand = there[row.canonical_name.lower()]
        aliases = _distinct([*brand.aliases, *row.aliases], besides=brand.canonical_name)
        if aliases != brand.aliases:
            brand.aliases = aliases
            changed.append(brand)
    Brand.objects.bulk_update(changed, ["aliases"])
    return [there[row.canonical_name.lower()] for row in rows]


def _row(cells: list[str], where: str) -> BrandRow:
    if len(cells) > len(HEADER):
        raise BadInput(f"{where} has {len(cells)} columns; write the name, a comma and the aliases separated by “;”.")
    if not cells[0].strip():
        raise BadInput(f"{where} has no name; write it in the first column.")
    return checked_row(cells[0], (cells[1] if len(cells) > 1 else "").split(SEPARATOR), where=where)


def checked_row(name: str, aliases: Iterable[str], *, where: str) -> BrandRow:
    """A brand as a person names it, blanks tidied and repetitions dropped; `where` names its place in messages. Raises
    BadInput for a name that is too long, or that nobody could read in a picture."""
    name = " ".join(name.split())
    given = (" ".join(alias.split()) for alias in aliases)
    aliases = _distinct([alias for alias in given if alias], besides=name)
    for text in (name, *aliases):
        if len(text) > _NAME_LETTERS:
            raise BadInput(f"{where}: “{text[:40]}…” is longer than {_NAME_LETTERS} characters; shorten it.")
        if not text.isprintable():
            raise BadInput(f"{where} holds characters that cannot be printed; write the name anew.")
        if not any(char.isalnum() for char in text):
            raise BadInput(f"{where}: “{text}” has neither letters nor digits, so it can never be read in a picture.")
    return BrandRow(canonical_name=name, aliases=tuple(aliases))


def _refuse_doubles(rows: Iterable[BrandRow], numbers: Iterable[int], called: str) -> None:
    seen: dict[str, int] = {}
    for row, number in zip(rows, numbers, strict=True):
        first = seen.setdefault(row.canonical_name.lower(), number)
        if first != number:
            raise BadInput(
                f"{called} names “{row.canonical_name}” in line {first} and again in line {number}; keep one."
            )


def _distinct(texts: Iterable[str], *, besides: str) -> list[str]:
    """The texts in their order, each once whatever its case, without the brand's own name."""
    kept: dict[str, str] = {}
    for text in texts:
        if text.lower() != besides.lower():
            kept.setdefault(text.lower(), text)
    return list(kept.values())


def _missing(rows: Iterable[BrandRow], workspace: Workspace) -> list[BrandRow]:
    names = {
        name.lower() for name in Brand.objects.filter(workspace=workspace).values_list("canonical_name", flat=True)
    }
    return [row for row in rows if row.canonical_name.lower() not in names]


def _locked(workspace: Workspace) -> dict[str, Brand]:
    """The workspace's brands by lower-case name, locked until the end of the transaction."""
    brands = Brand.objects.filter(workspace=workspace).order_by("pk").select_for_update()
    return {brand.canonical_name.lower(): brand for brand in brands}
