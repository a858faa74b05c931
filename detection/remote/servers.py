"""The inference servers that a worker asks: the least busy one first, another when one fails."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, suppress
from functools import lru_cache
from typing import Any, TypeVar

from detection.remote.connection import Busy, Server
from detection.remote.environment import Remote
from detection.remote.wire import Ask, Done, Failed, Message
from mpr.errors import Interrupted, MprError, Unavailable

T = TypeVar("T")

# A server that failed is asked last for so long, twice as long each time, up to the most.
_REST_S, _LONGEST_REST_S = 5.0, 60.0
_BUSY_STEP_S = 0.5
# Servers that are busy are well: a call waits for them rather longer than for one that is silent.
_PATIENCE_S = 900.0


class Servers:
    """All that INFERENCE_URL names."""

    def __init__(self, remote: Remote) -> None:
        self._servers = [Server(url, key=remote.key, timeout_s=remote.timeout_s) for url in remote.urls]
        self._rested_until_s = dict.fromkeys(remote.urls, 0.0)
        self._rests = dict.fromkeys(remote.urls, 0)
        self.weights: dict[str, str] = {}
        """The SHA-256 of the model files that answers rested on so far: the next ones must rest on the same."""

    def run(
        self, path: str, ask: Ask, pictures: Callable[[], Iterable[bytes]], hear: Callable[[Message | None], None]
    ) -> Done:
        """Have a call answered. `hear` gets what servers say meanwhile, and None now and then while all are busy; what
        it raises ends the call.

        Raises Unavailable when no server can be used now, else what is wrong with the call or with the servers.
        """
        done = self._first(lambda server: _heard(server.messages(path, ask, pictures), hear, server), hear)
        self.weights.update(done.weights)
        return done

    def ask_json(self, path: str, question: Any) -> bytes:
        """The JSON with which a server answers another piece of JSON. Raises as `run` does."""
        return self._first(lambda server: server.answer(path, question), lambda message: None)

    def facts(self) -> bytes:
        """What one of them says at /models, as JSON. Raises as `run` does."""
        return self._first(lambda server: server.facts(), lambda message: None)

    def _first(self, attempt: Callable[[Server], T], hear: Callable[[Message | None], None]) -> T:
        """What the first server that can says. While all are busy they are asked again."""
        until_s = time.monotonic() + _PATIENCE_S
        while True:
            failures: list[MprError] = []
            for server in self._in_order():
                try:
                    said = attempt(server)
                except Interrupted:
                    raise
                except MprError as error:
                    failures.append(error)
                    self._note(server, error)
                else:
                    self._rests[server.url] = 0
                    return said
            busy = [error for error in failures if isinstance(error, Busy)]
            if not busy or time.monotonic() > until_s:
                raise _worst(failures)
            _wait(min(error.again_s for error in busy) * random.uniform(0.7, 1.3), hear)

    def _note(self, server: Server, error: MprError) -> None:
        if error.transient and not isinstance(error, Busy):
            rest_s = min(_LONGEST_REST_S, _REST_S * 2 ** self._rests[server.url])
            self._rests[server.url] += 1
            self._rested_until_s[server.url] = time.monotonic() + rest_s

    def _in_order(self) -> list[Server]:
        """The least busy first; those that failed a moment ago last."""
        if len(self._servers) == 1:
            return self._servers
        now_s = time.monotonic()
        ranked: list[tuple[float, int, Server]] = []
        for server in random.sample(self._servers, len(self._servers)):
            load = float("inf")
            if now_s >= self._rested_until_s[server.url]:
                try:
                    load = server.load()
                except MprError as error:
                    self._note(server, error)
            ranked.append((load, len(ranked), server))
        return [server for _, _, server in sorted(ranked, key=lambda one: one[:2])]


@lru_cache(maxsize=4)
def servers_of(remote: Remote) -> Servers:
    """The servers of a process, with their open connections."""
    return Servers(remote)


def _heard(messages: Generator[Message], hear: Callable[[Message | None], None], server: Server) -> Done:
    # However this ends, the server is let go of at once.
    with closing(messages):
        for message in messages:
            if isinstance(message, Done):
                # Read to the end, the connection can be used again.
                with suppress(Unavailable):
                    next(messages, None)
                return message
            if isinstance(message, Failed):
                raise server.failure(message)
            hear(message)
    raise Unavailable(f"The inference server at {server.host} broke off its answer; it will be tried again.")


def _worst(failures: list[MprError]) -> MprError:
    """What to say when no server could be used: what may pass by itself, before what somebody must mend."""
    return next((error for error in reversed(failures) if error.transient), failures[-1])


def _wait(wait_s: float, hear: Callable[[Message | None], None]) -> None:
    until_s = time.monotonic() + wait_s
    while (left_s := until_s - time.monotonic()) > 0:
        hear(None)
        time.sleep(min(left_s, _BUSY_STEP_S))
