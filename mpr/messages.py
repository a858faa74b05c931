"""Celery messages. A message only says where to look; losing one loses no work."""

from __future__ import annotations

from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from mpr.errors import Unavailable

NO_BROKER = (
    "The message broker does not answer; check REDIS_URL and that Redis or Valkey runs. What was asked for is kept and "
    "starts when it is back."
)


def send(task: str, *arguments: str | int, queue: str, countdown_s: float = 0.0, priority: int = 0) -> None:
    """Have a worker of the queue run a task. Raises Unavailable when the broker does not answer."""
    try:
        current_app.send_task(
            task, args=list(arguments), queue=queue, countdown=countdown_s or None, priority=priority,
            ignore_result=True,
        )  # fmt: skip
    except (OperationalError, ConnectionError, TimeoutError, RedisError) as error:
        raise Unavailable(NO_BROKER) from error


def waiting(queue: str) -> int:
    """How many messages of any priority lie in a queue. Raises Unavailable when the broker does not answer."""
    try:
        with current_app.connection_for_read() as connection:
            return int(connection.default_channel.queue_declare(queue=queue).message_count)
    except (OperationalError, ConnectionError, TimeoutError, RedisError) as error:
        raise Unavailable(NO_BROKER) from error
