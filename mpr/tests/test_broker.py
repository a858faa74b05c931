"""A channel whose connection was lost, as Celery treats it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kombu import Connection
from kombu.transport.virtual import Channel

from mpr.celery import app


@pytest.fixture
def channel(services: object) -> Iterator[Channel]:
    """With one message in hand that nobody has acknowledged."""
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        channel.queue_declare("broker-test")
        channel.basic_publish(channel.prepare_message("{}"), exchange="", routing_key="broker-test")
        assert channel.basic_get("broker-test") is not None
        yield channel
        with app.connection_for_write() as other:
            other.default_channel.queue_purge("broker-test")
            other.default_channel.client.delete("unacked", "unacked_index")


def waiting(channel: Channel) -> int:
    connection: Connection
    with app.connection_for_read() as connection:
        return connection.default_channel.queue_declare("broker-test").message_count


def cut_off(channel: Channel) -> None:
    """As kombu.Connection.collect leaves it."""
    channel._disconnect_pools()
    channel.connection.client = None


def test_a_channel_that_closes_gives_its_messages_back(channel: Channel) -> None:
    channel.close()
    assert waiting(channel) == 1


def test_a_channel_that_was_cut_off_closes(channel: Channel) -> None:
    cut_off(channel)
    channel.close()
    assert waiting(channel) == 0


@pytest.mark.parametrize("end", ["basic_ack", "basic_reject"])
def test_a_task_may_end_after_its_channel_was_cut_off(channel: Channel, end: str) -> None:
    (tag,) = channel.qos._delivered
    cut_off(channel)
    getattr(channel, end)(tag)
    # The message stays where it lies: neither given back nor forgotten.
    with app.connection_for_read() as connection:
        assert connection.default_channel.client.hexists("unacked", tag)
    assert waiting(channel) == 0
