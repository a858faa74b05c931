"""The system page in the rail."""

from __future__ import annotations

from mpr.web.shell import Place

SYSTEM = Place(label="System", url_name="system", icon="pulse")
