"""The report page and the pictures that prove it."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from detection.downloads import KINDS, named_frame, report_file
from detection.evidence import View, evidence_jpeg, parse_evidence
from detection.models import Airing
from detection.page import report_page
from detection.report.load import load_report
from mpr.jobs.models import Job

_AIRINGS_PER_PAGE = 24


def _job(request: HttpRequest, job_id: UUID) -> Job:
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace")
    return get_object_or_404(jobs, pk=job_id)


@require_safe
def report(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What the job's footage was worth to whom, with the proof."""
    job = _job(request, job_id)
    page = report_page(load_report(job), job.airings.order_by("start_s", "pk"))
    downloads = [(kind.upper(), reverse("report-file", args=[job.pk, kind])) for kind in KINDS]
    return render(request, "detection/report_page.html", {"job": job, "page": page, "downloads": downloads})


@require_safe
def report_download(request: HttpRequest, job_id: UUID, kind: str) -> HttpResponse:
    """The report as report.json, report.csv, report.html or report.pdf."""
    job = _job(request, job_id)
    if kind not in KINDS:
        raise Http404
    file = report_file(job, kind)
    answer = HttpResponse(b"".join(file.pieces), content_type=file.media_type)
    answer["Content-Disposition"] = content_disposition_header(True, file.file_name)
    return answer


@require_safe
@cache_control(private=True, max_age=86400)
def report_frame(request: HttpRequest, job_id: UUID, name: str) -> HttpResponse:
    """An evidence frame under the name that the report files give it."""
    return _jpeg(named_frame(_job(request, job_id), name))


@require_safe
def airings(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """All airings of one brand in a job, page by page."""
    job = _job(request, job_id)
    brand = request.GET.get("brand", "")
    page = Paginator(job.airings.filter(brand_name=brand).order_by("start_s", "pk"), _AIRINGS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    if not page.object_list:
        raise Http404
    context = {"job": job, "brand_name": brand, "page": page, "airings": page.object_list}
    return render(request, "detection/airings_page.html", context)


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
