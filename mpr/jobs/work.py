"""Running one shard in this process."""

from __future__ import annotations

import logging
import os
import socket
from functools import lru_cache
from uuid import UUID

from django.db import transaction

from mpr.errors import Interrupted, MprError
from mpr.events import log
from mpr.jobs import finish
from mpr.jobs.inputs import assemble, from_plain
from mpr.jobs.leases import Heartbeat, Lease, claim, give_back
from mpr.jobs.models import Shard
from mpr.jobs.patience import patiently
from mpr.pipeline import codec
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import FrameReader
from mpr.storage.buckets import media_in, media_out, timeline_folder
from profiles.families import registry
from profiles.plan import parse_plan

logger = logging.getLogger(__name__)


def run_shard(shard_id: int) -> None:
    """Claim a shard, compute it, hand in the result; nothing happens when there is nothing to do.

    What is said to the database is said again when it was away: the lease's token makes each of it safe to say twice.
    """
    lease = patiently(lambda: claim(shard_id, owner=f"{socket.gethostname()}:{os.getpid()}"))
    if lease is None:
        return
    failure: MprError
    try:
        with Heartbeat(lease) as heartbeat:
            key, counts = _compute(lease, heartbeat)
            if not patiently(lambda: finish.complete(lease, result_key=key, counts=counts)):
                logger.warning("refused the result of shard %s: its lease had passed on", shard_id)
            return
    except Interrupted:
        patiently(lambda: give_back(lease))
        return
    except MprError as error:
        failure = error
    except Exception as error:
        logger.exception("shard %s of %s failed", shard_id, lease.stage_name)
        failure = MprError(f"It stopped on an unexpected error ({type(error).__name__}: {error}).")
    patiently(lambda: finish.fail(lease, failure))


def _compute(lease: Lease, heartbeat: Heartbeat) -> tuple[str, dict[str, int]]:
    shard = patiently(lambda: Shard.objects.select_related("stage_run__job").get(pk=lease.shard_id))
    run = shard.stage_run
    stage = registry().stage(run.stage_name)
    span = Span(number=shard.number, start_s=shard.start_s, end_s=shard.end_s)
    folder = timeline_folder(run.job.timeline_id)
    place = f"{run.stage_name}/{run.cache_key[:20]}/{shard.number:05d}"
    inputs = assemble(stage, from_plain(run.inputs), span=span, blobs=folder, registry=registry())
    ctx = Context(
        span=span,
        blobs=folder,
        media=media_in,
        prefix=place,
        answers=media_out,
        frames=_frames(run.job.timeline_id),
        on_progress=heartbeat.progress,
        on_log=lambda level, message: patiently(lambda: _log(lease, level, message)),
    )
    output = stage.run(inputs, parse_plan(run.job.plan).configs[run.stage_name], ctx)
    # The token keeps a worker whose lease has passed on from overwriting the accepted result.
    key = f"{place}-{lease.token}.bin"
    folder.write(key, codec.encode(output))
    return key, output.counts()


@lru_cache(maxsize=2)
def _frames(timeline_id: UUID) -> FrameReader:
    """Decoded frames that consecutive stages on this worker share."""
    return FrameReader(timeline_folder(timeline_id))


def _log(lease: Lease, level: str, message: str) -> None:
    with transaction.atomic():
        log.append(lease.job_id, "log", {"stage": lease.stage_name, "level": level, "message": message})
