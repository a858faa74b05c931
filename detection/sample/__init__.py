"""A short drawn broadcast with exact ground truth, for the demonstration, the tests and later for validation."""

from detection.sample.broadcast import DEFAULT_DURATION_S, Sample, draw_broadcast

__all__ = ["DEFAULT_DURATION_S", "Sample", "draw_broadcast"]
