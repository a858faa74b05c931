"""What the detection stages read that no stage computes."""

from __future__ import annotations

from typing import Any

from brands.session import session_brands
from detection.records import BrandList, BrandName
from mpr.jobs.models import Job


def load_brands(job: Job, config: Any) -> BrandList:
    """The brands of the job's session: those its plan names for match_brands, or all that its workspace can see.

    Every stage that reads the brands gets the same list, whichever stage's `config` is given. Raises BadInput for a
    name that is not known.
    """
    names = job.plan["configs"].get("match_brands", {}).get("brands", ())
    brands = session_brands(job.workspace, names)
    return BrandList(brands=[BrandName(name=brand.canonical_name, aliases=brand.aliases) for brand in brands])
