"""Which brands a person sees, and which they may change."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404

from brands.models import Brand, Exemplar
from mpr.errors import NotAllowed
from mpr.workspaces.access import require
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def find_brand(user: User | AnonymousUser, brand_id: UUID, role: Role) -> Brand:
    """The brand with its exemplars, if the person sees it and their role where it belongs includes `role`; brands that
    ship are read by all and changed by superusers. Raises Http404, NotAllowed."""
    exemplars = Prefetch("exemplars", Exemplar.objects.order_by("created_at"))
    seen = Brand.objects.visible_to(user).select_related("workspace").prefetch_related(exemplars)
    brand = get_object_or_404(seen, pk=brand_id)
    if brand.workspace is not None:
        require(user, brand.workspace, role)
    elif role != Role.VIEWER and not user.is_superuser:
        raise NotAllowed(f"{brand} ships with MPR; make a brand of that name in your workspace to change it.")
    return brand


def may_change(user: User | AnonymousUser, brand: Brand) -> bool:
    """Whether the person may change a brand that they see."""
    if brand.workspace is None:
        return user.is_superuser
    return brand.workspace.allows(user, Role.CURATOR)
