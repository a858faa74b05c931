"""Making, opening and revoking links by which a report can be read without signing in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from detection.recompute import THE_JOBS, Choice
from detection.reporting.models import ReportLink
from detection.reporting.shown import Look, Shown, stored_report
from mpr.assets.models import Timeline
from mpr.errors import BadInput, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import User

MOST_DAYS = 3650
_TOKEN_BYTES = 32
# A page asks for many things at once; when it was last looked at is kept to this.
_SEEN_APART = timedelta(minutes=1)
# A timeline that leaves out less than this is all of its footage.
_ROUNDING_S = 0.5


class LinkGone(NotFound):
    """This link was revoked or has run out; ask whoever gave it to you for another one."""

    code = "link_gone"
    http_status = 410


def make_link(
    shown: Shown, *, label: str, days: int | None = None, with_video: bool = False, user: User | None = None
) -> tuple[ReportLink, str]:
    """The link and its token, which nobody can ask for again. Raises NotFound while there is no report, BadInput for a
    label or a time that cannot be."""
    label = " ".join(label.split())
    longest = ReportLink._meta.get_field("label").max_length or 120
    if not label:
        raise BadInput("Say whom the link is for; that is how you find it again to revoke it.")
    if len(label) > longest:
        raise BadInput(f"Say whom the link is for in {longest} letters or less.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise BadInput(f"A link is open for 1 to {MOST_DAYS} days, or until it is revoked.")
    if with_video and not is_whole(shown.job.timeline):
        raise BadInput("This timeline is a part of its footage, whose file holds more; share it without the video.")
    # Whoever opens it sees a report or nothing: what cannot be shown now is not shared.
    _ = shown.report
    settings, preset = shown.pinned
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    link = ReportLink.objects.create(
        job=shown.job,
        token_hash=_digest(token),
        label=label,
        preset_name=preset.name if preset else "",
        preset_version=preset.version if preset else 0,
        settings=settings,
        as_reviewed=shown.look.as_reviewed,
        with_video=with_video,
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
        created_by=user,
    )
    return link, token


def is_whole(timeline: Timeline) -> bool:
    """Whether a timeline is all of its footage. The video of one that is not is never shared: its file holds more than
    the report is of."""
    asset = timeline.source_asset
    return asset.duration_s is not None and abs((timeline.duration_s or 0.0) - asset.duration_s) < _ROUNDING_S


def open_link(token: str) -> ReportLink:
    """The link of a token. Raises NotFound for a token that is none, LinkGone for one that is closed."""
    rows = ReportLink.objects.select_related("job__timeline__source_asset__workspace")
    # What is deleted is not there, for nobody.
    link = rows.filter(token_hash=_digest(token), job__timeline__source_asset__deleted_at=None).first()
    if link is None:
        raise NotFound("There is no report at this address; check that the link is whole.")
    if link.state != "open":
        raise LinkGone
    _seen(link, timezone.now())
    return link


def look_of_link(link: ReportLink) -> Look:
    """What it shows: the settings as they were, whatever has become of the preset."""
    own = link.settings == stored_report(link.job).settings
    return Look(choice=THE_JOBS if own else Choice(settings=link.settings), as_reviewed=link.as_reviewed)


def revoke_link(link: ReportLink, user: User | None = None) -> None:
    """From now on it opens nothing; saying so twice changes nothing."""
    ReportLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=user)


def _seen(link: ReportLink, now: datetime) -> None:
    if link.last_seen_at is None or now - link.last_seen_at > _SEEN_APART:
        ReportLink.objects.filter(pk=link.pk).update(last_seen_at=now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
