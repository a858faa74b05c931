"""What vision models cost, from what their stages gave. A replay that reuses an answer pays nothing for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from mpr.jobs.models import Job, StageOutput, StageRun, StageState

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one stage asked and paid in a workspace."""

    workspace: str
    stage: str
    jobs: int
    asked: int
    spend_usd: float


def costs(user: User | AnonymousUser) -> Sequence[Cost]:
    """The stages that asked models within the last DAYS, as far as the person sees their jobs; dearest first."""
    computed = StageRun.objects.filter(job=OuterRef("job"), stage_name=OuterRef("stage_name"), state=StageState.DONE)
    rows = StageOutput.objects.filter(
        Exists(computed),
        output__counts__has_key="cost_usd_micros",
        job__in=Job.objects.visible_to(user),
        created_at__gt=timezone.now() - timedelta(days=DAYS),
    ).order_by()
    told = rows.values("stage_name", workspace=F("timeline__source_asset__workspace__name")).annotate(
        jobs=Count("job", distinct=True),
        asked=Coalesce(Sum(Cast(KT("output__counts__asked"), BigIntegerField())), 0),
        micros=Coalesce(Sum(Cast(KT("output__counts__cost_usd_micros"), BigIntegerField())), 0),
    )
    found = [
        Cost(
            workspace=row["workspace"],
            stage=row["stage_name"],
            jobs=row["jobs"],
            asked=row["asked"],
            spend_usd=row["micros"] / 1e6,
        )
        for row in told
        if row["asked"] or row["micros"]
    ]
    return sorted(found, key=lambda cost: (-cost.spend_usd, cost.workspace, cost.stage))
