"""Where a report is looked at: at its job by who is signed in, or by a link. Both see the same parts at addresses of
their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from detection.reporting.asking import look_of, query_of
from detection.reporting.links import look_of_link, open_link
from detection.reporting.models import ReportLink
from detection.reporting.rates import allowed
from detection.reporting.shown import Shown
from mpr.errors import NotFound
from mpr.jobs.models import Job

View = Callable[..., HttpResponseBase]

# Pages of other rooms ask for these, too.
_AT_JOB = {"page": "report", "boxes": "job-boxes", "frame": "job-frame"}


@dataclass(frozen=True)
class Source:
    """A report and the addresses of its parts. `token` is that of the link by which it is looked at."""

    shown: Shown
    link: ReportLink | None = None
    token: str = ""

    @property
    def job(self) -> Job:
        return self.shown.job

    @cached_property
    def query(self) -> str:
        """What goes with every address, so that it is of the same numbers; a link has them in itself."""
        return "" if self.link else query_of(self.shown)

    def address(self, part: str, *more: Any) -> str:
        """Of a part, without a query."""
        name = f"shared-{part}" if self.link else _AT_JOB.get(part, f"report-{part}")
        return reverse(name, args=[self.token or self.job.pk, *more])

    @cached_property
    def addresses(self) -> dict[str, str]:
        """Of the parts that take nothing but a query, by name with underscores."""
        parts = ("numbers", "airings", "open", "lanes", "next", "boxes", "frame", "picture", "heat")
        return {part: self.address(part) for part in parts}


def find_job(request: HttpRequest, job_id: UUID) -> Job:
    """Raises Http404 for one that the person cannot see."""
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace")
    return get_object_or_404(jobs, pk=job_id)


def of_job(view: View) -> View:
    """The view of a Source, for members of the job's workspace; what is wanted stands in the query."""

    @wraps(view)
    def answer(request: HttpRequest, job_id: UUID, **more: Any) -> HttpResponseBase:
        return view(request, Source(Shown(find_job(request, job_id), look_of(request.GET))), **more)

    return answer


def of_link(view: View) -> View:
    """The view of a Source for whoever has the link. What it answers is for them alone: no search engine keeps it, no
    other site hears where it was."""

    @wraps(view)
    @login_not_required
    def answer(request: HttpRequest, token: str, **more: Any) -> HttpResponseBase:
        response: HttpResponseBase
        try:
            response = _answer(request, token, more)
        except NotFound as gone:
            status = gone.http_status
            context = {"title": "This report cannot be opened", "message": gone.message, "status": status}
            response = render(request, "detection/shared_closed.html", context, status=status)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "no-referrer"
        response.setdefault("Cache-Control", "private, no-store")
        return response

    def _answer(request: HttpRequest, token: str, more: dict[str, Any]) -> HttpResponseBase:
        if not allowed(request, token):
            context = {"title": "Too fast", "message": "Too much was asked for at once; wait a minute.", "status": 429}
            response = render(request, "detection/shared_closed.html", context, status=429)
            response["Retry-After"] = "60"
            return response
        link = open_link(token)
        return view(request, Source(Shown(link.job, look_of_link(link)), link=link, token=token), **more)

    return answer
