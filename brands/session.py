"""Which brands a job looks for."""

from __future__ import annotations

from collections.abc import Sequence

from brands.models import Brand
from mpr.errors import BadInput
from mpr.pipeline.config import did_you_mean
from mpr.workspaces.models import Workspace


def session_brands(workspace: Workspace, names: Sequence[str]) -> list[Brand]:
    """The brands of these names, ordered by name; no names means all of the workspace's and all that ship.

    Case does not matter. A brand of the workspace takes the place of a shipped one of the same name. Raises BadInput
    for a name that is not known.
    """
    known: dict[str, Brand] = {}
    for brand in Brand.objects.in_workspace(workspace).order_by("canonical_name", "pk"):
        key = brand.canonical_name.lower()
        if key not in known or known[key].workspace_id is None:
            known[key] = brand
    wanted = dict.fromkeys(" ".join(name.split()).lower() for name in names) or known
    for name in names:
        if " ".join(name.split()).lower() not in known:
            spellings = [brand.canonical_name for brand in known.values()]
            raise BadInput(f"There is no brand “{name}”.{did_you_mean(name, spellings)}")
    return sorted((known[key] for key in wanted), key=lambda brand: brand.canonical_name)
