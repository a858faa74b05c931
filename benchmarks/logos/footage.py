"""Measure how often a logo is claimed in footage that shows none of those asked for: false airings per hour.

    python -m benchmarks.logos.footage CACHE_DIR CLIPS --galleries 3

CACHE_DIR keeps the logo sets that npm gives; CLIPS is a folder of clips as benchmarks.accuracy takes and draws them.
Every clip goes through MPR as it would for a user, then again with other brands, which runs matching alone. Each time
it is asked for the brands of one gallery: icons that no network learnt. Their names are such that no text is read as
one of them. With `--joined` the clips are one programme, among whose minutes closer looks are shared out as they would
be in a user's; clips of some seconds get many more. What is claimed is false, unless a clip does show a logo of the
sets: look at what is printed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.accuracy.clips import Clip, find_clips
from benchmarks.engine.home import temporary_home
from benchmarks.engine.tables import Finding, Goal, Sheet, keep, show
from benchmarks.logos.programme import join
from benchmarks.logos.through import Claim, claimed
from training.logos.sources import LOGO_PACKS, Drawing, icons

_BRANDS = 100
_MOST_AN_HOUR = 1.0


def main() -> int:
    """Ask every clip for every gallery and print what was claimed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logos.footage", description=main.__doc__)
    parser.add_argument("cache", type=Path, help="the folder that keeps the logo sets")
    parser.add_argument("folder", type=Path, help="holds the clips")
    parser.add_argument("--galleries", type=int, default=3, help=f"so many times {_BRANDS} brands (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed asks for others together (%(default)s)")
    parser.add_argument("--joined", action="store_true", help="the clips one after another, as one programme")
    parser.add_argument("--of-rule", action="store_true", help="brands that the rule's numbers were learnt on")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes (one per CPU)")
    parser.add_argument("--out", type=Path, default=Path(".mpr/benchmarks"), help="where results go (%(default)s)")
    given = parser.parse_args()
    clips = find_clips(given.folder)
    known = icons(LOGO_PACKS, given.cache, of_rule=given.of_rule)
    order = np.random.default_rng(given.seed).permutation(len(known))
    galleries = [
        [known[place] for place in order[first :: given.galleries][:_BRANDS]] for first in range(given.galleries)
    ]
    with tempfile.TemporaryDirectory() as folder, temporary_home("benchmarks.accuracy.settings"):
        if given.joined:
            programme = join([clip.video for clip in clips], Path(folder) / "programme.mp4")
            clips = [Clip("programme", programme)]
        _measure(clips, galleries, jobs=given.jobs, out=given.out)
    return 0


def _measure(clips: Sequence[Clip], galleries: Sequence[Sequence[Drawing]], *, jobs: int, out: Path) -> None:
    load_before = os.getloadavg()[0]
    claims: list[Claim] = []
    seen_s = 0.0
    for duration_s, found in claimed(clips, galleries, jobs=jobs):
        seen_s += duration_s
        claims += found
        for claim in found:
            print(*claim, sep="  ", flush=True)
    hours = seen_s / 3600
    rate = len(claims) / hours
    finding = Finding(
        name="logos-footage",
        settings={"clips": len(clips), "brands": [len(gallery) for gallery in galleries], "hours": hours},
        sheets=[
            Sheet(
                title="Logos claimed in footage without the brands asked for",
                columns=["clip", "brand", "from s", "to s", "confidence"], rows=claims, digits=2,
            )
        ],
        goals=[
            Goal(says=f"≤ {_MOST_AN_HOUR:g} false airing an hour, {hours:.2f} hours", found=f"{rate:.2f}",
                 met=rate <= _MOST_AN_HOUR)
        ],
    )  # fmt: skip
    show(finding, Console(width=140))
    print(keep(finding, out, load_before=load_before))


if __name__ == "__main__":
    sys.exit(main())
