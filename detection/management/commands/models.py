"""`mpr models`: which model files are here, which are missing, where to get them, and what their licences ask."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from detection.inference.catalogue import Entry, catalogue, entry_of, find_entry, licence_asks
from detection.inference.fetching import Download, checked_sha256, fetch
from detection.inference.library import FOLDER, Model, check, here, remove
from detection.inference.origins import Origin, remember
from detection.inference.weights import models_dir
from detection.named_models import named_models
from mpr.errors import BadInput, NotFound, Refused
from mpr.pipeline.config import did_you_mean


class Command(BaseCommand):
    help = "List, fetch, check and remove model files."
    requires_system_checks: list[str] = []  # it must work on a machine that has nothing else

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", metavar="COMMAND")
        listing = commands.add_parser("list", help="What is here, what is missing, what licences ask (the default).")
        listing.add_argument("--json", action="store_true", help="As JSON.")
        fetching = commands.add_parser("fetch", help="Fetch a model of the catalogue, or any by its address.")
        fetching.add_argument(
            "name", nargs="?", metavar="NAME", help="A model of the catalogue; or with --url the file."
        )
        fetching.add_argument("--url", help="Where to fetch another model from.")
        fetching.add_argument("--sha256", metavar="HEX", help="The SHA-256 of that model.")
        fetching.add_argument("--licence", default="", help="Its licence, to be remembered.")
        checking = commands.add_parser("check", help="Whether files hold the bytes they should, and load.")
        checking.add_argument("names", nargs="*", metavar="NAME", help="Which; all when none is named.")
        removing = commands.add_parser("remove", help="Remove a file of the models folder.")
        removing.add_argument("name", metavar="NAME")
        removing.add_argument("--force", action="store_true", help="Even if a profile names it.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        command = options["command"] or "list"
        if command == "list" and options.get("json"):
            sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(_as_json()), indent=2) + b"\n")
        elif command == "list":
            _list(console)
        elif command == "fetch":
            _fetch(options, console)
        elif command == "check":
            _check(options["names"], console)
        else:
            _remove(options["name"], force=options["force"], console=console)


def _list(console: Console) -> None:
    named, wanted, asked = named_models()
    models = here()
    table = Table("model", "size", "from", "licence", "named by", box=None, pad_edge=False)
    for model in models:
        by = ", ".join(named.get(model.name, []))
        table.add_row(escape(model.name), _mb(model.size), model.origin, escape(model.licence), escape(by))
    names = {model.name for model in models}
    for weights in wanted:
        if weights.name not in names:
            by = ", ".join(named[weights.name])
            table.add_row(escape(weights.name), "[red]missing[/red]", FOLDER, "", escape(by))
    console.print(table)
    if not asked:
        console.print("The database does not answer, so only the profiles that ship were looked at.")
    console.print(f"\nThe models folder is {models_dir()}.", markup=False)
    fetchable = [entry for entry in catalogue().models if entry.url and entry.name not in names]
    if fetchable:
        console.print("`mpr models fetch NAME` gets:")
    for entry in fetchable:
        console.print(f"  {entry.name}  {entry.what}, {_mb(entry.size)}, {entry.licence}", markup=False)
    licences = {model.licence for model in models} | {entry.licence for entry in fetchable}
    for licence in sorted(licences):
        if asks := licence_asks(licence):
            console.print(f"{licence}: {asks}", markup=False)


def _as_json() -> dict[str, Any]:
    named, wanted, _ = named_models()
    models = here()
    names = {model.name for model in models}
    return {
        "folder": str(models_dir()),
        "models": [
            {
                "name": model.name, "path": str(model.path), "origin": model.origin, "size": model.size,
                "sha256": model.sha256, "licence": model.licence, "licence_asks": licence_asks(model.licence),
                "named_by": named.get(model.name, []),
            }
            for model in models
        ],
        "missing": [
            {"name": weights.name, "named_by": named[weights.name]} for weights in wanted if weights.name not in names
        ],
        "catalogue": catalogue().models,
    }  # fmt: skip


def _fetch(options: dict[str, Any], console: Console) -> None:
    entry = _entry(options)
    target = _target(entry.name)
    if asks := licence_asks(entry.licence):
        console.print(f"{entry.name} is under {entry.licence}: {asks}", markup=False)
    download = Download(url=entry.url, sha256=entry.sha256, target=target, size=entry.size)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        bar = bars.add_task(escape(entry.name), total=entry.size or None)
        fetched = fetch(download, lambda done, total: bars.update(bar, completed=done, total=total or None))
    if fetched:
        remember(target, Origin(url=entry.url, sha256=entry.sha256, licence=entry.licence))
    console.print(f"{target}{'' if fetched else ' was there already'}", markup=False)


def _entry(options: dict[str, Any]) -> Entry:
    """What is to be fetched. Raises BadInput and NotFound."""
    name, url, sha256 = options["name"], options["url"], options["sha256"]
    if not url:
        if sha256 or not name:
            raise BadInput("Say which model of the catalogue to fetch, or give --url and --sha256; `mpr models` lists.")
        return find_entry(name)
    if not sha256:
        raise BadInput("--url needs --sha256: a model can run code on this machine, so it must be the one you mean.")
    name = name or urlsplit(url).path.rpartition("/")[2]
    digest = checked_sha256(sha256)
    known = entry_of(sha256=digest, name=name)
    licence = options["licence"] or (known.licence if known and known.sha256 else "")
    return Entry(name=name, what="", licence=licence, url=url, sha256=digest)


def _target(name: str) -> Path:
    folder = models_dir()
    target = (folder / name).resolve()
    if not name or not target.is_relative_to(folder) or target == folder:
        raise BadInput(f"“{name}” is no name of a file in {folder}; give one, such as yolo.onnx.")
    return target


def _check(names: list[str], console: Console) -> None:
    models = {model.name: model for model in here()}
    for name in names:
        if name not in models:
            raise NotFound(f"There is no model {name} here.{did_you_mean(name, list(models))}")
    chosen: list[Model] = [models[name] for name in names] if names else list(models.values())
    broken = 0
    for model in chosen:
        verdict = check(model)
        broken += verdict.broken
        mark = "[red]broken[/red]" if verdict.broken else "[green]well[/green]"
        console.print(f"{mark}  {escape(model.name)}: {escape(verdict.said)}")
    if broken:
        raise SystemExit(1)


def _remove(name: str, *, force: bool, console: Console) -> None:
    named, _, _ = named_models()
    if name in named and not force:
        by = ", ".join(named[name])
        raise Refused(f"{name} is named by {by}; change that first, or remove it with --force.")
    console.print(f"removed {remove(name)}", markup=False)


def _mb(size: int) -> str:
    return f"{size / 2**20:.1f} MB" if size else ""
