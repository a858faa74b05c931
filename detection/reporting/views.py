"""What the report's page shows and asks for."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from detection.reporting.boxes import Window, boxes, state_of
from detection.reporting.scenes import frame_picture, nearest_frame
from mpr.errors import BadInput
from mpr.jobs.models import Job

# So long an answer is taken as it is without asking; what a review changes shows after that.
_FRESH_S = 30


def find_job(request: HttpRequest, job_id: UUID) -> Job:
    """Raises Http404 for one that the person cannot see."""
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace")
    return get_object_or_404(jobs, pk=job_id)


def seconds(request: HttpRequest, name: str) -> float:
    """A number of the query. Raises BadInput."""
    try:
        return float(request.GET[name])
    except (KeyError, ValueError) as error:
        raise BadInput(f"Give {name} in seconds.") from error


@require_safe
def job_boxes(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Outlines of brands from from_s to to_s."""
    job = find_job(request, job_id)
    window = Window(from_s=seconds(request, "from_s"), to_s=seconds(request, "to_s"))
    state = f'"{state_of(job, window)}"'
    answer = get_conditional_response(request, etag=state) or JsonResponse(boxes(job, window))
    answer["ETag"] = state
    patch_cache_control(answer, private=True, max_age=_FRESH_S)
    return answer


@require_safe
@cache_control(private=True, max_age=86400)
def job_frame(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The stored frame nearest to t_s, without anything drawn in."""
    job = find_job(request, job_id)
    frame = nearest_frame(job, seconds(request, "t_s"))
    picture = frame_picture(job, frame, width_px=_width(request))
    return HttpResponse(picture, content_type="image/jpeg", headers={"X-Frame-S": f"{frame.pts_s:.6f}"})


_LEAST_PX, _MOST_PX = 64, 1920


def _width(request: HttpRequest) -> int | None:
    given = request.GET.get("width_px", "")
    if not given:
        return None
    if not given.isdecimal() or not _LEAST_PX <= int(given) <= _MOST_PX:
        raise BadInput(f"Give width_px from {_LEAST_PX} to {_MOST_PX}.")
    return int(given)
