from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from brands.session import session_brands
from detection.starting.start import MOST_FILE_BYTES, MOST_FILES, Choice, given_files, start
from mpr.assets.models import MediaAsset
from mpr.errors import BadInput, MprError
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role
from profiles.models import Profile

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def analyse(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """GET: what can be chosen, as a part of a page, or as a page for who comes without a script. POST: make the job and
    go to it."""
    assets = MediaAsset.objects.visible_to(request.user).select_related("workspace")
    asset: MediaAsset = find_for(request.user, assets, asset_id, Role.ANALYST)
    error: MprError | None = None
    if request.method == "POST":
        try:
            started = start(asset, _choice(request), cast("User", request.user))
        except MprError as refused:
            error = refused
        else:
            if started.warning:
                messages.warning(request, started.warning)
            return _go(request, reverse("job", args=[started.job.pk]))
    is_part = "HX-Request" in request.headers
    template = "detection/_analyse.html" if is_part else "detection/analyse_page.html"
    answer = render(
        request, template, _choices(request, asset) | {"error": error}, status=error.http_status if error else 200
    )
    if is_part:
        answer["X-Part"] = "analyse"
    return answer


def _choice(request: HttpRequest) -> Choice:
    given = request.POST
    files = [*request.FILES.getlist("brand_list"), *request.FILES.getlist("brand_folder")]
    text = given.get("brands", "").replace("\x00", "")
    return Choice(
        profile=given.get("profile", ""),
        timeline_id=given.get("timeline", ""),
        names=tuple(filter(None, (name.strip() for line in text.splitlines() for name in line.split(",")))),
        files=_read(files, given.get("brand_paths", "")),
        is_urgent="urgent" in given,
    )


def _read(files: list[UploadedFile[bytes]], paths: str) -> tuple[Any, ...]:
    if len(files) > MOST_FILES:
        raise BadInput(f"{len(files)} brand files are too many; give {MOST_FILES} at most.")
    for file in files:
        if (file.size or 0) > MOST_FILE_BYTES:
            raise BadInput(
                f"“{file.name}” is larger than {MOST_FILE_BYTES // 1_000_000} MB; it is no list and no logo."
            )
    return given_files(paths, [file.name or "" for file in files], [file.read() for file in files])


def _choices(request: HttpRequest, asset: MediaAsset) -> dict[str, Any]:
    timelines = list(asset.timelines.order_by("created_at"))
    shipped_last = Profile.objects.in_workspace(asset.workspace).order_by("name", "workspace")
    profiles: dict[str, Profile] = {}
    for profile in shipped_last:
        profiles.setdefault(profile.name, profile)
    usual = timelines[0].profile_name if timelines else settings.MPR_DEFAULT_PROFILE
    return {
        "asset": asset,
        "profiles": profiles.values(),
        "profile": request.POST.get("profile", usual if usual in profiles else settings.MPR_DEFAULT_PROFILE),
        "parts": [timeline for timeline in timelines if timeline.chunk_paths != [asset.file_path]],
        "timeline": request.POST.get("timeline", request.GET.get("timeline", "")),
        "brand_count": len(session_brands(asset.workspace, [])),
        "typed": request.POST.get("brands", ""),
        "urgent": "urgent" in request.POST,
        "may_add_brands": asset.workspace.allows(request.user, Role.CURATOR),
    }


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if "HX-Request" not in request.headers:
        return redirect(address)
    return HttpResponse(headers={"HX-Redirect": address})
