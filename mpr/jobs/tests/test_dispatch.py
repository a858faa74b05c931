"""Against the real broker."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from celery import current_app

from mpr import messages
from mpr.jobs import dispatch
from mpr.jobs.models import Priority


@pytest.fixture
def queue(services: object) -> str:
    """A queue that no worker listens to."""
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def take(queue: str) -> Callable[[], int]:
    """The argument of the message that a worker would get next."""

    def next_one() -> int:
        with current_app.connection_for_read() as connection:
            message = connection.default_channel.basic_get(queue, no_ack=True)
            return message.decode()[0][0]

    return next_one


def test_waiting_counts_every_priority(queue: str, take: Callable[[], int]) -> None:
    assert messages.waiting(queue) == 0
    for number, priority in enumerate([0, Priority.INTERACTIVE, Priority.BATCH, Priority.BATCH]):
        dispatch.send("task", number, queue=queue, priority=priority)
    assert messages.waiting(queue) == 4
    take()
    assert messages.waiting(queue) == 3


def test_the_lower_number_comes_first_then_who_came_first(queue: str, take: Callable[[], int]) -> None:
    sent = [(0, Priority.BATCH), (1, Priority.INTERACTIVE), (2, Priority.BATCH), (3, Priority.INTERACTIVE), (4, 0)]
    for number, priority in sent:
        dispatch.send("task", number, queue=queue, priority=priority)
    assert [take() for _ in sent] == [4, 1, 3, 0, 2]
