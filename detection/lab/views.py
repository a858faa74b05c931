"""Comparing two jobs of a timeline."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from detection.lab.compare import check_pair, frames_page, pair_page
from mpr.errors import BadInput
from mpr.jobs.models import Job

_JOBS_AT_MOST = 200


@require_safe
@never_cache
def compare(request: HttpRequest, job_id: UUID, other_id: UUID) -> HttpResponse:
    """What differs between two jobs; the first is A, the second B."""
    before, after = _pair(request, job_id, other_id)
    rows = Job.objects.filter(timeline=before.timeline_id).defer("plan").order_by("-created_at")
    context = {
        "before": before,
        "after": after,
        "jobs": rows[:_JOBS_AT_MOST],
        "pair": [("A", before, after), ("B", after, before)],
        "query": request.GET.urlencode(),
    }
    return render(request, "lab/compare.html", context)


@require_safe
@never_cache
def compare_part(request: HttpRequest, job_id: UUID, other_id: UUID) -> HttpResponse:
    """The comparison itself, which may take a moment."""
    before, after = _pair(request, job_id, other_id)
    page = pair_page(before, after, stage_name=request.GET.get("stage", ""), seq=_seq(request))
    return render(request, "lab/_compare.html", page)


@require_safe
@never_cache
def compare_frames(request: HttpRequest, job_id: UUID, other_id: UUID) -> HttpResponse:
    """The pictures of another stage, or of another frame."""
    before, after = _pair(request, job_id, other_id)
    page = frames_page(before, after, stage_name=request.GET.get("stage", ""), seq=_seq(request))
    return render(request, "lab/_viewer.html", page)


def _pair(request: HttpRequest, job_id: UUID, other_id: UUID) -> tuple[Job, Job]:
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace")
    before, after = (get_object_or_404(jobs, pk=pk) for pk in (job_id, other_id))
    check_pair(before, after)
    return before, after


def _seq(request: HttpRequest) -> int | None:
    text = request.GET.get("frame", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadInput(f"“{text[:40]}” is no frame's number; choose one of those shown.")
    return int(text)
