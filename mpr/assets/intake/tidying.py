"""What a sweep does for the library: uploads that nobody goes on with go, and footage without a picture gets one."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mpr import messages
from mpr.assets.intake.models import Intake, IntakeState
from mpr.assets.intake.sending import forget_bytes, growing
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.assets.posters import MOST_TRIES
from mpr.assets.working import QUEUE
from mpr.storage.buckets import media_in

# How long the library tells of what has come into it.
_TOLD = timedelta(days=1)
_LEFT_S = 3600.0
_PICTURES_AT_ONCE = 20
_AT_MOST = 200
# A picture is a small matter: what a job does comes first.
_PICTURE_PRIORITY = 9


def tidy() -> int:
    """Forget old intakes and what was left of them; how many."""
    now = timezone.now()
    forgotten, _ = Intake.objects.filter(state=IntakeState.DONE, finished_at__lt=now - _TOLD).delete()
    old = now - timedelta(days=settings.MPR_UPLOADS_KEEP_DAYS)
    stale = Intake.objects.filter(state__in=[IntakeState.OPEN, IntakeState.FAILED], touched_at__lt=old)
    for pk in list(stale.values_list("pk", flat=True)[:_AT_MOST]):
        with transaction.atomic():
            intake = stale.select_for_update().filter(pk=pk).first()
            if intake is not None:
                forget_bytes(intake)
                intake.delete()
                forgotten += 1
    if media_in.folder is not None:
        names = map(str, Intake.objects.under_way().values_list("pk", flat=True))
        forgotten += growing().remove_others(names, older_than_s=_LEFT_S)
    return forgotten


def send_for_pictures() -> int:
    """Have pictures drawn of footage that came without a worker; how many. Raises Unavailable."""
    bare = MediaAsset.objects.filter(
        status=AssetStatus.READY, poster_path="", poster_tries__lt=MOST_TRIES, deleted_at=None
    ).order_by("-created_at")
    wanted = list(bare.values_list("pk", flat=True)[:_PICTURES_AT_ONCE])
    if not wanted or messages.waiting(QUEUE):
        return 0
    for asset_id in wanted:
        messages.send("mpr.assets.tasks.draw_poster", str(asset_id), queue=QUEUE, priority=_PICTURE_PRIORITY)
    return len(wanted)
