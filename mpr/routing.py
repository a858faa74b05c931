"""What an ASGI server is given: pages and API over HTTP, jobs as they run over WebSockets. `mpr.asgi` serves it."""

from __future__ import annotations

from typing import Any

from django.core.asgi import get_asgi_application

# Before anything below is imported: it loads the apps.
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import OriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from mpr.jobs.live.socket import Jobs  # noqa: E402

websocket_urlpatterns = [path("ws/jobs/", Jobs.as_asgi())]


class OwnPages(OriginValidator):
    """Pages of other hosts may not use a person's session. A client that names no origin is no browser."""

    def valid_origin(self, parsed_origin: Any) -> bool:
        return parsed_origin is None or bool(self.validate_origin(parsed_origin))


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": OwnPages(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)), settings.ALLOWED_HOSTS),
    }
)
