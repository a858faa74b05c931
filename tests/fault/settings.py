"""The product's settings, with the family that is slow enough to be hit, and short waits."""

from mpr.settings import *  # noqa: F403

MPR_FAMILIES = ("mpr.assets.family.FAMILY", "tests.fault.family.FAMILY")
# However often a shard is hit, it must be finished in the end.
MPR_SHARD_ATTEMPTS = 1000
# Shorter than the product allows: most of what a run waits for is that leases run out.
MPR_LEASE_S = 3
MPR_SWEEP_S = 1
