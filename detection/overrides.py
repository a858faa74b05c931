"""Overrides as a person types them: `stage.setting=value`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mpr.errors import BadInput


def parse_overrides(pairs: Iterable[str]) -> dict[str, dict[str, Any]]:
    """{stage: {setting: value}} from texts like `run_ocr.min_confidence=0.7`.

    A value is read as JSON (0.7, true, ["text", "yolo"]) and taken as plain text when it is none. Raises BadInput.
    """
    overrides: dict[str, dict[str, Any]] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        stage, dot, setting = name.strip().partition(".")
        if not (equals and dot and stage and setting):
            raise BadInput(f"“{pair}” is not an override; write it as stage.setting=value, e.g. extract_frames.fps=4.")
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text.strip()
        overrides.setdefault(stage, {})[setting] = value
    return overrides
