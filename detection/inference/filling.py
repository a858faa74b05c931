"""Filling batches: calls of several threads on one network are run together.

For an inference server on a graphics card, which takes hardly longer for a batch than for one picture. Nothing waits to
fill a batch: while the network is busy calls queue, and those of one shape are the next batch. A processor gains
nothing from it (measured on PP-OCR: a picture costs as much in a batch of 8 as alone, or more), and what a picture
gives may change in its last digits with its batch, so there, and in workers, batches stay as they are.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Condition
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[np.float32]


class Runs(Protocol):
    """A network with one input and one output, whose first dimension is that of the batch."""

    def run(self, batch: Tensor) -> Tensor: ...

    def note(self, key: str) -> str: ...


@dataclass(eq=False)
class _Call:
    batch: Tensor
    output: Tensor | None = None
    error: BaseException | None = None
    is_done: bool = field(default=False)


class Filled:
    """A network that runs the calls that wait for it together, those of one shape, up to `most_rows`. One batch runs at
    a time: a thread that waited runs it for all that are in it."""

    def __init__(self, network: Runs, *, most_rows: int) -> None:
        self._network = network
        self._most_rows = most_rows
        self._waiting: deque[_Call] = deque()
        self._turn = Condition()
        self._is_busy = False

    def run(self, batch: Tensor) -> Tensor:
        """As the network's own, whoever else calls."""
        call = _Call(batch)
        with self._turn:
            self._waiting.append(call)
            while self._is_busy and not call.is_done:
                self._turn.wait()
            if not call.is_done:
                self._is_busy = True
                together = self._taken(call)
        if not call.is_done:
            try:
                self._run(together)
            finally:
                with self._turn:
                    self._is_busy = False
                    self._turn.notify_all()
        if call.error is not None:
            raise call.error
        assert call.output is not None
        return call.output

    def note(self, key: str) -> str:
        """As the network's own."""
        return self._network.note(key)

    def _taken(self, call: _Call) -> list[_Call]:
        """This call and those of its shape that fit beside it, taken from the queue."""
        together, rows = [call], len(call.batch)
        for other in self._waiting:
            fits = other.batch.shape[1:] == call.batch.shape[1:] and rows + len(other.batch) <= self._most_rows
            if other is not call and fits:
                together.append(other)
                rows += len(other.batch)
        chosen = set(map(id, together))
        self._waiting = deque(other for other in self._waiting if id(other) not in chosen)
        return together

    def _run(self, together: list[_Call]) -> None:
        try:
            if len(together) == 1:
                together[0].output = self._network.run(together[0].batch)
                return
            output = self._network.run(np.concatenate([call.batch for call in together]))
            begin = 0
            for call in together:
                # A copy each: the network may use its output's memory again.
                call.output = output[begin : begin + len(call.batch)].copy()
                begin += len(call.batch)
        except BaseException as error:
            for call in together:
                call.error = error
            raise
        finally:
            for call in together:
                call.is_done = True
