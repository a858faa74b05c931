"""The page on which people make the token that programs sign in with."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from rest_framework.authtoken.models import Token

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token(request: HttpRequest) -> HttpResponse:
    """GET: since when there is a token. POST with act=make: a new one, shown this once; act=remove: none any more."""
    if request.method == "POST" and request.POST.get("act") == "make":
        return render(request, "api/token.html", {"token": replace_token(request), "is_new": True})
    if request.method == "POST":
        Token.objects.filter(user=request.user.pk).delete()
        return redirect("token")
    return render(request, "api/token.html", {"token": Token.objects.filter(user=request.user.pk).first()})


@transaction.atomic
def replace_token(request: HttpRequest) -> Token:
    """A new token for the signed-in person; the old one stops working."""
    user = cast("User", request.user)  # LoginRequiredMiddleware lets nobody else come here
    Token.objects.filter(user=user).delete()
    return Token.objects.create(user=user)
