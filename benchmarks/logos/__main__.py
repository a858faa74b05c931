"""Measure how logos are found: make bench-logos.

    python -m benchmarks.logos CACHE_DIR --out FOLDER --pictures 100

CACHE_DIR keeps the logo sets that npm gives. The brands are held out: the network that ships never learnt them.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import cv2
from rich.console import Console

from benchmarks.engine.tables import Finding, keep, show
from benchmarks.logos.measure import measure
from benchmarks.logos.scenes import Scene, benchmark
from benchmarks.logos.searching import Method, features_only, network_only, shipped
from benchmarks.logos.telling import goals, growth_sheet, sheets
from detection.logos.embedding import Embedder, load_embedder
from detection.logos.gallery import ExemplarPicture, Gallery, build_gallery
from detection.logos.matching import Networks
from detection.logos.pairing import load_comparer
from detection.logos.scout import load_scout
from training.logos.sources import LOGO_PACKS, Drawing, drawings

_GROWTH = (10, 100, 1000)
_TIMED_PICTURES = 8
# From this cosine on the network alone claims a brand; about where it errs as seldom as all together do.
_NETWORK_THRESHOLD = 0.93


def main() -> None:
    """Draw the scenes, search them in each way, print tables and write them as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logos", description=main.__doc__)
    parser.add_argument("cache", type=Path, help="the folder that keeps the logo sets")
    parser.add_argument("--out", type=Path, default=Path(".mpr/benchmarks"), help="where results go (%(default)s)")
    parser.add_argument("--pictures", type=int, default=100, help="pictures of each kind (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws others (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="threads that each part may use (%(default)s)")
    parser.add_argument("--alone", action="store_true", help="only the shipped way, not its parts for comparison")
    given = parser.parse_args()
    load_before = os.getloadavg()[0]
    cv2.setNumThreads(given.threads)
    asked = benchmark(given.cache, pictures=given.pictures, seed=given.seed)
    drawn, targets = asked.scenes, asked.targets
    scout, embedder = load_scout(given.threads, "auto"), load_embedder(given.threads, "auto")
    gallery = ready(build_gallery(_pictures(targets), embedder))
    methods: dict[str, Method] = {
        "as shipped": shipped(scout, Networks(embedder=embedder, comparer=load_comparer(given.threads, "auto")))
    }
    if not given.alone:
        methods["network only"] = network_only(scout, embedder, _NETWORK_THRESHOLD)
        methods["local features only"] = features_only
    found = {name: measure(method, drawn, gallery) for name, method in methods.items()}
    bare = [scene for scene in drawn if not scene.shown][:_TIMED_PICTURES] + drawn[:_TIMED_PICTURES]
    growth = _growth(asked.known, given.cache, methods["as shipped"], bare, embedder)
    settings = {"seed": given.seed, "pictures": len(drawn), "exemplars": len(targets), "threads": given.threads}
    finding = Finding(
        name="logos", settings=settings, sheets=[*sheets(found), growth_sheet(growth)],
        goals=goals(found["as shipped"], growth), details={name: vars(one)["seconds"] for name, one in found.items()},
    )  # fmt: skip
    show(finding, Console(width=140))
    print(keep(finding, given.out, load_before=load_before))


def _pictures(given: Sequence[Drawing]) -> list[ExemplarPicture]:
    return [ExemplarPicture(brand=drawing.brand, picture=drawing.picture) for drawing in given]


def ready(gallery: Gallery) -> Gallery:
    """The gallery with everything computed that it keeps."""
    for exemplar in gallery.exemplars:
        _ = exemplar.features, exemplar.sketch, exemplar.squares
    return gallery


def _growth(
    known: Sequence[Drawing], cache: Path, method: Method, pictures: Sequence[Scene], embedder: Embedder
) -> dict[int, float]:
    """Median CPU seconds a picture by the number of exemplars. Beyond the held-out brands others fill up."""
    every = list(known)
    for drawing in drawings(LOGO_PACKS[2], cache):
        if len(every) >= max(_GROWTH):
            break
        every.append(drawing)
    taken = {}
    for count in _GROWTH:
        gallery = ready(build_gallery(_pictures(every[:count]), embedder))
        taken[len(gallery.exemplars)] = median(measure(method, pictures, gallery).cpu_seconds)
    return taken


if __name__ == "__main__":
    main()
