"""Finding an intake and handing it to the workers. Whatever becomes of it there is written by mpr.assets.working."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from mpr.assets import working
from mpr.assets.intake.models import Intake, IntakeState
from mpr.errors import NotFound, Refused

_MAY_WAIT = (IntakeState.OPEN, IntakeState.FAILED)


def locked(intake_id: UUID) -> Intake:
    """The row, locked until the transaction ends. Raises NotFound when it is over and forgotten."""
    found = Intake.objects.select_for_update().filter(pk=intake_id).first()
    if found is None:
        raise NotFound("This upload is over; begin it again.")
    return found


def hand_over(intake: Intake, **fields: Any) -> None:
    """Let a worker take in a locked intake whose bytes are all there. Raises Refused when it is in hand or done."""
    if intake.state not in _MAY_WAIT:
        raise Refused(f"{intake.filename}: {intake.get_state_display().lower()}; there is nothing to begin.")
    now = timezone.now()
    changes = {
        "state": IntakeState.PENDING, "error_message": "", "step": "", "progress": 0.0, "attempts": 0, "due_at": now,
        "touched_at": now, "finished_at": None, **fields,
    }  # fmt: skip
    for name, value in changes.items():
        setattr(intake, name, value)
    intake.save(update_fields=list(changes))
    working.send(intake)
