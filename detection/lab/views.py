"""Comparing two jobs of a timeline, and what a browser needs to run a stage by itself."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from detection.lab.compare import check_pair, frames_page, pair_page
from detection.lab.pictures import field_hull, frame_png, spread_frames
from mpr.errors import BadInput
from mpr.jobs.models import Job
from mpr.web.format import clock

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


@require_safe
@never_cache
def lab_frames(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Frames of a job, spread over its timeline, to compute on in the browser."""
    job = _job(request, job_id)
    frames = [
        {
            "seq": frame.seq,
            "t_s": frame.pts_s,
            "words": clock(frame.pts_s, with_ms=True),
            "address": _frame(job, frame.seq),
        }
        for frame in spread_frames(job)
    ]
    return JsonResponse({"frames": frames})


@require_safe
@never_cache
def lab_frame(request: HttpRequest, job_id: UUID, seq: int) -> HttpResponse:
    """What a stage reads of one frame: where its picture lies, and the hull of the field that the job found in it."""
    job = _job(request, job_id)
    picture = reverse("lab-picture", args=[job.pk, seq])
    return JsonResponse({"seq": seq, "picture": picture, "hull": field_hull(job, seq)})


@require_safe
@cache_control(private=True, max_age=3600)
def lab_picture(request: HttpRequest, job_id: UUID, seq: int) -> HttpResponse:
    """A cached frame as PNG: the very pixels that the job's stages saw, which browsers decode alike."""
    return HttpResponse(frame_png(_job(request, job_id), seq), content_type="image/png")


def _frame(job: Job, seq: int) -> str:
    return reverse("lab-frame", args=[job.pk, seq])


def _job(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(Job.objects.visible_to(request.user).select_related("timeline"), pk=job_id)


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
