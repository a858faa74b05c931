"""Whether this process was asked to stop: whatever runs gives its work back."""

from __future__ import annotations

import threading

STOPPING = threading.Event()
