"""What single static files may do beyond the content security policy of every page."""

from __future__ import annotations

from typing import Any

# A worker is bound by the policy that comes with its script, not by its page's. This one runs OpenCV's WASM build,
# whose bindings are made from text while it starts. It reads nothing but our scripts, has no document and can reach
# no address; the page that starts it stays as strict as any other.
_OF_FILES = {
    "js/vision/worker.js": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval'",
}


def add_headers(headers: Any, path: str, url: str) -> None:
    """Called for each static file as whitenoise reads it."""
    for name, policy in _OF_FILES.items():
        if url.endswith(name):
            headers["Content-Security-Policy"] = policy
