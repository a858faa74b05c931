"""How a command line says with which settings a report is computed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detection.recompute import Choice
from detection.report.audience import read_audience
from mpr.errors import BadInput, from_os_error


def add_choice(parser: ArgumentParser) -> None:
    """The options --preset, --set and --audience."""
    parser.add_argument(
        "--preset", metavar="NAME[@VERSION]", help="Settings to compute with; the job's own when left out."
    )
    parser.add_argument(
        "--set", action="append", default=[], dest="changes", metavar="SETTING=VALUE",
        help="One setting otherwise; `mpr presets show standard` lists them.",
    )  # fmt: skip
    parser.add_argument(
        "--audience", type=Path, metavar="FILE.csv", help="How many watched when: a CSV with the header t_s,viewers."
    )


def choice_from(options: Mapping[str, Any]) -> Choice:
    """Raises BadInput for what cannot be read."""
    name, _, version = (options["preset"] or "").partition("@")
    if version and not version.isdigit():
        raise BadInput(f"“{options['preset']}” names no version; write NAME@NUMBER, such as standard@1.")
    settings = parse_settings(options["changes"])
    if options["audience"]:
        settings["audience_curve"] = read_audience(read_text(options["audience"]))
    return Choice(preset=name or None, version=int(version) if version else None, settings=settings)


def parse_settings(given: Sequence[str]) -> dict[str, Any]:
    """{setting: value} from SETTING=VALUE; values are JSON, and what is no JSON is text."""
    settings: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadInput(f"“{text}” is no setting; write SETTING=VALUE, such as bridge_s=2.")
        try:
            settings[name] = json.loads(value)
        except json.JSONDecodeError:
            settings[name] = value
    return settings


def read_text(path: Path) -> str:
    """A text file that a person names. Raises BadInput or NotFound."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is no UTF-8 text; save it as CSV in UTF-8 and try again.") from error
    except OSError as error:
        raise from_os_error(error, f"read {path}") from error
