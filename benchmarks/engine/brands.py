"""A brand comes to a job that is done: seconds, and that nothing else ran.

The timeline is as long as a broadcast. Everything up to the readings is stored as benchmarks.engine.broadcast gives it;
the pictures are those of the sample broadcast, over and over, and what is stored of their regions is what embed_regions
finds in them. Each round adds a brand with its name and one picture, cut from a frame, and looks for it.
"""

from __future__ import annotations

import io
from functools import cached_property
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import av
import numpy as np
from django.utils import timezone
from PIL import Image as Pillow

from benchmarks.engine.broadcast import FPS, Broadcast, brand_names
from benchmarks.engine.replay import make_brands
from benchmarks.engine.rows import make_timeline, play, wait_for, warm_workers
from benchmarks.engine.tables import Finding, Goal, Sheet
from brands.exemplars import add_exemplar
from brands.lists import BrandRow, upsert_brands
from brands.models import Brand
from detection.cropping import add_crop
from detection.logos.embedding import load_embedder
from detection.logos.scout import load_scout
from detection.quads import bounds
from detection.recognition.riding import Riders
from detection.records import Regions
from detection.regions import Found, pack, unpack
from detection.rematch import rematch
from detection.sample import draw_broadcast
from detection.sample.typefaces import DISPLAY_FACES, ink
from detection.stages.embed_regions import Config, look_at
from mpr.jobs.create import create_job
from mpr.jobs.models import Job
from mpr.jobs.outputs import read_output
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Frame, Image, encode_jpeg
from mpr.storage.buckets import timeline_folder
from mpr.workspaces.models import Workspace

_PROFILE = "soccer_broadcast"
_WORKERS = 2
_GOAL_S = 30.0
_MAY_RUN = {"match_brands", "match_logos", "compile_report"}
"""And what vision models are asked, where one is configured."""


def measure(*, small: bool) -> Finding:
    duration_s, exemplars, rounds = (120.0, 10, 1) if small else (3600.0, 99, 3)
    make_brands()
    _make_exemplars(exemplars)
    job = create_job(make_timeline(duration_s, profile_name=_PROFILE), profile_name=_PROFILE)
    filmed = Filmed(duration_s, timeline_folder(job.timeline_id), drawn_s=4.0 if small else 28.0)
    play(job, {**filmed.outputs(), "embed_regions": filmed.regions})
    took_s, rows = [], []
    with warm_workers(_WORKERS):
        wait_for(job)
        rows.append([f"all {exemplars} exemplars at first", "", *_seconds(job)])
        for number in range(rounds):
            name = _add_brand(job, filmed, number)
            called_at = timezone.now()
            child = rematch(job).job
            wait_for(child)
            assert child.finished_at is not None
            took_s.append((child.finished_at - called_at).total_seconds())
            rows.append([f"with {name}", took_s[-1], *_seconds(child)])
    worked = set(child.stage_runs.filter(shards__attempts__gt=0).values_list("stage_name", flat=True))
    regions = job.outputs.get(stage_name="embed_regions").output["counts"]
    return Finding(
        name="brands",
        settings={"duration_s": duration_s, "exemplars": exemplars + rounds, "workers": _WORKERS, **regions,
                  "counts": {row.stage_name: row.output["counts"] for row in child.outputs.all()}},
        sheets=[
            Sheet(
                title="A brand with a name and a picture, from the call to the completed job: s",
                columns=["", "all", *sorted(_MAY_RUN)], rows=rows, digits=2,
            ),
            Sheet(
                title="Stages of the last job", columns=["stage", "state", "shards worked on"],
                rows=[[run.stage_name, run.state, run.shards.filter(attempts__gt=0).count()]
                      for run in child.stage_runs.order_by("place")],
            ),
        ],
        goals=[
            Goal(says=f"under {_GOAL_S:g} s", found=f"{median(took_s):.1f} s", met=median(took_s) < _GOAL_S),
            Goal(says="nothing but matching and the report ran", found=", ".join(sorted(worked)),
                 met=worked <= _MAY_RUN),
        ],
    )  # fmt: skip


