"""Hurt a cluster and see that nothing is lost: `python -m tests.fault`, or `make fault`.

Prints one line per scenario; ends with 1 when a promise was broken. `--json` is for the tests, `--keep` for a look at
the logs. The seed chooses whom a fault hits and when; the scheduling of the machine stays its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack
from pathlib import Path


def main() -> int:
    arguments = _parser().parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    home = Path(tempfile.mkdtemp(prefix="mpr-fault-"))
    _configure(home)
    with ExitStack() as stack:
        from mpr.embedded.services import use

        if not arguments.keep:
            from mpr.embedded.testing import remove_home

            stack.callback(remove_home, home)
        stack.enter_context(use(home))
        import django

        django.setup()
        return _run(arguments, home, seed)


def _run(arguments: argparse.Namespace, home: Path, seed: int) -> int:
    from django.core.management import call_command

    from tests.fault import checks, cluster, scenarios

    def say(name: str, words: str, *, good: bool = True, took_s: float = 0.0) -> None:
        if arguments.json:
            print(json.dumps({"scenario": name, "good": good, "words": words}), flush=True)
        else:
            print(f"{'ok  ' if good else 'FAIL'} {name:15} {took_s:6.1f} s  {words}", flush=True)

    call_command("migrate", verbosity=0, interactive=False)
    cluster.prepare()
    all_good = True
    with cluster.cluster(home, seed=seed) as hurt:
        hurt.start(scenarios.WORKERS)
        hurt.wait_until_ready()
        expected = scenarios.run_undisturbed(hurt)
        say("seed", f"{seed}; logs in {home / 'log'}" if arguments.keep else f"{seed}")
        for name in arguments.scenarios or scenarios.SCENARIOS:
            scenario, short, long = scenarios.SCENARIOS[name]
            # One that failed may have left too few workers.
            scenarios.replenish(hurt)
            hurt.wait_until_ready()
            begun_s = time.monotonic()
            try:
                words, good = scenario(hurt, expected, arguments.hits or (short if arguments.short else long)), True
            except Exception as error:  # noqa: BLE001 — told, and the other scenarios follow
                words, good = str(error) if isinstance(error, cluster.Fault) else traceback.format_exc(), False
            say(name, words, good=good, took_s=time.monotonic() - begun_s)
            all_good &= good
        try:
            hurt.end()
            say("nothing_is_left", checks.check_nothing_is_left(hurt))
        except cluster.Fault as fault:
            say("nothing_is_left", str(fault), good=False)
            all_good = False
    return 0 if all_good else 1


def _configure(home: Path) -> None:
    from mpr.embedded.places import Places

    addresses = Places(home).addresses
    for folder in ("static", "media_in", "media_out", "log"):
        (home / folder).mkdir()
    home.chmod(0o711)  # root's PostgreSQL runs as another user
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "tests.fault.settings",
        "MPR_HOME": str(home),
        "MPR_SECRET_KEY": "a key for tests that guards nothing",
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "FAULT_JOURNAL": str(home / "journal"),
    }
    (home / "journal").touch()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fault", description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="which scenarios to run; all when none is named")
    parser.add_argument("--short", action="store_true", help="a few hits per scenario instead of many")
    parser.add_argument("--hits", type=int, help="how often to hit, instead of the form's own number")
    parser.add_argument("--seed", type=int, help="repeats a run's choices; drawn when it is not given")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--keep", action="store_true", help="leave the home folder with its logs behind")
    return parser


if __name__ == "__main__":
    sys.exit(main())
