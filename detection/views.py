"""The pictures that prove what a report says."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from detection.downloads import named_frame
from detection.evidence import View, evidence_jpeg, parse_evidence
from detection.models import Airing
from detection.report.load import load_report
from mpr.jobs.models import Job


def _job(request: HttpRequest, job_id: UUID) -> Job:
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace")
    return get_object_or_404(jobs, pk=job_id)


@require_safe
@cache_control(private=True, max_age=86400)
def report_frame(request: HttpRequest, job_id: UUID, name: str) -> HttpResponse:
    """An evidence frame under the name that the report files give it."""
    return _jpeg(named_frame(_job(request, job_id), name))


@require_safe
@cache_control(private=True, max_age=86400)
def airing_evidence(request: HttpRequest, airing_id: int) -> HttpResponse:
    """The evidence frame of an airing; ?view=frame shows all of it, the default what surrounds the brand."""
    airing = get_object_or_404(Airing.objects.visible_to(request.user).select_related("job"), pk=airing_id)
    evidence = parse_evidence(airing.evidence)
    return _jpeg(evidence_jpeg(airing.job, evidence.frame, evidence.polygon, _view(request)))


@require_safe
@cache_control(private=True, max_age=86400)
def unresolved_evidence(request: HttpRequest, job_id: UUID, number: int) -> HttpResponse:
    """The picture of the report's unresolved question of that number, from 0."""
    job = _job(request, job_id)
    questions = load_report(job).unresolved
    if number >= len(questions):
        raise Http404
    question = questions[number]
    return _jpeg(evidence_jpeg(job, question.frame, question.polygon, _view(request)))


def _view(request: HttpRequest) -> View:
    try:
        return View(request.GET.get("view", View.CROP))
    except ValueError as error:
        raise Http404 from error


def _jpeg(data: bytes) -> HttpResponse:
    return HttpResponse(data, content_type="image/jpeg")
