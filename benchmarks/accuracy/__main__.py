"""Measure what MPR sees and what it costs, clip by clip, beside the script that a user would write instead.

`python -m benchmarks.accuracy FOLDER`, or `make bench-accuracy CLIPS=FOLDER`. Prints tables and goals and, when told
where, keeps them as JSON with every report. Ends with 0 whatever is measured: numbers depend on the machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.accuracy.clips import find_clips
from benchmarks.engine.home import temporary_home
from detection.overrides import parse_overrides
from mpr.errors import MprError


def main() -> int:
    parser = _parser()
    arguments = parser.parse_args()
    try:
        clips = find_clips(arguments.folder, arguments.clips)
        overrides = parse_overrides(arguments.set)
    except MprError as error:
        parser.error(error.message)
    with temporary_home("benchmarks.accuracy.settings", keep=arguments.keep):
        from benchmarks.accuracy.measure import measure

        measure(
            clips, profile=arguments.profile, overrides=overrides, jobs=arguments.jobs,
            with_script=not arguments.no_naive, name=arguments.name, out=arguments.out,
        )  # fmt: skip
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds X.mp4, X.truth.json and X.brands.csv for each clip")
    parser.add_argument("--clips", nargs="+", default=[], metavar="X", help="these clips only")
    parser.add_argument("--no-naive", action="store_true", help="leave the script out")
    parser.add_argument("--profile", default="generic_video", help="the profile of MPR's jobs (default %(default)s)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="STAGE.SETTING=VALUE", help="another setting, for this run"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes (default: one per CPU)"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep tables and reports there as JSON")
    parser.add_argument("--name", default="accuracy", help="what to call them there (default %(default)s)")
    parser.add_argument("--keep", action="store_true", help="leave the home folder with its logs behind")
    return parser


if __name__ == "__main__":
    sys.exit(main())
