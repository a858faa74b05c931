"""`mpr inference-server`: run stages for workers on other machines, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser, ArgumentTypeError
from types import FrameType
from typing import Any

import uvicorn
from django.core.management.base import BaseCommand

from detection.inference.serving import SERVING
from detection.remote.environment import server_key
from detection.remote.server import InferenceServer, Options
from mpr.errors import BadConfig, MprError

PORT = 8765
ROWS_ON_CARD = 16
_LOCAL = ("127.0.0.1", "localhost", "::1")


def number(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” is not a number; give 1 or more")
    return int(text)


class Command(BaseCommand):
    help = "Run models for workers that name this machine in INFERENCE_URL. Needs neither database nor broker."
    requires_system_checks: list[str] = []  # it has none of what they look at

    def add_arguments(self, parser: ArgumentParser) -> None:
        processors = os.cpu_count() or 1
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on (default %(default)s).")
        parser.add_argument("--port", type=number, default=PORT, help="Port to listen on (default %(default)s).")
        parser.add_argument(
            "--at-once", type=number, default=processors, metavar="N",
            help="Calls computed at a time (default: one for each CPU, here %(default)s).",
        )  # fmt: skip
        parser.add_argument(
            "--queue", type=number, metavar="N",
            help="Calls that may wait beside them (default: as many); more are told to ask again.",
        )  # fmt: skip
        parser.add_argument(
            "--fill", type=number, default=ROWS_ON_CARD, metavar="N",
            help="On a graphics card, pictures of several calls run as one batch, up to so many (default %(default)s).",
        )  # fmt: skip
        parser.add_argument(
            "--max-request-mb", type=number, default=256, metavar="MB",
            help="Largest request taken, in MB (default %(default)s).",
        )  # fmt: skip
        parser.add_argument(
            "--grace-s", type=number, default=30, metavar="S",
            help="Seconds that calls under way have to finish when the server is asked to end (default %(default)s).",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        key = server_key()
        if not key and options["host"] not in _LOCAL:
            raise BadConfig(
                "INFERENCE_KEY is not set, and other machines could use this server; set it here and on the workers."
            )
        SERVING.rows_on_card, SERVING.callers = options["fill"], options["at_once"]
        app = InferenceServer(
            Options(
                key=key,
                at_once=options["at_once"],
                queue=options["queue"] or options["at_once"],
                most_bytes=options["max_request_mb"] * 2**20,
            )
        )
        server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                server_header=False,
                access_log=False,
                # Longer than workers are quiet between two calls, so that theirs is never the connection just closed.
                timeout_keep_alive=120,
                timeout_graceful_shutdown=options["grace_s"],
            ),
            app,
        )
        listening = _listening(options["host"], options["port"])
        self.stdout.write(f"Inference server at {options['host']}:{options['port']}; Ctrl-C ends it.")
        server.run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    """Raises MprError when nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise MprError(f"Nobody can listen at {host}:{port} ({why}); choose another --port.") from error


class _Server(uvicorn.Server):
    """Ends when asked, at once when asked again. The application hears of it first, so that it refuses new calls while
    old ones finish."""

    def __init__(self, config: uvicorn.Config, app: InferenceServer) -> None:
        super().__init__(config)
        self._application = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._application.end()
        self.force_exit = self.should_exit
        self.should_exit = True
