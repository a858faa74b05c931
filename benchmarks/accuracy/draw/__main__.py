"""Draw clips to measure accuracy on: `python -m benchmarks.accuracy.draw OUT --count 24 --seed 1`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2

from benchmarks.accuracy.draw.plan import KINDS, plan_clip, write_clip


def main() -> int:
    arguments = _parser().parse_args()
    numbers = [n for n in range(arguments.count) if not arguments.kinds or KINDS[n % len(KINDS)] in arguments.kinds]
    with ProcessPoolExecutor(max_workers=arguments.jobs, initializer=_step_back) as pool:
        for line in pool.map(partial(_draw, folder=arguments.out, seed=arguments.seed), numbers):
            print(line, flush=True)
    return 0


def _step_back() -> None:
    """Work on one thread, and after all other work of the machine."""
    os.nice(10)
    cv2.setNumThreads(1)


def _draw(number: int, *, folder: Path, seed: int) -> str:
    """Draw one clip in this process; returns what to say of it."""
    begun_s = time.monotonic()
    plan = plan_clip(number, seed=seed)
    write_clip(plan, folder, seed=seed)
    reel = plan.reel
    length_s = reel.frame_count / reel.fps
    return (
        f"{plan.name}: {reel.width_px} × {reel.height_px}, {length_s:.1f} s at {reel.fps}, {len(reel.shots)} shots, "
        f"drawn in {time.monotonic() - begun_s:.0f} s"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy.draw", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for X.mp4, X.truth.json and X.brands.csv of each clip")
    parser.add_argument("--count", type=int, default=24, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws others (default %(default)s)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[], help="of these kinds alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per CPU)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
