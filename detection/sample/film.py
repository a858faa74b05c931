"""From painted pixels to a file: blur of lens and shutter, exposure, vignette, grain, and H.264.

Exposure, vignette and grain work on the luma plane alone, which is what a camera's noise mostly is and costs a third.
"""

from __future__ import annotations

import math
from pathlib import Path
from types import TracebackType

import av
import cv2
import numpy as np

from detection.sample.ripmap import Pixels

# Share of the frame time the shutter is open: the 180° shutter of film and most sports cameras.
SHUTTER_SHARE = 0.5


def box_length_px(sigma_px: float) -> float:
    """The length of a box blur as wide as a Gaussian one: both have the same variance, length²/12 = sigma²."""
    return sigma_px * float(np.sqrt(12.0))


def smear_size(along_px: float, across_px: float) -> tuple[int, int]:
    """The box that motion of that length over the open shutter leaves, in whole px; 1 is no blur."""
    return max(1, round(abs(along_px))), max(1, round(abs(across_px)))


def smear_length_px(size: tuple[int, int]) -> float:
    """How long a smear of that size is."""
    return math.hypot(*(side if side > 1 else 0 for side in size))


def smear(pixels: Pixels, size: tuple[int, int]) -> None:
    """Motion blur in place."""
    if size != (1, 1):
        cv2.blur(pixels, size, dst=pixels, borderType=cv2.BORDER_REPLICATE)


def defocus(pixels: Pixels, sigma_px: float) -> None:
    """A lens focused elsewhere, in place; wide blurs are made at half size."""
    if sigma_px <= 0.3:
        return
    if sigma_px < 2.0:
        cv2.GaussianBlur(pixels, (0, 0), sigma_px, dst=pixels)
        return
    rows, columns = pixels.shape[:2]
    half = cv2.resize(pixels, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    half = cv2.GaussianBlur(half, (0, 0), sigma_px / 2)
    cv2.resize(half, (columns, rows), dst=pixels, interpolation=cv2.INTER_LINEAR)


class Film:
    """Writes BGR frames as an MP4. A context manager: the file is whole when the block ends. `crf` is x264's measure of
    quality, lower is better."""

    def __init__(
        self,
        path: Path,
        *,
        width_px: int,
        height_px: int,
        fps: int,
        rng: np.random.Generator,
        crf: int = 28,
    ) -> None:
        self._size = (width_px, height_px)
        self._rng = rng
        strength = 2.3
        noise = rng.normal(0.0, strength, (height_px + 64, width_px + 64))
        noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.6), np.float64) * 1.6
        self._lighter = np.asarray(np.clip(noise, 0, 255).round(), np.uint8)
        self._darker = np.asarray(np.clip(-noise, 0, 255).round(), np.uint8)
        y, x = np.mgrid[-1 : 1 : height_px * 1j, -1 : 1 : width_px * 1j]
        self._vignette = np.asarray(255 * (1 - 0.16 * np.clip((x * x + y * y) / 2, 0, 1) ** 1.4), np.uint8)
        self._file = av.open(str(path), "w", options={"movflags": "+faststart"})
        stream = self._file.add_stream(
            "libx264",
            rate=fps,
            options={
                # Slower presets turn on x264's mbtree, with which the same frames do not always give the same bytes.
                "preset": "superfast",
                "crf": str(crf),
                "x264-params": f"threads=2:keyint={fps * 2}:bframes=2:aq-mode=1",
            },
        )
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, "yuv420p"
        # The conversion below is BT.601 in video range; players must be told, or they guess by size.
        stream.codec_context.colorspace = 6
        stream.codec_context.color_range = 1
        self._stream = stream

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._file.mux(self._stream.encode(None))
        finally:
            self._file.close()

    def write(self, pixels: Pixels, *, exposure: float = 1.0) -> None:
        """Develops and appends one frame. `exposure` scales its light."""
        width, height = self._size
        planes = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420), np.uint8)
        luma = planes[:height]
        if exposure != 1.0:
            # Video black is 16.
            table = np.clip((np.arange(256) - 16) * exposure + 16, 0, 250).round().astype(np.uint8)
            cv2.LUT(luma, table, dst=luma)
        cv2.multiply(luma, self._vignette, dst=luma, scale=1 / 255)
        dx, dy = (int(value) for value in self._rng.integers(0, 64, 2))
        cv2.add(luma, self._lighter[dy : dy + height, dx : dx + width], dst=luma)
        cv2.subtract(luma, self._darker[dy : dy + height, dx : dx + width], dst=luma)
        for packet in self._stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")):
            self._file.mux(packet)
