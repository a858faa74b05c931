"""The lab: what happens if I change this?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mpr.errors import BadConfig, BadInput, MprError
from mpr.jobs import replay as replaying
from mpr.jobs.lab.page import changed_settings, chosen_stage, run_page, settings_of, settings_page
from mpr.jobs.lab.promote import promote, suggested_name, take_back, why_not_back
from mpr.jobs.lab.tree import tree_of
from mpr.jobs.models import Checkpoint, Job, Promotion
from mpr.jobs.page import job_head
from mpr.jobs.scenarios import set_label
from mpr.jobs.steering import may_steer
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role
from profiles.fields import read_fields

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@require_safe
@never_cache
def lab(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What was tried on a timeline, the settings of a stage, and what another job of it gives."""
    job = _job(request, job_id)
    stage = chosen_stage(job, request.GET.get("stage", ""))
    others = Job.objects.filter(timeline=job.timeline_id).exclude(pk=job.pk).defer("plan").order_by("-created_at")
    context = {
        "tree": tree_of(job, stage.name),
        "changed": changed_settings(job),
        "others": others[:_OTHERS_AT_MOST],
        "compared": job.parent_id or next((other.pk for other in others[:1]), None),
        "promote_name": suggested_name(job),
        **_promotions(job),
    }
    page = job_head(job) | run_page(job) | settings_page(job, stage) | _rights(request, job) | context
    return render(request, "lab/lab.html", page)


@require_safe
@never_cache
def lab_settings(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The form of another stage."""
    job = _job(request, job_id)
    stage = chosen_stage(job, request.GET.get("stage", ""))
    return render(request, "lab/_settings.html", settings_page(job, stage) | _rights(request, job))


@require_safe
@never_cache
def lab_tree(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The tree, as it has grown."""
    job = _job(request, job_id)
    stage = chosen_stage(job, request.GET.get("stage", ""))
    return render(request, "lab/_tree.html", {"job": job, "stage": stage, "tree": tree_of(job, stage.name)})


@require_safe
@never_cache
def lab_run(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """How the job goes: what was reused, what ran, what runs."""
    return render(request, "lab/_run.html", run_page(_job(request, job_id)))


@require_POST
def lab_replay(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Replay the job from a stage on with what stands in the form; what cannot be set comes back with its sentence."""
    job = _job(request, job_id)
    stage = chosen_stage(job, request.POST.get("stage", ""))
    values, errors = read_fields(stage, request.POST)
    refused: MprError | None = None
    if not errors:
        try:
            find_for(request.user, Job.objects.visible_to(request.user), job_id, Role.ANALYST)
            present = settings_of(job, stage)
            child = replaying.replay(
                job,
                from_stage=stage.name,
                overrides={stage.name: {name: value for name, value in values.items() if value != present[name]}},
                label=request.POST.get("label", ""),
                created_by=cast("User", request.user),
            )
        except MprError as error:
            refused = error
        else:
            return _go(request, f"{reverse('job-lab', args=[child.pk])}?stage={stage.name}")
    page = settings_page(job, stage, typed=request.POST, errors=errors) | {"refused": refused}
    status = refused.http_status if refused else BadConfig.http_status
    if "HX-Request" not in request.headers:
        messages.error(request, refused.message if refused else next(iter(errors.values())))
        return redirect(f"{reverse('job-lab', args=[job.pk])}?stage={stage.name}")
    response = render(request, "lab/_settings.html", page | _rights(request, job), status=status)
    response["X-Part"] = "settings"
    return response


@require_POST
def lab_label(request: HttpRequest, checkpoint_id: UUID) -> HttpResponse:
    """Name a checkpoint, or take its name away; the answer is its line's name."""
    rows: Any = Checkpoint.objects.without_tree_fields().visible_to(request.user)
    rows = rows.select_related("timeline__source_asset__workspace", "job")
    checkpoint = find_for(request.user, rows, checkpoint_id, Role.ANALYST)
    error: BadInput | None = None
    try:
        checkpoint = set_label(checkpoint.pk, request.POST.get("label", ""))
    except BadInput as refused:
        error = refused
    if "HX-Request" not in request.headers:
        if error:
            messages.error(request, error.message)
        return redirect(f"{reverse('job-lab', args=[checkpoint.job_id])}?stage={checkpoint.stage_name}")
    context = {"checkpoint": checkpoint, "error": error, "may_steer": True, "saved": error is None}
    response = render(request, "lab/_label.html", context, status=error.http_status if error else 200)
    response["X-Part"] = "label"
    return response


@require_POST
def lab_promote(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Make a profile of what the job ran; a script gets the promotions of the job, or the form with what is wrong."""
    _job(request, job_id)
    job = find_for(request.user, Job.objects.visible_to(request.user), job_id, Role.CURATOR)
    name, description = request.POST.get("name", ""), request.POST.get("description", "")[:_LONGEST_DESCRIPTION]
    error: MprError | None = None
    try:
        promote(job, name=name, description=description, by=cast("User", request.user))
    except MprError as refused:
        error = refused
    if "HX-Request" not in request.headers:
        if error:
            messages.error(request, error.message)
        return redirect("job-lab", job.pk)
    if error:
        context = {"job": job, "promote_name": name, "promote_description": description, "promote_error": error}
        response = render(request, "lab/_promote_form.html", context, status=error.http_status)
        response["X-Part"] = "promote"
        return response
    response = render(request, "lab/_promotions.html", _promotions(job) | _rights(request, job))
    response["HX-Retarget"], response["HX-Reswap"], response["HX-Trigger"] = "#promotions", "innerHTML", "promoted"
    return response


@require_POST
def lab_promote_undo(request: HttpRequest, promotion_id: int) -> HttpResponse:
    """Take a promotion back."""
    jobs = Job.objects.visible_to(request.user)
    promotion = get_object_or_404(Promotion.objects.filter(job__in=jobs), pk=promotion_id)
    job = find_for(request.user, jobs, promotion.job_id, Role.CURATOR)
    said, error = "", None
    try:
        said = f"{take_back(promotion.pk)} is gone again."
    except MprError as refused:
        error = refused
    if "HX-Request" not in request.headers:
        messages.add_message(request, messages.ERROR if error else messages.SUCCESS, error.message if error else said)
        return redirect("job-lab", job.pk)
    context = _promotions(job) | _rights(request, job) | {"said": said, "promotion_error": error}
    response = render(request, "lab/_promotions.html", context, status=error.http_status if error else 200)
    response["X-Part"] = "promotions"
    return response


_OTHERS_AT_MOST = 200
_LONGEST_DESCRIPTION = 500


def _promotions(job: Job) -> dict[str, Any]:
    rows = job.promotions.select_related("profile", "made_by")
    return {"promotions": [(promotion, why_not_back(promotion)) for promotion in rows]}


def _rights(request: HttpRequest, job: Job) -> dict[str, Any]:
    return {"may_steer": may_steer(request.user, job), "may_promote": job.workspace.allows(request.user, Role.CURATOR)}


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" not in request.headers:
        return redirect(address)
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def _job(request: HttpRequest, job_id: UUID) -> Job:
    jobs = Job.objects.visible_to(request.user)
    return get_object_or_404(
        jobs.select_related("timeline__source_asset__workspace", "created_by", "parent"), pk=job_id
    )
