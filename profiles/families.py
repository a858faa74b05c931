"""The registry of all stages, as the settings name the families."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from mpr.pipeline.registry import Registry, load


@cache
def registry() -> Registry:
    """Stages and sources of every family in MPR_FAMILIES."""
    return load(settings.MPR_FAMILIES)
