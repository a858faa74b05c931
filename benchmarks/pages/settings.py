"""The product's settings, with every answer saying how long it took."""

from mpr.settings import *  # noqa: F403
from mpr.settings import MIDDLEWARE

MIDDLEWARE = ["benchmarks.pages.meter.Meter", *MIDDLEWARE]
