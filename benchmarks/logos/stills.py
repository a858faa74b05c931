"""Measure match_logos as a user meets it: the benchmark's pictures go through MPR as footage, each for some seconds.

    python -m benchmarks.logos.stills CACHE_DIR --pictures 40 --seed 1

CACHE_DIR keeps the logo sets and photographs that npm gives. What a report claims is held against what each picture
shows: a brand counts once a picture. So this measures all that lies between a video and its report, which the search
by itself (python -m benchmarks.logos) does not: encoding, shots, tracks, shared-out closer looks, clarity.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.accuracy.clips import Clip
from benchmarks.engine.home import temporary_home
from benchmarks.engine.tables import Finding, Goal, Sheet, keep, show
from benchmarks.logos.measure import MODERATE_BLUR, Tally, asked
from benchmarks.logos.programme import show_stills
from benchmarks.logos.scenes import SHOWING, Scene, benchmark
from benchmarks.logos.telling import FALSE_SHARE, LEAST_PX, RECALL
from benchmarks.logos.through import Claim, claimed

# A brand is claimed for a picture by an airing that covers so much of its time.
_LEAST_SHARE = 0.3


def main() -> int:
    """Show the pictures, ask for the brands, and print what was claimed rightly and falsely."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logos.stills", description=main.__doc__)
    parser.add_argument("cache", type=Path, help="the folder that keeps the logo sets")
    parser.add_argument("--pictures", type=int, default=40, help="pictures of each kind (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws others (%(default)s)")
    parser.add_argument("--hold-s", type=float, default=2.0, help="how long each is shown (%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="worker processes (one per CPU)")
    parser.add_argument("--out", type=Path, default=Path(".mpr/benchmarks"), help="where results go (%(default)s)")
    given = parser.parse_args()
    load_before = os.getloadavg()[0]
    drawn = benchmark(given.cache, pictures=given.pictures, seed=given.seed)
    with tempfile.TemporaryDirectory() as folder, temporary_home("benchmarks.accuracy.settings"):
        film = show_stills((scene.image for scene in drawn.scenes), given.hold_s, Path(folder) / "stills.mp4")
        ((_, claims),) = claimed([Clip("stills", film)], [drawn.targets], jobs=given.jobs)
    settings = {"seed": given.seed, "pictures": len(drawn.scenes), "brands": len(drawn.targets), "hold_s": given.hold_s}
    found, false = compared(drawn.scenes, claims, given.hold_s)
    show(finding := _finding(found, false, settings), Console(width=140))
    print(keep(finding, given.out, load_before=load_before))
    return 0


def compared(
    scenes: Sequence[Scene], claims: Sequence[Claim], hold_s: float
) -> tuple[dict[str, Tally], list[tuple[int, str, str]]]:
    """By kind of scene how many of the brands that can be seen were claimed; and each claim that is false: the
    picture's place, its kind, the brand."""
    found = {kind: Tally() for kind in SHOWING}
    false: list[tuple[int, str, str]] = []
    for place, scene in enumerate(scenes):
        start_s, end_s = place * hold_s, (place + 1) * hold_s
        here = {
            claim.brand
            for claim in claims
            if min(claim.end_s, end_s) - max(claim.start_s, start_s) > _LEAST_SHARE * hold_s
        }
        false += [(place, scene.kind, brand) for brand in sorted(here - scene.brands)]
        if scene.kind in SHOWING:
            seen = {scene.shown[one].brand for one in asked(scene, least_px=LEAST_PX, most_blur=MODERATE_BLUR)}
            found[scene.kind].asked += len(seen)
            found[scene.kind].found += len(seen & here)
    return found, false


def _finding(found: dict[str, Tally], false: Sequence[tuple[int, str, str]], settings: dict[str, float]) -> Finding:
    whole = Tally(asked=sum(one.asked for one in found.values()), found=sum(one.found for one in found.values()))
    bare = [place for place, kind, _ in false if kind not in SHOWING]
    empty = round(settings["pictures"] / 2)
    share = len(set(bare)) / max(1, empty)
    return Finding(
        name="logos-stills", settings=settings,
        sheets=[
            Sheet(
                title=f"Brands that a picture shows, from {LEAST_PX} px at moderate blur",
                columns=["shown", "brands", "claimed", "recall"],
                rows=[[kind, one.asked, one.found, one.recall] for kind, one in found.items()], digits=3,
            ),
            Sheet(title="False claims", columns=["picture", "of these", "brand"], rows=[list(one) for one in false]),
        ],
        goals=[
            Goal(says=f"recall ≥ {RECALL}", found=f"{whole.recall:.3f} of {whole.asked}", met=whole.recall >= RECALL),
            Goal(
                says=f"false pictures ≤ {FALSE_SHARE:.0%} of {empty} without the brands", found=f"{share:.1%}",
                met=share <= FALSE_SHARE,
            ),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
