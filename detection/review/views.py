"""The review pages. What they show and do comes from the API; see detection.api.review."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from detection.audits import result
from detection.evidence import View, evidence_jpeg, parse_evidence
from detection.report.addenda import audit_rows
from detection.review.findings import ensure_questions
from detection.review.looks import ask_for_looks
from detection.review.models import OpenQuestion
from detection.review.queue import ORDERS, SHOWS, SURE_FROM, Scope, counts
from mpr.jobs.models import Job
from mpr.workspaces.models import Role
from mpr.workspaces.scoping import workspaces_as


@require_safe
@never_cache
def review(request: HttpRequest) -> HttpResponse:
    """Is this true? Over the newest reported job of every timeline that the person sees."""
    return _page(request, None)


@require_safe
@never_cache
def job_review(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Is this true? Of one job."""
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace")
    job = get_object_or_404(jobs, pk=job_id)
    ensure_questions(job)
    ask_for_looks(job)
    return _page(request, job)


@require_safe
@never_cache
def job_audit(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """How far can the report be trusted? A sample of its seconds to answer, and what follows from the answers."""
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace")
    job = get_object_or_404(jobs, pk=job_id)
    audits = list(job.audits.select_related("created_by").order_by("-created_at"))
    wanted = request.GET.get("audit", "")
    audit = next((one for one in audits if str(one.pk) == wanted), audits[0] if audits else None)
    audited = result(audit) if audit else None
    context = {
        "job": job,
        "audits": audits,
        "audit": audit,
        "audited": audited,
        "rows": audit_rows(audited) if audited else (),
        "may_decide": job.workspace.allows(request.user, Role.ANALYST),
    }
    return render(request, "review/audit.html", context)


@require_safe
@cache_control(private=True, max_age=86400)
def question_evidence(request: HttpRequest, question_id: int) -> HttpResponse:
    """The frame of an open question; ?view=frame shows all of it, the default what surrounds the question."""
    rows = OpenQuestion.objects.visible_to(request.user).select_related("job")
    question = get_object_or_404(rows, pk=question_id)
    evidence = parse_evidence(question.evidence)
    try:
        view = View(request.GET.get("view", View.CROP))
    except ValueError as error:
        raise Http404 from error
    return HttpResponse(evidence_jpeg(question.job, evidence.frame, evidence.polygon, view), content_type="image/jpeg")


def _page(request: HttpRequest, job: Job | None) -> HttpResponse:
    scope = Scope(user=request.user, job=job)
    may_decide = (
        job.workspace.allows(request.user, Role.ANALYST)
        if job is not None
        else workspaces_as(request.user, Role.ANALYST).exists()
    )
    may_teach = (
        job.workspace.allows(request.user, Role.CURATOR)
        if job is not None
        else workspaces_as(request.user, Role.CURATOR).exists()
    )
    context = {
        "job": job,
        "counts": counts(scope),
        "shows": SHOWS.items(),
        "orders": ORDERS.items(),
        "may_decide": may_decide,
        "may_teach": may_teach,
        "sure_percent": round(SURE_FROM * 100),
        "person": request.user.pk,
    }
    return render(request, "review/review.html", context)
