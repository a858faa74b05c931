from __future__ import annotations

from pathlib import PurePath

from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from brands.models import Brand, Exemplar

_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@require_safe
@cache_control(private=True, max_age=3600)
def exemplar(request: HttpRequest, exemplar_id: int) -> FileResponse:
    """A logo picture, for those who see its brand."""
    seen = Exemplar.objects.filter(brand__in=Brand.objects.visible_to(request.user))
    found = get_object_or_404(seen, pk=exemplar_id)
    suffix = PurePath(found.picture.name or "").suffix
    if suffix not in _TYPES:
        raise Http404
    try:
        file = found.picture.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(file, content_type=_TYPES[suffix])
