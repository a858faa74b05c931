"""`mpr presets`: named sets of report settings."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from detection.choosing import parse_settings
from detection.presets import Preset, delete_preset, find_preset, list_presets, save_preset
from mpr.errors import BadInput
from mpr.workspaces.models import Workspace


class Command(BaseCommand):
    help = "List, show, save and delete presets of report settings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", nargs="?", default="list", choices=["list", "show", "save", "delete"])
        parser.add_argument("name", nargs="?", metavar="NAME[@VERSION]")
        parser.add_argument(
            "--set", action="append", default=[], dest="changes", metavar="SETTING=VALUE",
            help="With save: over the preset of that name, or the one of --copy-of.",
        )  # fmt: skip
        parser.add_argument("--copy-of", metavar="NAME[@VERSION]", help="With save: begin with this preset's settings.")
        parser.add_argument("--description", help="With save.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        workspace = Workspace.objects.default()
        if options["verb"] == "list":
            console.print(_table(list_presets(workspace)))
            return
        if not options["name"]:
            raise BadInput(f"Say which preset to {options['verb']}: mpr presets {options['verb']} NAME.")
        if options["verb"] == "show":
            _show(_find(options["name"], workspace), console)
        elif options["verb"] == "delete":
            delete_preset(workspace, options["name"])
            console.print(f"Removed {options['name']}.", markup=False)
        else:
            preset = _save(options, workspace)
            console.print(f"{preset.name} is at version {preset.version}.", markup=False)


def _find(text: str, workspace: Workspace) -> Preset:
    name, _, version = text.partition("@")
    if version and not version.isdigit():
        raise BadInput(f"“{text}” names no version; write NAME@NUMBER, such as standard@1.")
    return find_preset(name, workspace, version=int(version) if version else None)


def _save(options: dict[str, Any], workspace: Workspace) -> Preset:
    name, base = options["name"], options["copy_of"]
    if base is None and workspace.report_presets.filter(name=name).exists():
        base = name
    settings = dict(_find(base, workspace).settings) if base else {}
    return save_preset(
        workspace, name, {**settings, **parse_settings(options["changes"])}, description=options["description"]
    )


def _show(preset: Preset, console: Console) -> None:
    console.print(f"{preset.name} v{preset.version} of {preset.newest}: {preset.description}", markup=False)
    for name, value in sorted(preset.settings.items()):
        console.print(f"  {name} = {json.dumps(value, ensure_ascii=False)}", markup=False)


def _table(presets: list[Preset]) -> Table:
    table = Table()
    for heading in ("preset", "version", "", "description"):
        table.add_column(heading)
    for preset in presets:
        table.add_row(preset.name, str(preset.version), "ships" if preset.shipped else "yours", preset.description)
    return table
