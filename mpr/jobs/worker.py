"""What a Celery worker does besides its tasks: sweep for lost work, and hand back its shards when it must stop."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import threading
import time
from typing import Any

import cv2
import psutil
from celery.signals import task_prerun, worker_init, worker_process_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from mpr.errors import Unavailable
from mpr.jobs.leases import STOPPING
from mpr.jobs.sweep import sweep

logger = logging.getLogger(__name__)

# A stage that is deaf (a model, a decoder) has this long to come to an end after its shard was given back.
LEAVE_AFTER_S = 5.0
# New objects that are looked through for cycles at a time; Python's own 700 suits programs that keep little.
_YOUNG_OBJECTS = 10_000


@worker_init.connect
def bound_transactions(**given: Any) -> None:
    """A process that freezes, or whose machine vanishes, in the midst of a transaction holds the job's row, and nobody
    else could go on with the job: PostgreSQL ends such a session after the time of a lease."""
    connection_created.connect(_bound_transactions, dispatch_uid="mpr.jobs.worker")


def _bound_transactions(connection: BaseDatabaseWrapper, **given: Any) -> None:
    with connection.cursor() as cursor:
        longest = f"{settings.MPR_LEASE_S}s"
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, false)", [longest])


@task_prerun.connect
def look_at_connections(**given: Any) -> None:
    """Tasks of a process share a connection; one that is too old or has failed is replaced, as between two requests."""
    close_old_connections()


@worker_process_init.connect
def collect_seldom(**given: Any) -> None:
    """Timeline stages hold records by the hundred thousand; looking through them again and again, and through all that
    is imported, takes up to a third of their time (benchmarks/engine, replay)."""
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])


@worker_process_init.connect
def leave_cores_to_others(**given: Any) -> None:
    """OpenCV would split each small picture among all cores, which costs more than it gives."""
    cv2.setNumThreads(1)


@worker_process_init.connect
def listen_for_the_end(**given: Any) -> None:
    """Pool processes ignore SIGTERM; the worker tells them by SIGUSR2 that the end is near."""
    # Python runs a signal's handler between two steps of the main thread, which a deaf stage may not take for long; a
    # thread that waits for the signal hears it at once.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    threading.Thread(target=_leave_when_told, name="end", daemon=True).start()


def _leave_when_told() -> None:
    signal.sigwait([signal.SIGUSR2])
    STOPPING.set()
    time.sleep(LEAVE_AFTER_S)
    logger.warning("process %s leaves in the midst of its stage", os.getpid())
    os._exit(0)


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
        except Exception:
            # Whatever one sweep meets, the next must come: nothing else takes back what a dead worker held.
            logger.exception("the sweep for lost work failed")
        else:
            if swept is not None and (swept.lapsed or swept.shards_sent or swept.jobs_sent or swept.overdue):
                logger.info("swept: %s", swept)
        finally:
            # An open connection must not be inherited by a pool process that is forked later.
            connection.close()
