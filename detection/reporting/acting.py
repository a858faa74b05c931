"""The report's page for members of the workspace, what they do there, and the page behind a link."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from detection.contracts import delete_contract, save_contract
from detection.exporting import offered, open_export
from detection.presets import save_preset
from detection.recompute import Reported
from detection.report.audience import read_audience
from detection.reporting.asking import look_of
from detection.reporting.files import BIG
from detection.reporting.links import make_link, revoke_link
from detection.reporting.models import ReportLink
from detection.reporting.page import context_of, report_of
from detection.reporting.shown import Shown, stored_measured
from detection.reporting.source import Source, find_job, of_job, of_link
from detection.reporting.views import open_page
from mpr.errors import BadInput, MprError
from mpr.jobs.models import Job
from mpr.web.middleware import wants_json
from mpr.workspaces.access import require
from mpr.workspaces.models import Role

_MOST_CSV_BYTES = 2_000_000


@require_safe
@never_cache
@of_job
def report(request: HttpRequest, source: Source) -> HttpResponse:
    """What the job's footage was worth to whom, with the proof."""
    context = report_of(request, source) | open_page(source, 1)
    return render(request, "detection/report_page.html", context)


@require_safe
@of_link
def shared(request: HttpRequest, source: Source) -> HttpResponse:
    """The same for whoever has the link, to read."""
    context = report_of(request, source) | open_page(source, 1)
    return render(request, "detection/shared_page.html", context)


@require_safe
def report_download(request: HttpRequest, job_id: UUID, kind: str) -> HttpResponseBase:
    """The report as a file, with the settings of the query."""
    job = find_job(request, job_id)
    if kind not in {row[0] for row in offered(job)}:
        raise Http404
    look = look_of(request.GET)
    reported = Reported(job, look.choice, as_reviewed=look.as_reviewed, read=stored_measured)
    file = open_export(reported, kind, brand=request.GET.get("brand") or None)
    # What is large is sent as it is made; of the rest the browser hears how long it is.
    answer: HttpResponseBase
    if kind in BIG:
        answer = StreamingHttpResponse(file.pieces, content_type=file.media_type)
    else:
        answer = HttpResponse(b"".join(file.pieces), content_type=file.media_type)
    answer["Content-Disposition"] = content_disposition_header(True, file.file_name)
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_POST
def keep_preset(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Keep the settings of the form as a preset, or as its next version."""
    job = find_job(request, job_id)
    try:
        require(request.user, job.workspace, Role.CURATOR)
        look = look_of(request.POST)
        settings: dict[str, Any] = Shown(job, look).pinned[0]
        if "audience" in request.FILES:
            settings["audience_curve"] = read_audience(_csv(request, "audience")[0])
        preset = save_preset(
            job.workspace, request.POST.get("name", "").strip(), settings,
            description=request.POST.get("description", "").strip() or None, user=cast("Any", request.user),
        )  # fmt: skip
    except MprError as error:
        return _refused(request, job_id, error)
    messages.success(request, f"Kept as {preset.name}, version {preset.version}.")
    return redirect(f"{reverse('report', args=[job_id])}?preset={preset.name}@{preset.version}")


@require_POST
def keep_contract(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Keep a contract for the footage, or forget it."""
    job = find_job(request, job_id)
    try:
        require(request.user, job.workspace, Role.ANALYST)
        if request.POST.get("action") == "forget":
            delete_contract(job.timeline)
            said = "The contract is forgotten."
        else:
            text, name = _csv(request, "contract")
            kept = save_contract(
                job.timeline, text, name=name,
                user=cast("Any", request.user),
            )  # fmt: skip
            said = f"{kept.name} is kept: {len(kept.promises)} promise{'s' * (len(kept.promises) != 1)}."
    except MprError as error:
        return _refused(request, job_id, error)
    messages.success(request, said)
    return redirect(_back(request, job_id) + "#contract")


@require_POST
def make(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Make a link to the report as it is shown. The link itself is told this once."""
    job = find_job(request, job_id)
    try:
        require(request.user, job.workspace, Role.ANALYST)
        days = request.POST.get("days", "")
        if days and not days.isdecimal():
            raise BadInput("Give the days as a whole number, or leave them out.")
        link, token = make_link(
            Shown(job, look_of(request.POST)),
            label=request.POST.get("label", ""),
            days=int(days) if days else None,
            with_video=request.POST.get("with_video") == "on",
            user=cast("Any", request.user),
        )
    except MprError as error:
        return _refused(request, job_id, error)
    address = request.build_absolute_uri(reverse("shared-page", args=[token]))
    if wants_json(request):
        return JsonResponse({"address": address, "label": link.label}, status=201)
    context = context_of(Source(Shown(job))) | {"address": address, "made": link}
    return render(request, "detection/report/link_made.html", context, status=201)


@require_safe
def links(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The links of a report, as the dialog lists them."""
    return _links(request, find_job(request, job_id))


@require_POST
def revoke(request: HttpRequest, job_id: UUID, link_id: UUID) -> HttpResponse:
    """Close a link for good."""
    job = find_job(request, job_id)
    link = ReportLink.objects.filter(job=job, pk=link_id).first()
    if link is None:
        raise Http404
    try:
        require(request.user, job.workspace, Role.ANALYST)
    except MprError as error:
        return _refused(request, job_id, error)
    revoke_link(link, cast("Any", request.user))
    if "HX-Request" in request.headers:
        return _links(request, job)
    messages.success(request, f"The link for {link.label} is revoked; it opens nothing any more.")
    return redirect("report", job_id)


def _links(request: HttpRequest, job: Job) -> HttpResponse:
    found = job.report_links.select_related("created_by")
    may = job.workspace.allows(request.user, Role.ANALYST)
    return render(request, "detection/report/_links.html", {"job": job, "links": found, "may_change": may})


def _csv(request: HttpRequest, name: str) -> tuple[str, str]:
    """The text of a file that was sent, and its name."""
    file = request.FILES.get(name)
    if not isinstance(file, UploadedFile):
        raise BadInput("Choose a CSV file first.")
    if (file.size or 0) > _MOST_CSV_BYTES:
        raise BadInput(f"{file.name} is larger than {_MOST_CSV_BYTES // 1_000_000} MB; is it the right file?")
    try:
        return file.read().decode("utf-8-sig"), file.name or f"{name}.csv"
    except UnicodeDecodeError as error:
        raise BadInput(f"{file.name} is no UTF-8 text; save it as CSV in UTF-8 and try again.") from error


def _back(request: HttpRequest, job_id: UUID) -> str:
    query = request.POST.get("query", "")
    return reverse("report", args=[job_id]) + (f"?{query}" if query else "")


def _refused(request: HttpRequest, job_id: UUID, error: MprError) -> HttpResponse:
    """A script is told; anybody else sees the sentence on the page they came from."""
    if wants_json(request):
        raise error
    if error.http_status == 403:
        raise error
    messages.error(request, error.message)
    return redirect(_back(request, job_id))
