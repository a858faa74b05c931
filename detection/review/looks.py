"""Which findings without a reading look alike: worked out behind the pages, from what a job stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from detection.evidence import parse_evidence
from detection.models import Airing
from detection.records import Evidence, Regions
from detection.regions import unpack
from detection.review.alike import LONGEST, difference_hash, gathered_by_hash, gathered_by_vector
from detection.review.models import OpenQuestion
from mpr.errors import MprError, NotFound, Unavailable
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of, read_output
from mpr.messages import send

_TASK = "detection.review.tasks.tell_looks"
_QUEUE = "control"
_LEAST_OVERLAP = 0.3
_LEAST_PX = 4
# A job with more of them has other troubles; the rest is decided one by one.
_MOST = 5000

Vector = NDArray[np.float32]


def ask_for_looks(job: Job) -> None:
    """Have a worker tell the looks of a job's findings, when some are not known. Where the broker does not answer they
    are asked for again when the page is opened."""
    if not any(_unknown(job)):
        return
    try:
        send(_TASK, str(job.pk), queue=_QUEUE)
    except Unavailable:
        return


def tell_looks(job_id: UUID) -> int:
    """Write the looks of a job's findings that have none; returns of how many."""
    job = Job.objects.filter(pk=job_id).select_related("timeline").first()
    if job is None:
        return 0
    told = 0
    for model in (Airing, OpenQuestion):
        rows: list[Any] = list(model.objects.filter(job=job, look="").order_by("start_s", "pk")[:_MOST])
        if not rows:
            continue
        for row, look in zip(rows, _looks(job, rows), strict=True):
            row.look = look
        model.objects.bulk_update(rows, ["look"], batch_size=500)
        told += len(rows)
    return told


def _unknown(job: Job) -> Iterator[bool]:
    yield job.airings.filter(look="").exists()
    yield job.open_questions.filter(look="").exists()


def _looks(job: Job, rows: Sequence[Any]) -> list[str]:
    """A look for each; what nothing is known of looks like nothing else."""
    evidence = [_evidence(row) for row in rows]
    vectors = _vectors(job, evidence)
    looks = [f"-{row.pk}" for row in rows]
    by_brand: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        by_brand.setdefault(row.brand_name, []).append(place)
    for brand, places in by_brand.items():
        with_vector = [place for place in places if place in vectors]
        if with_vector:
            stacked = np.stack([vectors[place] for place in with_vector])
            for place, number in zip(with_vector, gathered_by_vector(stacked), strict=True):
                looks[place] = f"v:{number}|{brand.casefold()}"[:LONGEST]
        hashes = {place: one for place in places if place not in vectors if (one := _hash(job, evidence[place]))}
        for place, number in zip(hashes, gathered_by_hash(list(hashes.values())), strict=True):
            looks[place] = f"h:{number}|{brand.casefold()}"[:LONGEST]
    return looks


def _evidence(row: Any) -> Evidence | None:
    try:
        found = parse_evidence(row.evidence)
    except NotFound:
        return None
    return found if len(found.polygon) > 2 else None


def _vectors(job: Job, evidence: Sequence[Evidence | None]) -> dict[int, Vector]:
    """By place the vector of the region that lies where the evidence's outline does."""
    wanted: dict[int, list[int]] = {}
    for place, one in enumerate(evidence):
        if one is not None:
            wanted.setdefault(one.frame.seq, []).append(place)
    found: dict[int, Vector] = {}
    try:
        shards = read_output(job, "embed_regions")
        for regions in shards if wanted else ():
            if wanted.keys() & set(regions.seqs):
                found |= _of_shard(regions, wanted, evidence)
    except MprError:
        # It was skipped, or is no longer stored.
        return found
    return found


def _of_shard(regions: Regions, wanted: dict[int, list[int]], evidence: Sequence[Evidence | None]) -> dict[int, Vector]:
    columns = unpack(regions)
    low, high = columns.quad_px.min(axis=1), columns.quad_px.max(axis=1)
    found: dict[int, Vector] = {}
    for seq in wanted.keys() & set(regions.seqs):
        rows = np.flatnonzero(columns.seq == seq)
        for place in wanted[seq]:
            one = evidence[place]
            if one is None or not len(rows):
                continue
            points = np.array(one.polygon) * (one.frame.width_px, one.frame.height_px)
            shares = _overlap(low[rows], high[rows], points.min(axis=0), points.max(axis=0))
            if shares.max() >= _LEAST_OVERLAP:
                found[place] = columns.vectors[rows[int(shares.argmax())]]
    return found


def _overlap(low: Any, high: Any, first: Any, last: Any) -> Any:
    """The share of what both cover in what either covers, of boxes with one box."""
    sides = np.maximum(np.minimum(high, last) - np.maximum(low, first), 0)
    both = sides[:, 0] * sides[:, 1]
    either = (high - low).prod(axis=1) + (last - first).prod() - both
    return both / np.maximum(either, 1e-9)


def _hash(job: Job, evidence: Evidence | None) -> int | None:
    """None for what cannot be cut out any more; 0, which an even surface gives, tells nothing either."""
    if evidence is None:
        return None
    try:
        image = frames_of(job).read(evidence.frame)
    except MprError:
        return None
    points = np.array(evidence.polygon) * (image.shape[1], image.shape[0])
    (left, top), (right, bottom) = points.min(axis=0).astype(int).clip(0), np.ceil(points.max(axis=0)).astype(int)
    crop = image[top:bottom, left:right]
    return difference_hash(crop) if min(crop.shape[:2]) >= _LEAST_PX else None
