"""Mending kombu where a worker would not outlive its broker.

When the connection is lost, Celery closes it twice (kombu 5.7). The second time a channel with unacknowledged messages
would give them back, but its connection has forgotten the broker's address: an AttributeError ends the worker. So does
a task that ends afterwards and acknowledges its message through the old channel. Neither is needed: a message only says
where to look, and what is due is sent for again.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis


class _QoS(redis.QoS):
    """Leaves messages of a channel that was cut off where they lie."""

    def restore_unacked(self, client: Any = None) -> None:
        if not self._is_cut_off:
            super().restore_unacked(client)  # type: ignore[no-untyped-call]

    def ack(self, delivery_tag: str) -> None:
        if not self._is_cut_off:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not self._is_cut_off:
            super().reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]

    @property
    def _is_cut_off(self) -> bool:
        connection = self.channel.connection
        return connection is None or connection.client is None


def mend() -> None:
    """Have all channels to Redis or Valkey use it."""
    redis.Channel.QoS = _QoS
