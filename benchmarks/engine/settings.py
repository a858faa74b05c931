"""The product's settings, with stages that only take time, and the clock in every process."""

from mpr.settings import *  # noqa: F403
from mpr.settings import INSTALLED_APPS, MPR_FAMILIES

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.engine"]
MPR_FAMILIES = (*MPR_FAMILIES, "benchmarks.engine.family.FAMILY")
