"""A clip of any size that is drawn at once."""

from __future__ import annotations

import random
from pathlib import Path

from mpr.pipeline.footage import numbered, write_clip


def padded_clip(path: Path, *, at_least: int) -> Path:
    """Twelve frames of 640 × 360, followed by a box that players pass over (ISO/IEC 14496-12, 8.1.2)."""
    write_clip(path, numbered(12, width_px=640, height_px=360), keyframe_every=6)
    padding = random.Random(7).randbytes(at_least)
    with path.open("ab") as file:
        file.write((len(padding) + 8).to_bytes(4, "big") + b"free" + padding)
    return path
