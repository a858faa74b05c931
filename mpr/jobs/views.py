"""Jobs: the list, and how one is going."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mpr.jobs.models import Job
from mpr.jobs.page import job_page

_JOBS_PER_PAGE = 50


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Every job a person may see, newest first."""
    rows = Job.objects.visible_to(request.user).select_related("timeline__source_asset").prefetch_related("stage_runs")
    page = Paginator(rows.order_by("-created_at", "pk"), _JOBS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "jobs/list.html", {"page": page, "jobs": page.object_list})


@require_safe
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Is it going well, and when is it done?"""
    return render(request, "jobs/job.html", job_page(_job(request, job_id)))


@require_safe
@never_cache
def job_progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of the job page that changes while it runs."""
    return render(request, "jobs/_progress.html", job_page(_job(request, job_id)))


def _job(request: HttpRequest, job_id: UUID) -> Job:
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset", "created_by")
    return get_object_or_404(jobs, pk=job_id)
