"""Doing the work that rows of `mpr.assets.prepared` stand for: under a lease, with a heartbeat, found again by a sweep.

As for shards (mpr.jobs.leases), who writes must still hold the current token, so a worker that was thought dead
changes nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from mpr import messages
from mpr.assets.intake.models import Intake
from mpr.assets.prepared import MediaChunk, Rendition, Work, WorkState
from mpr.errors import Interrupted, MprError, Unavailable
from mpr.pipeline.stage import Resource
from mpr.stopping import STOPPING

logger = logging.getLogger(__name__)

QUEUE = Resource.CPU.value
TASK = "mpr.assets.tasks.prepare"
Progress = Callable[[float], None]
MODELS: dict[str, type[Work]] = {"rendition": Rendition, "chunk": MediaChunk, "intake": Intake}
# What further kinds of work do; see `add_kind`.
ACTS: dict[type[Work], Callable[[Any, Progress], dict[str, Any]]] = {}
# A message this young may still be on its way.
_PATIENCE_S = 5.0
_AT_MOST = 1000
# A person waits for it.
_PRIORITY = 0
_RETRY_AFTER_S = 5.0


def add_kind(kind: str, model: type[Work], act: Callable[[Any, Progress], dict[str, Any]]) -> None:
    """Have workers do another app's kind of work, too, as `do` says. For that app's `ready`."""
    MODELS[kind] = model
    ACTS[model] = act


def send(work: Work) -> None:
    """Have a worker take it up, once what is written is committed. A broker that is away loses nothing: the sweep sends
    again."""
    transaction.on_commit(lambda: _send(work), robust=True)


def _send(work: Work, *, countdown_s: float = 0.0) -> None:
    try:
        messages.send(
            TASK, kind_of(work), str(work.pk), queue=QUEUE, countdown_s=countdown_s, priority=_PRIORITY
        )  # fmt: skip
    except Unavailable as error:
        logger.warning("%s is kept, and a sweep will send for it: %s", work, error)


def kind_of(work: Work) -> str:
    return next(kind for kind, model in MODELS.items() if isinstance(work, model))


def do(work: Work, act: Callable[[Work, Progress], dict[str, Any]]) -> None:
    """Claim it, do it, write down what came of it; nothing happens when it is done or in another's hand. `act` returns
    the fields of its result."""
    lease = _claim(work)
    if lease is None:
        return
    failure: MprError
    try:
        with _Heartbeat(lease) as heartbeat:
            work.refresh_from_db()
            result = act(work, heartbeat.progress)
            done = lease.held().update(
                state=WorkState.DONE, progress=1.0, error_message="", lease_expires_at=None,
                finished_at=timezone.now(), **result,
            )  # fmt: skip
            if not done:
                logger.warning("refused the result of %s: its lease had passed on", work)
            return
    except Interrupted:
        if lease.held().update(
            state=WorkState.PENDING, attempts=F("attempts") - 1, lease_expires_at=None, progress=0.0,
            due_at=timezone.now(),
        ):  # fmt: skip
            _send(work)
        return
    except MprError as error:
        failure = error
    except Exception as error:
        logger.exception("%s failed", work)
        failure = MprError(f"It stopped on an unexpected error ({type(error).__name__}: {error}).")
    _fail(lease, work, failure)


def _fail(lease: _Lease, work: Work, error: MprError) -> None:
    again = error.transient and work.attempts < settings.MPR_SHARD_ATTEMPTS
    wait_s = _RETRY_AFTER_S * 2**work.attempts
    written = lease.held().update(
        state=WorkState.PENDING if again else WorkState.FAILED,
        error_message=error.message,
        lease_expires_at=None,
        progress=0.0,
        due_at=timezone.now() + timedelta(seconds=wait_s if again else 0),
        finished_at=None if again else timezone.now(),
    )
    if written and again:
        _send(work, countdown_s=wait_s)


@dataclass(frozen=True, kw_only=True)
class _Lease:
    model: type[Work]
    pk: Any
    token: int

    def held(self) -> QuerySet[Any]:
        """The row, if the lease is still the current one; empty otherwise."""
        rows: QuerySet[Any] = self.model._default_manager.filter(
            pk=self.pk, state=WorkState.RUNNING, lease_token=self.token
        )
        return rows


def _claim(work: Work) -> _Lease | None:
    model = type(work)
    now = timezone.now()
    taken = model._default_manager.filter(pk=work.pk, state=WorkState.PENDING, due_at__lte=now).update(
        state=WorkState.RUNNING,
        lease_owner=f"{socket.gethostname()}:{os.getpid()}",
        lease_token=F("lease_token") + 1,
        lease_expires_at=now + timedelta(seconds=settings.MPR_LEASE_S),
        attempts=F("attempts") + 1,
        progress=0.0,
    )
    if not taken:
        return None
    token = model._default_manager.values_list("lease_token", flat=True).get(pk=work.pk)
    return _Lease(model=model, pk=work.pk, token=token)


class _Heartbeat:
    """Renews the lease and writes the progress from a thread of its own, and notices when the work is no longer
    wanted."""

    def __init__(self, lease: _Lease) -> None:
        self._lease = lease
        self._stop = threading.Event()
        self._unwanted = False
        self._share = 0.0
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{lease.pk}", daemon=True)

    def __enter__(self) -> _Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def progress(self, share: float) -> None:
        """Note how far it is. Raises Interrupted when it is no longer wanted or this worker is to stop."""
        self._share = min(1.0, share)
        if self._unwanted or STOPPING.is_set():
            raise Interrupted

    def _beat(self) -> None:
        try:
            while not self._stop.wait(min(0.5, settings.MPR_LEASE_S / 6)):
                try:
                    self._look()
                except DatabaseError as error:
                    logger.warning("%s: could not renew its lease: %s", self._lease.pk, error)
                    connection.close()
        finally:
            connection.close()

    def _look(self) -> None:
        kept = self._lease.held().update(
            lease_expires_at=timezone.now() + timedelta(seconds=settings.MPR_LEASE_S), progress=self._share
        )
        self._unwanted = not kept


def sweep() -> int:
    """Take back what dead workers held, and send again for what is due although nobody was told; how many."""
    found = 0
    for model in MODELS.values():
        rows = model._default_manager
        now = timezone.now()
        lapsed = rows.filter(state=WorkState.RUNNING, lease_expires_at__lt=now)
        found += lapsed.filter(attempts__gte=settings.MPR_SHARD_ATTEMPTS).update(
            state=WorkState.FAILED,
            error_message="Its worker died every time it ran; look at the worker's log and memory.",
            lease_expires_at=None,
            finished_at=now,
        )
        lapsed.update(state=WorkState.PENDING, lease_expires_at=None, progress=0.0, due_at=now - _patience())
        if messages.waiting(QUEUE):
            continue
        late = now - _patience()
        for work in rows.filter(state=WorkState.PENDING, due_at__lte=late).order_by("due_at")[:_AT_MOST]:
            # Another sweep that began before may be at it still.
            if rows.filter(pk=work.pk, state=WorkState.PENDING, due_at__lte=late).update(due_at=now):
                _send(work)
                found += 1
    return found


def _patience() -> timedelta:
    return timedelta(seconds=_PATIENCE_S)


def begin_again(work: Work) -> None:
    """Begin work anew that failed or was cancelled; its row must be locked."""
    work.state = WorkState.PENDING
    work.error_message = ""
    work.attempts = 0
    work.progress = 0.0
    work.due_at = timezone.now()
    work.finished_at = None
    work.lease_expires_at = None
    work.save(
        update_fields=[
            "state", "error_message", "attempts", "progress", "due_at", "finished_at", "lease_expires_at",
        ]
    )  # fmt: skip
    send(work)
