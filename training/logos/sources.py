"""Where the logos come from: free sets on npm, fetched once into a cache folder and drawn with resvg.

The marks in them are trademarks of their owners; the drawings are free under the licences named here. They are trained
on and measured with, and none of them is kept in the project.
"""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from pathlib import Path

import cv2
import numpy as np
import resvg_py

from mpr.errors import MprError
from mpr.pipeline.frames import Image

DRAWN_PX = 192
"""The longer side that logos are drawn at."""
_HELD_OUT_OF = 10


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A set of drawings on npm. `plain` keeps only icons whose name is one word: the others vary one another."""

    package: str
    version: str
    licence: str
    plain: bool = False


LOGO_PACKS = (
    Pack(package="simple-icons", version="16.37.0", licence="CC0-1.0"),
    Pack(package="@iconify-json/logos", version="1.2.19", licence="CC0-1.0"),
    Pack(package="@iconify-json/cib", version="1.2.3", licence="CC0-1.0"),
    Pack(package="@iconify-json/cryptocurrency-color", version="1.2.4", licence="CC0-1.0"),
    Pack(package="@iconify-json/devicon", version="1.2.68", licence="MIT"),
    Pack(package="@iconify-json/skill-icons", version="1.2.4", licence="MIT"),
    Pack(package="@iconify-json/token-branded", version="1.2.45", licence="MIT"),
)
SIGN_PACKS = (
    Pack(package="@iconify-json/mdi", version="1.2.3", licence="Apache-2.0", plain=True),
    Pack(package="@iconify-json/noto", version="1.2.9", licence="Apache-2.0", plain=True),
)
# What tells drawings of one brand apart within a set.
_VARIANTS = re.compile(
    r"-(icon|wordmark|original|plain|line|light|dark|color|mono|alt|logo|square|round|circle|background)(?=-|$)|(?<=.)-?\d+$"
)


# Beyond these a drawing is lettering rather than an icon.
_NARROWEST, _WIDEST = 0.5, 2.2


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One logo: whose it is (letters and digits only, the same in every set), and its picture (BGRA, cropped)."""

    brand: str
    picture: Image

    @property
    def is_held_out(self) -> bool:
        """Brands that are never trained on: one in ten, by their names."""
        return held_out(self.brand)


def held_out(brand: str) -> bool:
    """Whether a brand is for validation and the benchmark only."""
    return int(sha1(brand.encode()).hexdigest(), 16) % _HELD_OUT_OF == 0


def rule_learns(brand: str) -> bool:
    """Whether a brand that is held out is of the half that the rule's numbers are learnt on; the others are for the
    benchmark."""
    return int(sha1(brand.encode()).hexdigest()[0], 16) % 2 == 0


def icons(packs: Iterable[Pack], cache_dir: Path, *, of_rule: bool) -> list[Drawing]:
    """One icon, no lettering, of each held-out brand of one half, from the first of the packs that has it."""
    first: dict[str, Drawing] = {}
    for pack in packs:
        for drawing in drawings(pack, cache_dir, only_held_out=True):
            height, width = drawing.picture.shape[:2]
            if _NARROWEST <= width / height <= _WIDEST and rule_learns(drawing.brand) == of_rule:
                first.setdefault(drawing.brand, drawing)
    return list(first.values())


def brand_key(name: str) -> str:
    """The letters and digits of a name without what tells its variants apart."""
    return re.sub(r"[^a-z0-9]", "", _VARIANTS.sub("", name.lower())) or name.lower()


def drawings(pack: Pack, cache_dir: Path, *, only_held_out: bool = False) -> Iterator[Drawing]:
    """All drawings of a pack, in the order of their names; what cannot be drawn or shows nothing is left out."""
    for name, svg in sorted(_svgs(pack, cache_dir)):
        if (pack.plain and "-" in name) or (only_held_out and not held_out(brand_key(name))):
            continue
        picture = drawn(svg)
        if picture is not None:
            yield Drawing(brand=brand_key(name), picture=picture)


def drawn(svg: str, side_px: int = DRAWN_PX) -> Image | None:
    """An SVG as BGRA, cropped to its ink, its longer side `side_px`; None where it shows nothing."""
    try:
        packed = resvg_py.svg_to_bytes(svg_string=svg, width=side_px * 2)
    except (ValueError, RuntimeError):
        return None
    picture = cv2.imdecode(np.frombuffer(bytes(packed), np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        return None
    rows, columns = (np.flatnonzero((picture[..., 3] > 16).any(axis=axis)) for axis in (1, 0))
    if len(rows) < 8 or len(columns) < 8:
        return None
    return np.asarray(reduced(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], side_px), np.uint8)


def reduced(picture: Image, side_px: int) -> Image:
    """With its longer side no longer than `side_px`; colours of clear pixels do not bleed."""
    scale = side_px / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    cover = picture[..., 3:].astype(np.float32) / 255
    laid = np.concatenate([picture[..., :3] * cover, cover], axis=2)
    small = cv2.resize(laid, size, interpolation=cv2.INTER_AREA)
    colours = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return np.asarray(np.clip(np.concatenate([colours, small[..., 3:] * 255], axis=2), 0, 255), np.uint8)


def _svgs(pack: Pack, cache_dir: Path) -> Iterator[tuple[str, str]]:
    """(name, SVG) of every icon."""
    with tarfile.open(fetched(pack, cache_dir)) as archive:
        if pack.package == "simple-icons":
            colours = _hexes(archive)
            for member in archive:
                path = Path(member.name)
                if path.match("package/icons/*.svg") and (file := archive.extractfile(member)):
                    fill = colours.get(path.stem, "111111")
                    yield path.stem, file.read().decode().replace("<svg ", f'<svg fill="#{fill}" ', 1)
            return
        file = archive.extractfile("package/icons.json")
        if file is None:
            raise MprError(f"{pack.package} has no icons.json; is {pack.version} the version?")
        icons = json.load(file)
        for name, icon in icons["icons"].items():
            wide, tall = icon.get("width", icons.get("width", 16)), icon.get("height", icons.get("height", 16))
            body = icon["body"].replace("currentColor", "#111111")
            place = f"{icon.get('left', 0)} {icon.get('top', 0)} {wide} {tall}"
            yield (
                name,
                f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{place}" '
                f'width="{wide}" height="{tall}">{body}</svg>',
            )


def _hexes(archive: tarfile.TarFile) -> dict[str, str]:
    """The brand's colour of each of simple-icons' files."""
    file = archive.extractfile("package/data/simple-icons.json")
    if file is None:
        raise MprError("simple-icons has no list of colours; is its version the one named here?")
    return {icon["slug"]: icon["hex"] for icon in json.load(file) if "slug" in icon}


@cache
def fetched(pack: Pack, cache_dir: Path) -> Path:
    """The pack's archive in the cache folder, asked of npm when it is not there. Raises MprError."""
    name = pack.package.removeprefix("@").replace("/", "-")
    path = cache_dir / f"{name}-{pack.version}.tgz"
    if path.is_file():
        return path
    cache_dir.mkdir(parents=True, exist_ok=True)
    try:
        asked = ["npm", "pack", "--silent", f"{pack.package}@{pack.version}", "--pack-destination", str(cache_dir)]
        subprocess.run(asked, check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        raise MprError(f"npm could not fetch {pack.package} {pack.version}; put its archive at {path}.") from error
    if not path.is_file():
        raise MprError(f"npm did not write {path.name}; put the archive of {pack.package} there.")
    return path
