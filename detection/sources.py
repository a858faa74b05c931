"""What the detection stages read that no stage computes."""

from __future__ import annotations

from typing import Any

from brands.models import Brand, Exemplar
from brands.session import session_brands
from detection.inference.used import brand_evidence, digests, logo_weights
from detection.records import BrandList, BrandName, ExemplarFile, Exemplars, ExemplarsGiven
from mpr.jobs.models import Job


def load_brands(job: Job, config: Any) -> BrandList:
    """The brands of the job's session: those its plan names for match_brands, or all that its workspace can see.

    Every stage that reads the brands gets the same list, whichever stage's `config` is given. Raises BadInput for a
    name that is not known.
    """
    return BrandList(
        brands=[BrandName(name=brand.canonical_name, aliases=brand.aliases) for brand in _brands_of_session(job)]
    )


def load_exemplars(job: Job, config: Any) -> Exemplars | None:
    """The pictures of these brands' logos, None when there is none. Raises as `load_brands` does."""
    rows = Exemplar.objects.filter(brand__in=_brands_of_session(job)).values_list(
        "brand__canonical_name", "picture", "sha256"
    )
    found = [ExemplarFile(brand=brand, key=key, sha256=sha256) for brand, key, sha256 in rows]
    if not found:
        return None
    return Exemplars(
        exemplars=sorted(found, key=lambda file: (file.brand, file.sha256)), weights=digests(brand_evidence())
    )


def load_exemplars_given(job: Job, config: Any) -> ExemplarsGiven | None:
    """Whether there is any, None when not. Raises as `load_brands` does."""
    given = Exemplar.objects.filter(brand__in=_brands_of_session(job)).exists()
    if not given:
        return None
    return ExemplarsGiven(weights=digests(logo_weights()))


def _brands_of_session(job: Job) -> list[Brand]:
    names = job.plan["configs"].get("match_brands", {}).get("brands", ())
    return session_brands(job.workspace, names)
