"""The command line: `mpr`, and manage.py.

Brings PostgreSQL and Valkey where none are configured, hands the command to Django, and turns what went wrong into one
sentence (MPR_DEBUG=1 shows the traceback instead).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from mpr.embedded.places import Places
from mpr.embedded.secret import secret_key
from mpr.embedded.services import use
from mpr.errors import MprError

PROJECT_DIR = Path(__file__).resolve().parent.parent
HELP = """\
Usage: mpr COMMAND …

  mpr up                  start everything: pages, workers, database; Ctrl-C ends it
  mpr analyze VIDEO…      analyse footage and write its sponsorship report
  mpr chunk VIDEO         split a long video without encoding it anew
  mpr scan                take in the videos that lie in media_in
  mpr replay JOB          change a setting, run on from one stage
  mpr diff JOB JOB        which brands gained and lost seconds
  mpr brands              list brands, add them and their logos, look for them in a job that is done
  mpr jobs                list jobs, show one, pause, resume, stop, retry
  mpr worker              work on jobs on this machine
  mpr models              which model files are here, fetch and check them
  mpr inference-server    run models for workers on other machines
  mpr demo                draw a sample broadcast, analyse it, score the report
  mpr doctor              what is configured, what is missing, what to do

mpr COMMAND --help says more about a command, mpr help lists all of them
(createsuperuser, migrate, shell, …).
"""
# These look at the code alone; doctor looks after the services itself.
WITHOUT_SERVICES = frozenset(
    {
        "help",
        "check",
        "collectstatic",
        "diffsettings",
        "findstatic",
        "stage_docs",
        "doctor",
        "inference-server",
        "models",
    }
)
WITH_CURRENT_DATABASE = frozenset(
    {"up", "analyze", "demo", "replay", "diff", "jobs", "brands", "worker", "scan", "chunk"}
)
BAD_INPUT = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code: 0 well, 1 failed, 2 asked for wrongly."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(HELP, end="")
        return 0
    if arguments[0] == "--version":
        print(f"mpr {version('mpr')}")
        return 0
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output went away; Python must not complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MprError as error:
        return _fail(error.message, BAD_INPUT if error.http_status in (400, 404) else 1)
    except Exception as error:
        from mpr.failures import sentence

        said = None if os.environ.get("MPR_DEBUG") else sentence(error)
        if said is None:
            raise
        return _fail(said, 1)


def _run(arguments: list[str]) -> int:
    command = arguments[0]
    only_asks = "--help" in arguments or "-h" in arguments
    with ExitStack() as stack:
        _configure(stack, start=command not in WITHOUT_SERVICES and not only_asks)
        import django
        from django.conf import settings
        from django.core.management import execute_from_command_line

        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        if command in WITH_CURRENT_DATABASE and not only_asks:
            django.setup()
            from mpr.operation.schema import bring_up_to_date

            bring_up_to_date()
        try:
            execute_from_command_line(["mpr", *arguments])
        except SystemExit as end:
            if isinstance(end.code, str):
                return _fail(end.code, 1)
            return end.code or 0
    return 0


def _configure(stack: ExitStack, *, start: bool) -> None:
    """Complete the environment before Django reads it; the services live as long as `stack`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mpr.settings")
    home = Path(os.environ.get("MPR_HOME", "").strip() or PROJECT_DIR / ".mpr").resolve()
    if not os.environ.get("MPR_SECRET_KEY", "").strip():
        os.environ["MPR_SECRET_KEY"] = secret_key(home)
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name, "").strip()]
    if not missing:
        return
    addresses = stack.enter_context(use(home)) if start else Places(home).addresses
    for name in missing:
        os.environ[name] = getattr(addresses, name.lower())


def _fail(message: str, code: int) -> int:
    print(f"mpr: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
