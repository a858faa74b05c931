"""The model files that MPR knows: where they come from, what their bytes are, and what their licence asks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from mpr.errors import NotFound
from mpr.pipeline.codec import Record
from mpr.pipeline.config import did_you_mean

_FILE = Path(__file__).with_name("catalogue.json")


class Entry(Record):
    """A known model file. Without a `url` it comes with a package."""

    name: str
    what: str
    licence: str
    url: str = ""
    size: int = 0
    sha256: str = ""


class Catalogue(Record):
    """`licences` says in a sentence what each asks of those who use the model or pass it on."""

    licences: dict[str, str]
    models: list[Entry]


@cache
def catalogue() -> Catalogue:
    """What catalogue.json holds."""
    return msgspec.json.decode(_FILE.read_bytes(), type=Catalogue)


def find_entry(name: str) -> Entry:
    """A model that can be fetched by its name. Raises NotFound."""
    fetchable = {entry.name: entry for entry in catalogue().models if entry.url}
    if name not in fetchable:
        raise NotFound(
            f"The catalogue has no model “{name}”.{did_you_mean(name, list(fetchable))} "
            "Any other is fetched with --url and --sha256."
        )
    return fetchable[name]


def entry_of(*, sha256: str, name: str) -> Entry | None:
    """The entry of a file with these bytes; of one that comes with a package, by its name."""
    for entry in catalogue().models:
        if entry.sha256 == sha256 or (not entry.sha256 and entry.name == name):
            return entry
    return None


def licence_asks(licence: str) -> str:
    """What a licence asks, in a sentence; empty for one that is not known."""
    return catalogue().licences.get(licence, "")
