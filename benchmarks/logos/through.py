"""Footage goes through MPR as a user's would, asked for the logos of galleries of brands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
from django.core.management import call_command
from django.db import connection

from benchmarks.accuracy.clips import Clip
from training.logos.sources import Drawing


class Claim(NamedTuple):
    """An airing that rests on a logo."""

    clip: str
    brand: str
    start_s: float
    end_s: float
    confidence: float


def claimed(
    clips: Sequence[Clip], galleries: Sequence[Sequence[Drawing]], *, jobs: int
) -> Iterator[tuple[float, list[Claim]]]:
    """For each clip and gallery the clip's length in seconds and what is claimed in it. The clip is analysed for the
    first gallery; for the others matching alone runs. Needs `temporary_home`; `jobs` is how many workers there are."""
    # Django has to be set up before models are imported.
    from mpr.processes import workers
    from mpr.workspaces.models import Workspace
    from profiles.shipped import sync_profiles

    call_command("migrate", verbosity=0, interactive=False)
    sync_profiles()
    workspace = Workspace.objects.default()
    asked = [_keep(gallery, number, workspace) for number, gallery in enumerate(galleries)]
    connection.close()  # workers inherit nothing of ours but its settings
    with workers(jobs):
        for clip in clips:
            yield from _claims(clip, asked, workspace)


def _keep(gallery: Sequence[Drawing], number: int, workspace: object) -> dict[str, str]:
    """Brands with one exemplar each: whose each name is. The names are such that no text is read as one of them."""
    from brands.exemplars import add_exemplar
    from brands.lists import BrandRow, upsert_brands

    names = {f"§{number} {drawing.brand}§": drawing for drawing in gallery}
    brands = upsert_brands([BrandRow(canonical_name=name, aliases=()) for name in names], workspace=workspace)
    for brand in brands:
        drawing = names[brand.canonical_name]
        add_exemplar(brand, cv2.imencode(".png", drawing.picture)[1].tobytes(), called=f"{drawing.brand}.png")
    return {name: drawing.brand for name, drawing in names.items()}


def _claims(clip: Clip, asked: Sequence[dict[str, str]], workspace: object) -> Iterator[tuple[float, list[Claim]]]:
    from benchmarks.engine.rows import wait_for
    from detection.models import AiringMethod
    from mpr.assets.ingest import ingest
    from mpr.assets.timelines import timeline_of
    from mpr.jobs.create import create_job

    timeline = timeline_of(ingest(clip.video, workspace=workspace), profile_name="generic_video")
    for names in asked:
        job = create_job(timeline, profile_name="generic_video", overrides={"match_brands": {"brands": list(names)}})
        wait_for(job)
        yield (
            timeline.source_asset.duration_s,
            [
                Claim(clip.name, names[one.brand_name], one.start_s, one.end_s, one.confidence)
                for one in job.airings.filter(method=AiringMethod.LOGO)
            ],
        )
