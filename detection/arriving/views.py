"""The parts of the job page that show results while they come."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from detection.arriving.brands import brands_so_far
from detection.arriving.frames import AT_FIRST, arriving
from mpr.errors import BadInput
from mpr.jobs.models import Job


@require_safe
@never_cache
def frames(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A strip of the newest frames, or the ones to put before it (`after` the event of its first)."""
    job = _job(request, job_id)
    after = request.GET.get("after", "")
    if not after:
        return render(request, "detection/_frames.html", {"job": job, "frames": arriving(job, 0), "keep": AT_FIRST})
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise BadInput(f"“{after[:40]}” is no event's number; reload the page.")
    return render(request, "detection/_frame.html", {"job": job, "frames": arriving(job, int(after))})


@require_safe
@never_cache
def brands(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The brands that were seen up to now, in lanes."""
    job = _job(request, job_id)
    return render(request, "detection/_so_far.html", {"job": job, "so_far": brands_so_far(job)})


def _job(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user).select_related("timeline__source_asset"), pk=job_id)
