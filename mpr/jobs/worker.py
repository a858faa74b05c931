"""What a Celery worker does besides its tasks: sweep for lost work, and hand back its shards when it must stop."""

from __future__ import annotations

import logging
import os
import random
import signal
import threading
from typing import Any

import psutil
from celery.signals import worker_process_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from mpr.errors import Unavailable
from mpr.jobs.leases import STOPPING
from mpr.jobs.sweep import sweep

logger = logging.getLogger(__name__)


@worker_process_init.connect
def listen_for_the_end(**given: Any) -> None:
    """Pool processes ignore SIGTERM; the worker tells them by SIGUSR2 that the end is near."""
    signal.signal(signal.SIGUSR2, lambda number, frame: STOPPING.set())


@worker_shutting_down.connect
def tell_the_pool(**given: Any) -> None:
    """Have running shards given back at once instead of being finished first (a spot machine has seconds)."""
    _swept_enough.set()
    for child in psutil.Process(os.getpid()).children():
        child.send_signal(signal.SIGUSR2)


@worker_ready.connect
def start_sweeping(**given: Any) -> None:
    """Sweep until the worker shuts down."""
    threading.Thread(target=_keep_sweeping, name="sweep", daemon=True).start()


_swept_enough = threading.Event()


def _keep_sweeping() -> None:
    while not _swept_enough.wait(settings.MPR_SWEEP_S * random.uniform(0.7, 1.3)):
        try:
            swept = sweep()
        except (DatabaseError, Unavailable) as error:
            logger.warning("could not sweep for lost work: %s", error)
        else:
            if swept is not None and (swept.lapsed or swept.shards_sent or swept.jobs_sent or swept.overdue):
                logger.info("swept: %s", swept)
        finally:
            # An open connection must not be inherited by a pool process that is forked later.
            connection.close()