class Filmed(Broadcast):
    """The broadcast with pictures: two frames a second of the sample broadcast, over and over, in one pack."""

    def __init__(self, duration_s: float, blobs: Blobs, *, drawn_s: float) -> None:
        super().__init__(duration_s)
        self._drawn_s = drawn_s
        self._places: list[tuple[int, int]] = []
        pack_bytes = bytearray()
        for picture in self.pictures:
            jpeg = encode_jpeg(picture, quality=90)
            self._places.append((len(pack_bytes), len(jpeg)))
            pack_bytes += jpeg
        blobs.write("frames.pack", bytes(pack_bytes))

    @cached_property
    def pictures(self) -> list[Image]:
        with TemporaryDirectory() as folder:
            return _every(draw_broadcast(Path(folder), duration_s=self._drawn_s).video, 1 / FPS)

    @cached_property
    def looks(self) -> list[Found]:
        """What is found in each picture."""
        networks = load_scout(2, "cpu"), load_embedder(2, "cpu")
        nobody = Riders([], (), 0)
        return [look_at(picture, 0, [], nobody, networks, Config()) for picture in self.pictures]

    def regions(self, span: Span) -> Regions:
        found = [(seq, self.looks[seq % len(self.looks)]) for seq in self._seqs(span)]
        return pack(
            [
                Found(seq=seq, quads=one.quads, vectors=one.vectors, marks=one.marks, sharpness=one.sharpness,
                      contrast=one.contrast, tracks=one.tracks)
                for seq, one in found
            ],
            dimensions=self.looks[0].vectors.shape[1],
        )  # fmt: skip

    def _frame(self, seq: int) -> Frame:
        offset, size = self._places[seq % len(self._places)]
        return Frame(
            seq=seq, pts_s=seq / FPS, width_px=1280, height_px=720, pack="frames.pack", offset=offset, size=size
        )


def _every(video: Path, step_s: float) -> list[Image]:
    """Its pictures at such steps."""
    pictures: list[Image] = []
    with av.open(str(video)) as file:
        for frame in file.decode(video=0):
            if frame.time is not None and frame.time >= len(pictures) * step_s - 1e-6:
                pictures.append(np.asarray(frame.to_ndarray(format="bgr24"), np.uint8))
    return pictures


def _make_exemplars(count: int) -> None:
    """Lettering for so many of the broadcast's brands: none of them is in the pictures, all might be."""
    for number, name in enumerate(brand_names(200)[:count]):
        brand = Brand.objects.get(workspace=Workspace.objects.default(), canonical_name=name)
        add_exemplar(brand, _lettering(name, number), called=name)


def _lettering(name: str, number: int) -> bytes:
    cover = np.pad(ink(name, DISPLAY_FACES[number % len(DISPLAY_FACES)], 96, 0.0), 8)
    data = io.BytesIO()
    Pillow.fromarray(np.dstack([np.full((*cover.shape, 3), 20, np.uint8), cover])).save(data, "PNG")
    return data.getvalue()


def _add_brand(job: Job, filmed: Filmed, number: int) -> str:
    """A brand nobody looked for, with the likeliest mark of a picture as its exemplar."""
    (brand,) = upsert_brands(
        [BrandRow(canonical_name=f"Newcomer {number + 1}", aliases=())], workspace=Workspace.objects.default()
    )
    scenes = read_output(job, "filter_scenes")[0]
    kept = scenes.frames[7 * (number + 1) % len(filmed.pictures)]
    columns = unpack(filmed.regions(Span(number=0, start_s=kept.frame.pts_s, end_s=kept.frame.pts_s + 0.1)))
    left, top, right, bottom = bounds(columns.quad(int(columns.marks.argmax())))
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    polygon = [(min(1.0, max(0.0, x / 1280)), min(1.0, max(0.0, y / 720))) for x, y in corners]
    add_crop(brand, job, time_s=kept.frame.pts_s, polygon=polygon)
    return brand.canonical_name


def _seconds(job: Job) -> list[float | str]:
    """How long each stage took that may run."""
    took: dict[str, float | str] = dict.fromkeys(sorted(_MAY_RUN), "")
    for run in job.stage_runs.filter(stage_name__in=_MAY_RUN):
        assert run.started_at is not None
        assert run.finished_at is not None
        took[run.stage_name] = (run.finished_at - run.started_at).total_seconds()
    return list(took.values())
