"""Scenarios: checkpoints that a person has named, to find what was tried again and go on from it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mpr.errors import BadInput, NotFound
from mpr.jobs.models import Checkpoint, CheckpointQuerySet, Job


def set_label(checkpoint_id: UUID, label: str) -> Checkpoint:
    """Name a checkpoint, or take its name away with an empty one. Raises NotFound, and BadInput for a name that is too
    long."""
    label = checked_label(label)
    checkpoint = Checkpoint.objects.filter(pk=checkpoint_id).first()
    if checkpoint is None:
        raise NotFound("There is no such checkpoint.")
    checkpoint.label = label
    checkpoint.save(update_fields=["label"])
    return checkpoint


def scenarios_of(timeline_id: UUID) -> CheckpointQuerySet:
    """The named checkpoints of a timeline with their jobs, newest first."""
    named: Any = Checkpoint.objects.without_tree_fields().filter(timeline=timeline_id).scenarios()
    return named.select_related("job").order_by("-created_at")


def checked_label(label: str) -> str:
    """The label in one line. Raises BadInput when it is too long."""
    label = " ".join(label.split())
    longest = Job._meta.get_field("label").max_length
    if longest is not None and len(label) > longest:
        raise BadInput(f"A label has at most {longest} characters; this one has {len(label)}.")
    return label
