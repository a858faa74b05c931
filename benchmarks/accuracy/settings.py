"""The product's settings, with the engine benchmark's clock in every worker."""

from mpr.settings import *  # noqa: F403
from mpr.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.engine"]
