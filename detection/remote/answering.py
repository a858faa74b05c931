"""Answering a call in this process: the inference server's part that knows nothing of HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Any

from detection.inference.used import digests, weights_used
from detection.remote.wire import Ask, Done, Message, Progress, Said, unpacked
from mpr.errors import BadInput, Interrupted, MprError, NotFound, Refused
from mpr.pipeline.codec import encode
from mpr.pipeline.config import parse, plain
from mpr.pipeline.context import Context
from mpr.pipeline.frames import FrameReader
from mpr.pipeline.stage import Stage

Pictures = Mapping[tuple[str, int], memoryview]

# A call's frames are looked at once, one after the other.
_DECODED_BYTES = 32 * 1024 * 1024


class Differs(MprError):
    """The inference server runs other code or other weights than the worker; install the same on both."""

    code = "differs"
    http_status = 409


class Carried:
    """The pictures that came with a call, as the frame cache that the stage reads."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        try:
            return bytes(self._pictures[key, offset][:size])
        except KeyError as error:
            raise NotFound("A frame's picture did not come with the call.") from error

    def read(self, key: str) -> bytes:
        raise NotFound(f"{key} is not on the inference server.")

    def exists(self, key: str) -> bool:
        return False

    def write(self, key: str, data: bytes) -> None:
        raise Refused("A stage that stores packs cannot run on an inference server.")

    def local(self, key: str) -> AbstractContextManager[Path]:
        raise NotFound(f"{key} is not on the inference server.")


class Call:
    """One call of a stage, checked. Raises BadInput and BadConfig when it cannot be understood, Differs when the
    worker's code or weights are not this server's."""

    def __init__(self, stage: Stage, ask: Ask, pictures: Pictures, *, most_bytes: int) -> None:
        if ask.stage != stage.name:
            raise BadInput(f"This is the address of {stage.name}, not of {ask.stage}.")
        if ask.version != stage.version:
            raise Differs(
                f"it runs {stage.name} in version {stage.version}, this worker in version {ask.version}; install the "
                "same version of MPR on both"
            )
        self.stage, self.pictures = stage, pictures
        self.config = parse(stage.config, ask.config, owner=stage.name)
        self.weights = digests(weights_used(stage.name, plain(self.config)))
        for name, digest in self.weights.items():
            if ask.weights.get(name, digest) != digest:
                raise Differs(
                    f"its {name} is another file than this worker has, or was answered with before; put the same one "
                    "on all machines and restart the workers"
                )
        self.inputs: Any = unpacked(ask.inputs, stage.inputs, most_bytes=most_bytes)
        self.span = ask.span

    def answer(self, tell: Callable[[Message], None], stopped: Event) -> tuple[Any, Done]:
        """Run the stage: its output, and what the worker is sent. `tell` hears how it goes, from any thread; when
        `stopped` is set the stage raises Interrupted as soon as it reports progress."""

        def progress(done: int, total: int) -> None:
            if stopped.is_set():
                raise Interrupted
            tell(Progress(done=done, total=total))

        blobs = Carried(self.pictures)
        ctx = Context(
            span=self.span,
            blobs=blobs,
            media=blobs,
            prefix="",
            frames=FrameReader(blobs, capacity_bytes=_DECODED_BYTES),
            on_progress=progress,
            on_log=lambda level, message: tell(Said(level=level, message=message)),
        )
        output = self.stage.run(self.inputs, self.config, ctx)
        return output, Done(output=encode(output), weights=self.weights)
