"""`mpr up`: everything MPR needs, in one supervised tree of processes."""

from __future__ import annotations

import errno
import io
import ipaddress
import os
import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from mpr.errors import BadInput, Refused
from mpr.operation.first_user import NAME, make_first_user, password_file
from mpr.operation.upkeep import keep_services
from mpr.processes import web_command, worker_command
from mpr.supervisor import Program, Supervisor


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"“{text}” is not a port; give a number from 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” is not a number of workers; give 1 or more")
    return int(text)


class Command(BaseCommand):
    help = "Start the pages, the workers and, unless configured elsewhere, PostgreSQL and Valkey. Ctrl-C ends all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default %(default)s).")
        parser.add_argument("--port", type=_port, default=8000, help="Port to listen on (default %(default)s).")
        parser.add_argument(
            "--workers",
            type=_count,
            default=os.cpu_count() or 1,
            metavar="N",
            help="Shards computed at a time (default: one for each CPU, here %(default)s).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        _check_free(host, port)
        password = make_first_user(settings.HOME_DIR)
        call_command("seed", stdout=io.StringIO())
        connection.close()
        print(f"MPR starts at http://{_in_url(host)}:{port} — Ctrl-C ends it.", flush=True)
        if password:
            kept = password_file(settings.HOME_DIR)
            print(f"Sign in as {NAME} with the password {password} (kept in {kept}).", flush=True)
        if not _is_loopback(host) and "MPR_ALLOWED_HOSTS" not in os.environ:
            print("Other machines are turned away until MPR_ALLOWED_HOSTS names this one as they call it.", flush=True)
        code = Supervisor(_programs(options), cwd=settings.BASE_DIR, tick=keep_services()).run()
        if code:
            sys.exit(code)


def _programs(options: dict[str, Any]) -> list[Program]:
    web = web_command(options["host"], options["port"])
    worker = worker_command(options["workers"], name=f"mpr-up-{os.getpid()}")
    return [Program(name="web", command=web, grace_s=10.0), Program(name="worker", command=worker)]


def _check_free(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise BadInput(f"“{host}” is not an address of this machine; try --host 127.0.0.1.") from error
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError as error:
            raise Refused(f"Only root may listen on port {port}; choose another with --port.") from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise BadInput(f"“{host}” is not an address of this machine; try --host 127.0.0.1.") from error
            raise Refused(
                f"Port {port} on {host} is taken, perhaps by another `mpr up`; choose another with --port."
            ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host
