"""What the report's page shows and asks for. Every view is given a Source, so that it serves members and links."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from detection.evidence import View, evidence_jpeg
from detection.reporting import gallery, heat, timeline
from detection.reporting.boxes import MOST_S, Window, boxes, state_of
from detection.reporting.page import context_of, numbers_of
from detection.reporting.scenes import frame_picture, nearest_frame
from detection.reporting.source import Source
from detection.reporting.table import first_columns
from mpr.errors import BadInput, NotFound
from mpr.jobs.outputs import frames_of
from mpr.pipeline.codec import digest

# So long an answer is taken as it is without asking; what a review changes shows after that.
_FRESH_S = 30
_PICTURES_FRESH_S = 3600
_LEAST_PX, _MOST_PX = 64, 1920


@require_safe
def numbers(request: HttpRequest, source: Source) -> HttpResponse:
    """The parts of the page that follow from the settings."""
    response = render(request, "detection/report/_numbers.html", numbers_of(request, source) | {"anew": True})
    response["HX-Replace-Url"] = _page_address(request, source)
    response["X-Query"] = source.query
    return response


@require_safe
def airings(request: HttpRequest, source: Source) -> HttpResponse:
    """A page of the evidence; for a script the list alone."""
    wanted = gallery.Filter.of(request.GET)
    page = gallery.gallery(source.shown.report, wanted)
    if not page.airings and wanted.page > 1:
        raise NotFound("There are no more airings.")
    context = context_of(source) | {"page": page, "choices": gallery.choices(source.shown.report)}
    name = "_airings" if "HX-Request" in request.headers else "airings"
    return render(request, f"detection/report/{name}.html", context)


@require_safe
def open_questions(request: HttpRequest, source: Source) -> HttpResponse:
    """A page of what is open."""
    return render(request, "detection/report/_open.html", context_of(source) | open_page(source, _page(request)))


@require_safe
def lanes(request: HttpRequest, source: Source) -> HttpResponse:
    """A stretch of the brand timeline."""
    window = Window(from_s=seconds(request, "from_s"), to_s=seconds(request, "to_s"), most_s=None)
    columns = request.GET.get("columns", "1000")
    if not columns.isdecimal():
        raise BadInput("Give columns as a whole number.")
    told = [source.shown.version, asdict(source.shown.said), window.from_s, window.to_s, columns]
    return _json(request, told, lambda: timeline.lanes_json(source.shown, window, int(columns)))


@require_safe
def next_airing(request: HttpRequest, source: Source) -> HttpResponse:
    """The airing after or before a moment."""
    step = -1 if request.GET.get("step") == "-1" else 1
    found = timeline.next_airing(source.shown, seconds(request, "t_s"), step, request.GET.get("brand", ""))
    return JsonResponse(found)


@require_safe
def outlines(request: HttpRequest, source: Source) -> HttpResponse:
    """Outlines of brands from from_s to to_s."""
    window = Window(from_s=seconds(request, "from_s"), to_s=seconds(request, "to_s"), most_s=MOST_S)
    return _json(request, state_of(source.shown, window), lambda: boxes(source.shown, window))


@require_safe
def frame(request: HttpRequest, source: Source) -> HttpResponse:
    """The stored frame nearest to t_s, without anything drawn in."""
    found = nearest_frame(source.job, seconds(request, "t_s"))
    picture = frame_picture(source.job, found, width_px=_width(request))
    response = _picture(picture, "image/jpeg")
    response["X-Frame-S"] = f"{found.pts_s:.6f}"
    return response


@require_safe
def picture(request: HttpRequest, source: Source) -> HttpResponse:
    """The proof of an airing (`brand`, `start_s`), or of the open question `number`: what surrounds the outline, or
    with view=frame all of its frame."""
    view = _view(request)
    number = request.GET.get("number", "")
    if number.isdecimal():
        question = gallery.find_question(source.shown, int(number))
        return _picture(evidence_jpeg(source.job, question.frame, question.polygon, view), "image/jpeg")
    found = gallery.find_airing(source.shown, request.GET.get("brand", ""), seconds(request, "start_s"))
    proof = found.event.evidence
    return _picture(evidence_jpeg(source.job, proof.frame, proof.polygon, view), "image/jpeg")


@require_safe
def heat_map(request: HttpRequest, source: Source) -> HttpResponse:
    """Where on screen a brand was, over the frame of its largest airing or, with ground=plain, over nothing."""
    name = request.GET.get("brand", "")
    brand = next((one for one in source.shown.report.brands if one.brand == name), None)
    if brand is None:
        raise NotFound(f"The report has no brand “{name}”.")
    ground = None
    if request.GET.get("ground") != "plain" and brand.events:
        largest = max(brand.events, key=lambda event: event.max_area_share)
        try:
            ground = frames_of(source.job).read(largest.evidence.frame)
        except NotFound:
            ground = None
    return _picture(heat.heat_png(brand, ground), "image/png")


def seconds(request: HttpRequest, name: str) -> float:
    """A number of the query. Raises BadInput."""
    try:
        return float(request.GET[name])
    except (KeyError, ValueError) as error:
        raise BadInput(f"Give {name} in seconds.") from error


_QUESTIONS_PER_PAGE = 12


def open_page(source: Source, page: int) -> dict[str, Any]:
    """Open questions, the longest first, each with its number."""
    questions = source.shown.report.unresolved
    first = (page - 1) * _QUESTIONS_PER_PAGE
    shown = list(enumerate(questions[first : first + _QUESTIONS_PER_PAGE], first))
    return {
        "questions": shown,
        "question_count": len(questions),
        "questions_later": page + 1 if first + len(shown) < len(questions) else 0,
    }


def _page(request: HttpRequest) -> int:
    given = request.GET.get("page", "1")
    return int(given) if given.isdecimal() and 0 < int(given) < 10**6 else 1


def _page_address(request: HttpRequest, source: Source) -> str:
    """The page that shows the same, as short as it can be told."""
    query = [source.query] if source.query else []
    kept = request.GET.copy()
    for name in list(kept):
        if name not in ("columns", "sort", "placement", "brand") or not kept[name]:
            del kept[name]
    if {*kept.getlist("columns")} == {*first_columns(source.shown.report)}:
        kept.pop("columns", None)
    if kept:
        query.append(kept.urlencode())
    return source.address("page") + ("?" + "&".join(query) if query else "")


def _json(request: HttpRequest, told: Any, make: Any) -> HttpResponse:
    """JSON that a browser keeps to itself and asks about again."""
    state = f'"{digest(told)[:32]}"'
    answer = get_conditional_response(request, etag=state) or JsonResponse(make())
    answer["ETag"] = state
    patch_cache_control(answer, private=True, max_age=_FRESH_S)
    return answer


def _picture(data: bytes, media_type: str) -> HttpResponse:
    answer = HttpResponse(data, content_type=media_type)
    patch_cache_control(answer, private=True, max_age=_PICTURES_FRESH_S)
    return answer


def _width(request: HttpRequest) -> int | None:
    given = request.GET.get("width_px", "")
    if not given:
        return None
    if not given.isdecimal() or not _LEAST_PX <= int(given) <= _MOST_PX:
        raise BadInput(f"Give width_px from {_LEAST_PX} to {_MOST_PX}.")
    return int(given)


def _view(request: HttpRequest) -> View:
    return View.FRAME if request.GET.get("view") == View.FRAME else View.CROP
