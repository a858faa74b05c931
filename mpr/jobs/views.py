"""Jobs: the list, how one is going, and steering it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mpr.errors import MprError, Refused, Unavailable
from mpr.events import pages
from mpr.events.words import TYPES, Level
from mpr.jobs import steering
from mpr.jobs.models import Job
from mpr.jobs.page import job_head, job_page, open_stages
from mpr.jobs.since import what_happened
from mpr.web.format import stage_title
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role

_JOBS_PER_PAGE = 50
_LONGEST_SEARCH = 200


@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """Every job a person may see, newest first."""
    rows = Job.objects.visible_to(request.user).select_related("timeline__source_asset").prefetch_related("stage_runs")
    page = Paginator(rows.order_by("-created_at", "pk"), _JOBS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "jobs/list.html", {"page": page, "jobs": page.object_list})


@require_safe
@never_cache
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Is it going well, and when is it done?"""
    job = _job(request, job_id)
    shown = pages.newest(job.pk, pages.Filter())
    context = {"log": shown, "levels": Level.choices, "wanted": pages.Filter(), "event_types": " ".join(TYPES)}
    return render(request, "jobs/job.html", job_head(job) | job_page(job) | _controls(request, job) | context)


@require_safe
@never_cache
def job_progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of the job page that changes while it runs."""
    return render(request, "jobs/_progress.html", job_page(_job(request, job_id)))


@require_safe
@never_cache
def job_controls(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What may be done to the job now, as buttons."""
    return render(request, "jobs/_controls.html", _controls(request, _job(request, job_id)))


@require_POST
def job_control(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Do what a button says; a script gets the buttons anew with the answer, anybody else the page."""
    job = _job(request, job_id)
    stage = request.POST.get("stage", "")
    said, error = "", None
    try:
        find_for(request.user, Job.objects.visible_to(request.user), job_id, Role.ANALYST)
        said = steering.steer(job, request.POST.get("action", ""), stage).format(stage=stage_title(stage))
    except MprError as refused:
        error = refused
    if "HX-Request" not in request.headers:
        messages.add_message(request, messages.ERROR if error else messages.SUCCESS, error.message if error else said)
        return redirect("job", job_id)
    job = _job(request, job_id)
    answer = {"said": said, "error": error, "is_kept": isinstance(error, Unavailable)}
    status = error.http_status if error else 200
    response = render(request, "jobs/_controls.html", _controls(request, job) | answer, status=status)
    response["X-Part"] = "controls"
    response["HX-Trigger"] = "job-changed"
    return response


@require_safe
@never_cache
def job_log(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A page of the log: the newest, one further back (`before`), or what has come since (`after`)."""
    job = _job(request, job_id)
    level = request.GET.get("level", Level.INFO)
    wanted = pages.Filter(
        stage=request.GET.get("stage", ""),
        level=Level(level) if level in Level.values else Level.INFO,
        text=request.GET.get("text", "")[:_LONGEST_SEARCH].replace("\x00", ""),
    )
    context: dict[str, Any] = {"job": job, "wanted": wanted}
    after, before = _number(request, "after"), _number(request, "before")
    if after is not None:
        shown = pages.since(job.pk, wanted, after)
        if shown is not None:
            return render(request, "jobs/_log_lines.html", context | {"log": shown, "growing": True})
    answer = render(request, "jobs/_log_lines.html", context | {"log": pages.newest(job.pk, wanted, before=before)})
    if after is not None:
        # More has come than a page holds: begin anew.
        answer["HX-Reswap"] = "innerHTML"
    return answer


@require_safe
@never_cache
def job_since(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What has happened since the event that a person saw last."""
    job = _job(request, job_id)
    after = _number(request, "after") or 0
    return render(request, "jobs/_since.html", {"job": job, "news": what_happened(job, after)})


def _controls(request: HttpRequest, job: Job) -> dict[str, Any]:
    may = steering.may_steer(request.user, job)
    allowed = steering.allowed(job) if may else {}
    return {
        "job": job,
        "may_steer": may,
        "allowed": allowed,
        "buttons": [action for name, action in allowed.items() if name not in ("pause_after", "stop")],
        "open_stages": open_stages(job) if "pause_after" in allowed else [],
    }


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Refused(f"“{text[:40]}” is no event's number; reload the page.")
    return int(text)


def _job(request: HttpRequest, job_id: UUID) -> Job:
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace", "created_by")
    return get_object_or_404(jobs, pk=job_id)
