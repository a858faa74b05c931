"""What networks of this process are opened for: a worker runs one stage at a time, an inference server several."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Serving:
    """`callers` stages run at the same time. Batches are filled up to so many rows (detection/inference/filling.py),
    on a graphics card and on a processor; 1 leaves them as they are."""

    callers: int = 1
    rows_on_card: int = 1
    rows_on_processor: int = 1


SERVING = Serving()
"""A server sets it before it opens anything."""
