"""The ASGI application, for a server such as uvicorn.

Every request runs in a thread that lives as long as the request, so a connection that belongs to a thread would be made
anew for each, and as many at once as there are clients. Here threads borrow from a pool, and wait when it is empty.
"""

from __future__ import annotations

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mpr.settings")

from django.conf import settings

_WAIT_S = 10.0
_YOUNG_OBJECTS = 10_000

# Before anything connects. Workers, which fork, must not have a pool.
_database: dict[str, Any] = settings.DATABASES["default"]
_database["CONN_MAX_AGE"] = 0
_database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": settings.MPR_WEB_CONNECTIONS, "timeout": _WAIT_S}

from mpr.routing import application as application  # noqa: E402

# Pages of long footage read records by the ten thousand; looking through them, and through all that is imported, for
# cycles again and again takes a quarter of such a page's time (benchmarks/pages). Workers do the same.
gc.freeze()
gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
