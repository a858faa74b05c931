"""Where on screen a brand was: its heat map as a picture and in words."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from detection.records import BrandReport
from detection.report.heat import COLUMNS, ROWS
from detection.report.words import duration
from mpr.errors import NotFound
from mpr.pipeline.frames import Image

WIDTH_PX, HEIGHT_PX = 480, 270
_ZONES = (
    "top left", "top centre", "top right", "middle left", "the centre", "middle right", "bottom left", "bottom centre",
    "bottom right",
)  # fmt: skip
_DIM = 0.35
_PLAIN = 34
_LEAST_TOLD = 0.05


def heat_png(brand: BrandReport, ground: Image | None) -> bytes:
    """The brand's seconds by place in the colours of viridis, over a dimmed frame or plain. Raises NotFound for a
    report that has no heat maps."""
    if len(brand.heat_map) != COLUMNS * ROWS:
        raise NotFound("This report has no heat maps; compute it anew.")
    heat = np.asarray(brand.heat_map, np.float32).reshape(ROWS, COLUMNS)
    shares = heat / max(float(heat.max()), 1e-9)
    large: Any = cv2.resize(shares, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    colours: Any = cv2.applyColorMap((large * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    # The square root lets what is seldom be seen, too.
    weight = np.sqrt(large)[..., None] * 0.85
    return bytes(cv2.imencode(".png", (_ground(ground) * (1 - weight) + colours * weight).astype(np.uint8))[1])


def heat_words(brand: BrandReport) -> str:
    """Of where the brand is seen the zones with most of its time."""
    whole = sum(brand.zone_seconds)
    if not whole:
        return f"{brand.brand}: where it was seen is not known."
    order = sorted(range(9), key=lambda zone: -brand.zone_seconds[zone])
    told = [
        f"{_ZONES[zone]} {100 * brand.zone_seconds[zone] / whole:.0f} %"
        for zone in order[:4]
        if brand.zone_seconds[zone] / whole >= _LEAST_TOLD
    ]
    return f"{brand.brand}, seen {duration(brand.exposure_s)}: {', '.join(told)}."


def _ground(image: Image | None) -> Any:
    if image is None:
        return np.full((HEIGHT_PX, WIDTH_PX, 3), _PLAIN, np.float32)
    grey: Any = cv2.cvtColor(cv2.resize(image, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.float32) * _DIM
