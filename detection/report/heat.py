"""Heat maps: where on screen a brand was, and for how long.

A cell's value is Σ w · (share of the cell that a sighting covers), over all sightings of the brand. Each outline is
sampled on a grid of its own, fine enough that at least two samples lie in every cell it covers; a sample weighs as much
as the outline's area around it.
"""

from __future__ import annotations

import numpy as np

from detection.report.sightings import Sightings
from detection.report.spans import Floats, Ints, to_s

COLUMNS, ROWS = 32, 18
_SAMPLES_PER_CELL = 2
# Over so many cells a sample more or less in some of them would show as stripes.
_LARGE_CELLS = 4
_LEAST_SAMPLES = 2
# So many samples at a time.
_CHUNK = 1 << 18


def heat_maps(sightings: Sightings, count: int) -> Floats:
    """(count, ROWS · COLUMNS): seconds of each of `count` brands, row by row from the top left."""
    heat = np.zeros(count * ROWS * COLUMNS)
    sides = np.abs(sightings.outline - np.roll(sightings.outline, -1, axis=1)) * (COLUMNS, ROWS)
    cells = np.stack([sides[:, 0::2].max(axis=(1, 2)), sides[:, 1::2].max(axis=(1, 2))], axis=1)
    # As powers of two, so that those of about one size are taken together.
    wanted = np.where(cells > _LARGE_CELLS, 2, 1) * _SAMPLES_PER_CELL * cells
    steps = 2 ** np.ceil(np.log2(np.maximum(wanted, _LEAST_SAMPLES))).astype(np.int64)
    for along, down in np.unique(steps, axis=0).tolist():
        rows = np.flatnonzero((steps == (along, down)).all(axis=1))
        some = max(1, _CHUNK // (along * down))
        for start in range(0, len(rows), some):
            _add(heat, sightings, rows[start : start + some], along, down)
    return heat.reshape(count, ROWS * COLUMNS)


def _add(heat: Floats, sightings: Sightings, rows: Ints, along: int, down: int) -> None:
    u, v = (axis.ravel() for axis in np.meshgrid((np.arange(along) + 0.5) / along, (np.arange(down) + 0.5) / down))
    top_left, top_right, low_right, low_left = (sightings.outline[rows, corner, :, None] for corner in range(4))
    points = (1 - u) * (1 - v) * top_left + u * (1 - v) * top_right + u * v * low_right + (1 - u) * v * low_left
    right = (1 - v) * (top_right - top_left) + v * (low_right - low_left)
    below = (1 - u) * (low_left - top_left) + u * (low_right - top_right)
    # The outline's area that one sample stands for, in cells.
    area = np.abs(right[:, 0] * below[:, 1] - right[:, 1] * below[:, 0]) / len(u) * (COLUMNS * ROWS)
    seconds = to_s(sightings.end_us[rows] - sightings.start_us[rows])
    column, row = np.floor(points[:, 0] * COLUMNS).astype(int), np.floor(points[:, 1] * ROWS).astype(int)
    inside = (column >= 0) & (column < COLUMNS) & (row >= 0) & (row < ROWS)
    place = (sightings.brand[rows, None] * ROWS + row) * COLUMNS + column
    heat += np.bincount(place[inside], (area * seconds[:, None])[inside], len(heat))
