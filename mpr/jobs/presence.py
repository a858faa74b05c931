"""Which workers there are: each writes a sign of life into the database every few seconds.

A page that counts them asks the database and never waits for the broker. That a worker gives signs of life says
nothing of whether it gets on with a shard; the shard's lease does.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import psutil
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from mpr.jobs.models import WorkerSign

logger = logging.getLogger(__name__)

# So many signs of life in a row may fail to come before a worker counts as gone.
_MISSED = 3
_KEEP = timedelta(days=1)
_over = threading.Event()


@dataclass(frozen=True, kw_only=True)
class Self:
    """What a worker says of itself once and for all."""

    name: str
    queues: Sequence[str]
    slots: int
    started_at: datetime


def every_s() -> float:
    return float(settings.MPR_SWEEP_S)


def since() -> datetime:
    """A worker that was seen after this moment is online."""
    return timezone.now() - timedelta(seconds=every_s() * _MISSED)


def online() -> int:
    """How many workers are online."""
    return WorkerSign.objects.filter(seen_at__gt=since()).count()


def beat(me: Self) -> None:
    """One sign of life, with the processes under which this worker holds leases."""
    host = socket.gethostname()
    children = psutil.Process(os.getpid()).children()
    WorkerSign.objects.update_or_create(
        name=me.name,
        defaults={
            "host": host,
            "version": version("mpr"),
            "queues": list(me.queues),
            "slots": me.slots,
            "owners": [f"{host}:{child.pid}" for child in children] or [f"{host}:{os.getpid()}"],
            "started_at": me.started_at,
            "seen_at": timezone.now(),
        },
    )


def leave(name: str) -> None:
    """A worker that ends in peace is forgotten at once; those that never said goodbye after a day."""
    WorkerSign.objects.filter(name=name).delete()
    WorkerSign.objects.filter(seen_at__lt=timezone.now() - _KEEP).delete()


@worker_ready.connect
def begin(sender: Any, **given: Any) -> None:
    """Give signs of life until the worker shuts down."""
    queues = sorted(sender.app.amqp.queues.consume_from)
    me = Self(
        name=sender.hostname, queues=queues, slots=int(sender.controller.concurrency or 1), started_at=timezone.now()
    )
    threading.Thread(target=_keep_beating, args=[me], name="presence", daemon=True).start()


@worker_shutting_down.connect
def end(**given: Any) -> None:
    _over.set()


def _keep_beating(me: Self) -> None:
    while not _over.is_set():
        _say(beat, me)
        _over.wait(every_s())
    _say(leave, me.name)


def _say(what: Any, about: Any) -> None:
    try:
        what(about)
    except DatabaseError as error:
        logger.warning("could not give a sign of life: %s", error)
    finally:
        # An open connection must not be inherited by a pool process that is forked later.
        connection.close()
