"""Downloads that workers prepare: asking for one, how far it is, and the file."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from detection.reporting.files import ask_for
from detection.reporting.models import ReportFile
from detection.reporting.source import Source, find_job, of_job
from mpr.assets.prepared import WorkState
from mpr.errors import NotFound
from mpr.storage.buckets import media_out
from mpr.storage.serving import serve


@require_POST
@of_job
def prepare(request: HttpRequest, source: Source, name: str) -> JsonResponse:
    """Have a download made, with the settings of the query."""
    return JsonResponse(_told(ask_for(source.shown, name)), status=202)


@require_safe
@never_cache
def prepared(request: HttpRequest, job_id: UUID, file_id: UUID) -> JsonResponse:
    """How far it is."""
    return JsonResponse(_told(_row(request, job_id, file_id)))


@require_safe
def prepared_file(request: HttpRequest, job_id: UUID, file_id: UUID) -> HttpResponseBase:
    """The file. Takes ranges, so that a download that broke off goes on."""
    row = _row(request, job_id, file_id)
    if row.state != WorkState.DONE:
        raise NotFound("This file is not made yet; try again in a moment.")
    answer = serve(request, media_out, row.key, content_type=row.media_type, etag=row.version)
    answer["Content-Disposition"] = content_disposition_header(True, row.file_name)
    return answer


def _row(request: HttpRequest, job_id: UUID, file_id: UUID) -> ReportFile:
    row = ReportFile.objects.filter(job=find_job(request, job_id), pk=file_id).first()
    if row is None:
        raise Http404
    return row


def _told(row: ReportFile) -> dict[str, object]:
    return {
        "state": row.state,
        "progress": round(row.progress, 3),
        "error": row.error_message,
        "bytes": row.file_size,
        "status": reverse("report-prepared", args=[row.job_id, row.pk]),
        "file": reverse("report-prepared-file", args=[row.job_id, row.pk]),
    }
