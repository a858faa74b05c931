from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np

from mpr.pipeline.frames import Image
from training.logos.photographs import TO_LEARN, TO_MEASURE, Album, photographs
from training.logos.sources import Pack

PACK = Pack(package="some-pages", version="1.0.0", licence="MIT")


def ground(seed: int, size_px: tuple[int, int] = (500, 600)) -> Image:
    noise = np.random.default_rng(seed).integers(0, 255, (8, 9, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(noise, size_px[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def archive(folder: Path, files: dict[str, Image]) -> None:
    with tarfile.open(folder / "some-pages-1.0.0.tgz", "w:gz") as tar:
        for path, picture in files.items():
            data = cv2.imencode(path[-4:], picture)[1].tobytes()
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def test_photographs_are_the_large_ones_of_a_folder_each_once(tmp_path: Path) -> None:
    files = {
        "photos/a.jpg": ground(1), "photos/again.jpg": cv2.resize(ground(1), (900, 750)), "photos/b.jpg": ground(2),
        "photos/small.jpg": ground(3, (100, 120)), "photos/drawn.png": ground(4), "icons/c.jpg": ground(5),
    }  # fmt: skip
    archive(tmp_path, files)
    assert len(photographs([Album(pack=PACK, folder="photos")], tmp_path)) == 2
    assert len(photographs([Album(pack=PACK)], tmp_path)) == 3


def test_photographs_are_not_larger_than_pictures_need(tmp_path: Path) -> None:
    archive(tmp_path, {"a.jpg": ground(1, (1500, 2000))})
    assert photographs([Album(pack=PACK)], tmp_path)[0].shape == (960, 1280, 3)


def test_nothing_is_measured_on_what_was_learnt_from() -> None:
    assert not {album.pack.package for album in TO_LEARN} & {album.pack.package for album in TO_MEASURE}
