"""Pieces of HTML that several admin pages show."""

from __future__ import annotations

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString


def pretty(value: Any) -> SafeString:
    """A JSON value, indented."""
    return format_html('<pre class="json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def badge(state: str, label: str) -> SafeString:
    """A state by word, shape and colour; the stylesheet gives each state its sign."""
    return format_html('<span class="badge badge-{}">{}</span>', state, label)


def thumbnail(address: str, alt: str) -> SafeString:
    """A picture that is fetched when it scrolls into view, and opens whole when clicked."""
    return format_html(
        '<a href="{}" target="_blank" rel="noopener"><img class="thumbnail" loading="lazy" src="{}" alt="{}"></a>',
        address,
        address,
        alt,
    )


def short(value: Any) -> str:
    """A config value in a few words: a long list by its beginning and length."""
    if not isinstance(value, list):
        return str(value)
    shown = ", ".join(str(item) for item in value[:3])
    return f"{shown} … ({len(value)} in all)" if len(value) > 3 else shown


def counts_line(counts: dict[str, Any]) -> str:
    """{"frames": 1200, "boxes": 7} → 1,200 frames · 7 boxes"""
    return " · ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in counts.items())
