from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from mpr.errors import NotFound
from mpr.pipeline.blobs import Folder
from mpr.pipeline.frames import Frame, FrameReader, Image, Reduction, decode_jpeg, encode_jpeg

HEIGHT_PX, WIDTH_PX = 36, 64
IMAGE_BYTES = HEIGHT_PX * WIDTH_PX * 3


class CountingFolder(Folder):
    """A folder that counts how often each range was asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: Counter[tuple[str, int]] = Counter()
        self.sizes: list[int] = []

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        self.asked[key, offset] += 1
        self.sizes.append(size)
        return super().read_range(key, offset, size)


def _picture(number: int) -> Image:
    """A flat picture whose colour tells it from others, with a white corner."""
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), (number * 40 % 256, 200 - number * 20, number * 10), np.uint8)
    picture[:12, :12] = 255
    return picture


@pytest.fixture
def blobs(tmp_path: Path) -> CountingFolder:
    return CountingFolder(tmp_path)


@pytest.fixture
def frames(blobs: CountingFolder) -> list[Frame]:
    """Six frames in one pack."""
    jpegs = [encode_jpeg(_picture(number), quality=95) for number in range(6)]
    blobs.write("packs/0", b"".join(jpegs))
    offsets = [sum(map(len, jpegs[:number])) for number in range(6)]
    return [
        Frame(seq=number, pts_s=number / 2, width_px=WIDTH_PX, height_px=HEIGHT_PX, pack="packs/0",
              offset=offsets[number], size=len(jpegs[number]))
        for number in range(6)
    ]  # fmt: skip


def test_each_picture_is_found_in_its_pack(blobs: CountingFolder, frames: list[Frame]) -> None:
    reader = FrameReader(blobs)
    for number in (5, 0, 3):
        picture = reader.read(frames[number])
        assert (picture.shape, picture.dtype) == ((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
        assert np.abs(picture.astype(int) - _picture(number)).mean() < 3


def test_pictures_are_blue_green_red(blobs: CountingFolder, frames: list[Frame]) -> None:
    blue, green, red = FrameReader(blobs).read(frames[1])[30, 40]
    assert (abs(blue - 40.0) < 4, abs(green - 180.0) < 4, abs(red - 10.0) < 4) == (True, True, True)


def test_pictures_are_read_only(blobs: CountingFolder, frames: list[Frame]) -> None:
    picture = FrameReader(blobs).read(frames[0])
    with pytest.raises(ValueError, match="read-only"):
        picture[0, 0] = 0


def test_a_picture_is_decoded_once_while_there_is_room(blobs: CountingFolder, frames: list[Frame]) -> None:
    reader = FrameReader(blobs)
    assert reader.read(frames[0]) is reader.read(frames[0])
    assert blobs.asked[frames[0].pack, frames[0].offset] == 1


def test_the_picture_that_was_not_used_longest_goes_first(blobs: CountingFolder, frames: list[Frame]) -> None:
    reader = FrameReader(blobs, capacity_bytes=3 * IMAGE_BYTES)
    for number in (0, 1, 2, 0, 3):  # 1 is the oldest when 3 comes
        reader.read(frames[number])
    for number in (0, 2, 3):
        reader.read(frames[number])
    assert set(blobs.asked.values()) == {1}
    reader.read(frames[1])
    assert blobs.asked[frames[1].pack, frames[1].offset] == 2


def test_memory_stays_within_its_bound(blobs: CountingFolder, frames: list[Frame]) -> None:
    reader = FrameReader(blobs, capacity_bytes=2 * IMAGE_BYTES)
    for frame in frames * 2:
        reader.read(frame)
        assert sum(image.nbytes for image in reader._images.values()) <= 2 * IMAGE_BYTES


def test_a_picture_that_two_threads_decode_at_once_is_kept_once(tmp_path: Path, frames: list[Frame]) -> None:
    both_there = Barrier(2, timeout=10)

    class Slow(Folder):
        def read_range(self, key: str, offset: int, size: int) -> bytes:
            both_there.wait()
            return super().read_range(key, offset, size)

    reader = FrameReader(Slow(tmp_path))
    with ThreadPoolExecutor(2) as together:
        one, other = together.map(reader.read, [frames[0], frames[0]])
    assert np.array_equal(one, other)
    assert reader._held_bytes == IMAGE_BYTES


def test_a_picture_larger_than_the_bound_is_read_all_the_same(blobs: CountingFolder, frames: list[Frame]) -> None:
    reader = FrameReader(blobs, capacity_bytes=10)
    assert reader.read(frames[0]).shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert reader.read(frames[1]).shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert len(reader._images) == 1


def test_the_stored_bytes_are_given_as_they_are(blobs: CountingFolder, frames: list[Frame]) -> None:
    assert FrameReader(blobs).jpeg(frames[2]) == encode_jpeg(_picture(2), quality=95)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0), (1, 3, 5), (3, 3, 0)], ids=str)
def test_a_strip_is_fetched_with_one_read(blobs: CountingFolder, frames: list[Frame], order: tuple[int, ...]) -> None:
    reader = FrameReader(blobs)
    pictures = list(reader.pictures(frames[number] for number in order))
    assert len(blobs.sizes) == 1
    assert all(
        np.array_equal(picture, reader.read(frames[number])) for picture, number in zip(pictures, order, strict=True)
    )


def test_a_strip_leaves_the_cache_alone(blobs: CountingFolder, frames: list[Frame]) -> None:
    reader = FrameReader(blobs, capacity_bytes=2 * IMAGE_BYTES)
    first = reader.read(frames[0])
    (picture, *_) = reader.pictures(frames)
    assert reader.read(frames[0]) is first
    with pytest.raises(ValueError, match="read-only"):
        picture[0, 0] = 0


def test_a_long_strip_is_fetched_in_pieces(blobs: CountingFolder) -> None:
    jpeg = encode_jpeg(_picture(1), quality=95)
    padded = jpeg + bytes(3_000_000 - len(jpeg))
    strip = []
    for pack in ("packs/1", "packs/2"):
        blobs.write(pack, padded * 4)
        strip += [
            Frame(seq=n, pts_s=n, width_px=WIDTH_PX, height_px=HEIGHT_PX, pack=pack, offset=n * len(padded),
                  size=len(padded))
            for n in range(4)
        ]  # fmt: skip
    assert len(list(FrameReader(blobs).pictures(strip))) == 8
    assert blobs.sizes == [6_000_000] * 4


def test_what_lies_far_between_two_pictures_is_not_fetched(blobs: CountingFolder) -> None:
    jpeg = encode_jpeg(_picture(1), quality=95)
    blobs.write("packs/1", jpeg + bytes(1_000_000) + jpeg)
    ends = [
        Frame(seq=0, pts_s=0.0, width_px=WIDTH_PX, height_px=HEIGHT_PX, pack="packs/1", offset=offset, size=len(jpeg))
        for offset in (0, len(jpeg) + 1_000_000)
    ]
    for order in (ends, ends[::-1]):
        assert len(list(FrameReader(blobs).pictures(order))) == 2
    assert blobs.sizes == [len(jpeg)] * 4


@pytest.mark.parametrize(("reduced", "shape"), [(1, (36, 64, 3)), (2, (18, 32, 3)), (4, (9, 16, 3)), (8, (5, 8, 3))])
def test_pictures_can_be_had_smaller(
    blobs: CountingFolder, frames: list[Frame], reduced: Reduction, shape: tuple[int, ...]
) -> None:
    reader = FrameReader(blobs)
    (picture,) = reader.pictures(frames[2:3], reduced=reduced)
    assert picture.shape == shape
    whole = reader.read(frames[2]).astype(float)
    assert np.abs(picture.mean(axis=(0, 1)) - whole.mean(axis=(0, 1))).max() < 8


def test_a_strip_whose_pack_is_cut_short_or_gone_says_so(blobs: CountingFolder, frames: list[Frame]) -> None:
    blobs.write("packs/0", blobs.read("packs/0")[: frames[3].offset])
    strip = FrameReader(blobs).pictures(frames)
    assert len([next(strip) for _ in range(3)]) == 3
    with pytest.raises(NotFound, match="damaged"):
        next(strip)
    (blobs.root / "packs/0").unlink()
    with pytest.raises(NotFound, match=r"^packs/0 is not stored here\.$"):
        list(FrameReader(blobs).pictures(frames))


def test_a_pack_that_is_gone_is_named(blobs: CountingFolder, frames: list[Frame]) -> None:
    (blobs.root / "packs/0").unlink()
    with pytest.raises(NotFound, match=r"^packs/0 is not stored here\.$"):
        FrameReader(blobs).read(frames[0])


@pytest.mark.parametrize(
    "data", [b"", b"no picture", encode_jpeg(_picture(0), quality=95)[:20]], ids=["", "text", "cut"]
)
def test_bytes_that_are_no_picture_say_what_to_do(data: bytes) -> None:
    with pytest.raises(
        NotFound, match=r"^A cached frame is damaged; clear the timeline's frame cache and run again\.$"
    ):
        decode_jpeg(data)


def test_a_pack_that_was_cut_short_says_so_too(blobs: CountingFolder, frames: list[Frame]) -> None:
    blobs.write("packs/0", blobs.read("packs/0")[: frames[3].offset])
    assert FrameReader(blobs).read(frames[2]).shape == (HEIGHT_PX, WIDTH_PX, 3)
    with pytest.raises(NotFound, match="damaged"):
        FrameReader(blobs).read(frames[3])


def test_the_same_picture_gives_the_same_bytes() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8)
    assert encode_jpeg(noise, quality=80) == encode_jpeg(noise.copy(), quality=80)
    assert len(encode_jpeg(noise, quality=40)) < len(encode_jpeg(noise, quality=80))


def test_a_grey_picture_comes_back_in_three_channels() -> None:
    grey = np.full((20, 30), 130, np.uint8)
    assert decode_jpeg(encode_jpeg(grey, quality=90)).shape == (20, 30, 3)
