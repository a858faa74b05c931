"""Database work that outlives a dropped connection or a restart of PostgreSQL."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

T = TypeVar("T")

# Longer than PostgreSQL takes to restart. Nobody can take a shard over while it is away, so waiting loses nothing.
PATIENCE_S = 120.0
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 2.0

logger = logging.getLogger(__name__)


def patiently(act: Callable[[], T]) -> T:
    """What `act` returns; when the connection is lost it is called again on a new one, for up to PATIENCE_S.

    It may have been committed although the answer was lost, so it must be safe to call twice. Inside a transaction that
    was open before, the error is raised at once: only its owner can begin again.
    """
    until_s = time.monotonic() + PATIENCE_S
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            return act()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > until_s:
                raise
            logger.warning("the database does not answer, trying again: %s", str(error).strip())
            connection.close()
        time.sleep(wait_s)
        wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)
