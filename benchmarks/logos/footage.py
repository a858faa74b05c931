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
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from django.core.management import call_command
from django.db import connection
from rich.console import Console

from benchmarks.accuracy.clips import Clip, find_clips
from benchmarks.engine.home import temporary_home
from benchmarks.logos.programme import join
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
    from benchmarks.engine.tables import Finding, Goal, Sheet, keep, show
    from mpr.processes import workers
    from mpr.workspaces.models import Workspace
    from profiles.shipped import sync_profiles

    load_before = os.getloadavg()[0]
    call_command("migrate", verbosity=0, interactive=False)
    sync_profiles()
    workspace = Workspace.objects.default()
    names = [_keep(gallery, number, workspace) for number, gallery in enumerate(galleries)]
    connection.close()  # workers inherit nothing of ours but its settings
    seen_s, claims = 0.0, []
    with workers(jobs):
        for clip in clips:
            for duration_s, found in _claims(clip, names, workspace):
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


def _keep(gallery: Sequence[Drawing], number: int, workspace: object) -> list[str]:
    """Brands with one exemplar each; their names."""
    from brands.exemplars import add_exemplar
    from brands.lists import BrandRow, upsert_brands

    rows = [BrandRow(canonical_name=f"§{number} {drawing.brand}§", aliases=()) for drawing in gallery]
    brands = upsert_brands(rows, workspace=workspace)
    for brand, drawing in zip(brands, gallery, strict=True):
        add_exemplar(brand, cv2.imencode(".png", drawing.picture)[1].tobytes(), called=f"{drawing.brand}.png")
    return [brand.canonical_name for brand in brands]


def _claims(
    clip: Clip, galleries: Sequence[Sequence[str]], workspace: object
) -> Iterator[tuple[float, list[tuple[str, str, float, float, float]]]]:
    """The clip's length and what is claimed in it by logos, gallery after gallery."""
    from benchmarks.engine.rows import wait_for
    from detection.models import AiringMethod
    from mpr.assets.ingest import ingest
    from mpr.assets.timelines import timeline_of
    from mpr.jobs.create import create_job

    timeline = timeline_of(ingest(clip.video, workspace=workspace), profile_name="generic_video")
    for names in galleries:
        job = create_job(timeline, profile_name="generic_video", overrides={"match_brands": {"brands": names}})
        wait_for(job)
        airings = job.airings.filter(method=AiringMethod.LOGO)
        yield (
            timeline.source_asset.duration_s,
            [(clip.name, one.brand_name, one.start_s, one.end_s, one.confidence) for one in airings],
        )


if __name__ == "__main__":
    sys.exit(main())
