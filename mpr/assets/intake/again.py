"""Trying again what failed."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from mpr.assets.intake.models import Intake, IntakeState, IntakeWay
from mpr.assets.intake.sending import growing
from mpr.assets.intake.states import hand_over, locked
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.errors import Refused
from mpr.storage.buckets import media_in


def try_again(intake_id: UUID) -> Intake:
    """Have a worker take in a file again. Raises Refused when it has not failed or its bytes are gone."""
    with transaction.atomic():
        intake = locked(intake_id)
        if intake.state != IntakeState.FAILED:
            raise Refused(f"{intake.filename}: {intake.get_state_display().lower()}; only what failed is tried again.")
        if not _is_here(intake):
            raise Refused(f"What was sent of {intake.filename} is no longer here; send it again.")
        hand_over(intake)
    return intake


def try_asset_again(asset: MediaAsset) -> Intake:
    """The same for footage in state error. Raises Refused when what it came from is not kept."""
    intake = asset.intakes.filter(state=IntakeState.FAILED).order_by("-touched_at").first()
    if asset.status != AssetStatus.ERROR or intake is None:
        raise Refused(f"Nothing of {asset.filename} is kept to try again with; send the file again.")
    return try_again(intake.pk)


def _is_here(intake: Intake) -> bool:
    if intake.way == IntakeWay.SERVER:
        return media_in.folder is not None and growing().path(str(intake.pk)).is_file()
    return media_in.exists(intake.key)
