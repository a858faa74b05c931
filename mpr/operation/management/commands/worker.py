"""`mpr worker`: work on jobs, on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from mpr.jobs.dispatch import CONTROL_QUEUE, QUEUES
from mpr.operation.upkeep import keep_services
from mpr.pipeline.stage import Resource
from mpr.processes import worker_command
from mpr.supervisor import Program, Supervisor

_RESOURCES = tuple(resource.value for resource in Resource)


def queues(text: str) -> tuple[str, ...]:
    """cpu,gpu → the queues of these resources, and the one that every worker serves."""
    names = dict.fromkeys(name.strip() for name in text.split(",") if name.strip())
    if unknown := [name for name in names if name not in QUEUES]:
        raise ArgumentTypeError(f"“{unknown[0]}” is not a queue; choose from {', '.join(_RESOURCES)}")
    if not set(names) - {CONTROL_QUEUE}:
        raise ArgumentTypeError(f"no queue is named; choose from {', '.join(_RESOURCES)}")
    return tuple(dict.fromkeys([CONTROL_QUEUE, *names]))


def count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” is not a number of shards; give 1 or more")
    return int(text)


class Command(BaseCommand):
    help = "Work on jobs until Ctrl-C or SIGTERM, which give the work in hand back at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queues",
            type=queues,
            default=QUEUES,
            metavar="NAMES",
            help=f"Which stages to run, by what they occupy: {', '.join(_RESOURCES)} (default all).",
        )
        parser.add_argument(
            "--concurrency",
            type=count,
            default=os.cpu_count() or 1,
            metavar="N",
            help="Shards computed at a time (default: one for each CPU, here %(default)s).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        connection.close()
        command = worker_command(options["concurrency"], name=f"mpr-worker-{os.getpid()}", queues=options["queues"])
        code = Supervisor([Program(name="worker", command=command)], cwd=settings.BASE_DIR, tick=keep_services()).run()
        if code:
            sys.exit(code)
