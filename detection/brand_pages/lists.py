"""Brand lists in and out: what files would change is shown before anything is written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from brands.folders import put_brands
from brands.models import Brand
from brands.out import as_csv, as_zip
from brands.pictures import MOST_BYTES
from brands.upload import GivenFile, plan, read_files
from mpr.errors import BadInput, MprError
from mpr.workspaces.access import choose_workspace
from mpr.workspaces.models import Role, Workspace
from mpr.workspaces.scoping import workspaces_as

_MOST_BYTES = 100_000_000
_ROWS_SHOWN = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: HttpRequest) -> HttpResponse:
    """GET: where to put the files. POST: what they would change, or with do=put the change."""
    if request.method != "POST":
        kept_in = list(workspaces_as(request.user, Role.CURATOR))
        return render(request, "brands/import.html", {"kept_in": kept_in})
    context: dict[str, Any] = {}
    status = 200
    try:
        workspace = _workspace(request)
        given = read_files(_files(request))
        planned = plan(given, workspace=workspace)
        if request.POST.get("do") == "put":
            put_brands(given, workspace=workspace)
            context["put"] = True
        context |= _told(planned, workspace)
    except MprError as error:
        context["error"] = error
        status = error.http_status
    answer = render(request, "brands/_planned.html", context, status=status)
    answer["X-Part"] = "planned"
    return answer


@require_safe
@never_cache
def export(request: HttpRequest, kind: str) -> HttpResponse | FileResponse:
    """The brands of a workspace (all that a person keeps or sees, when none is named) as brands.csv or brands.zip."""
    brands = Brand.objects.visible_to(request.user).exclude(workspace=None)
    given = request.GET.get("workspace", "")
    if given:
        brands = brands.filter(workspace=choose_workspace(request.user, _uuid(given), Role.VIEWER))
    brands = brands.order_by("canonical_name", "pk")
    if kind == "csv":
        answer = HttpResponse(as_csv(brands), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = content_disposition_header(True, "brands.csv") or ""
        return answer
    if kind == "zip":
        return FileResponse(as_zip(brands.prefetch_related("exemplars")), as_attachment=True, filename="brands.zip")
    raise Http404


def _told(planned: list[Any], workspace: Workspace) -> dict[str, Any]:
    changed = [row for row in planned if row.changes]
    return {
        "workspace": workspace,
        "rows": changed[:_ROWS_SHOWN],
        "more": max(0, len(changed) - _ROWS_SHOWN),
        "total": len(planned),
        "same": len(planned) - len(changed),
        "new": sum(row.is_new for row in changed),
        "aliases": sum(len(row.aliases) for row in changed),
        "pictures": sum(len(row.pictures) for row in changed),
    }


def _files(request: HttpRequest) -> list[GivenFile]:
    """What was sent, with the paths in the folder it was taken from."""
    files, paths = request.FILES.getlist("files"), request.POST.getlist("paths")
    if not files:
        raise BadInput("Choose a brand list, or a folder with brands.csv and exemplars.")
    if sum(file.size or 0 for file in files) > _MOST_BYTES:
        raise BadInput(f"These files are larger than {_MOST_BYTES // 1_000_000} MB; give fewer pictures at a time.")
    named = paths if len(paths) == len(files) else [file.name or "" for file in files]
    return [
        GivenFile(path=path, data=file.read(MOST_BYTES + 1) or b"") for path, file in zip(named, files, strict=True)
    ]


def _workspace(request: HttpRequest) -> Workspace:
    given = request.POST.get("workspace", "")
    return choose_workspace(request.user, _uuid(given) if given else None, Role.CURATOR)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadInput("There is no such workspace; reload the page.") from error
