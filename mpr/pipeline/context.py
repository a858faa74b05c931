"""What a running stage may ask for besides its inputs and its config."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from threading import RLock
from typing import Any, TypeVar

import msgspec

from mpr.errors import NotFound
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.codec import Record, digest
from mpr.pipeline.frames import Frame, FrameReader, Image, Reduction

T = TypeVar("T")


class Span(Record):
    """A half-open stretch of the timeline, in seconds. A shard works on one; `number` orders the shards."""

    number: int
    start_s: float
    end_s: float

    def holds(self, time_s: float) -> bool:
        """Whether a moment belongs to this span."""
        return self.start_s <= time_s < self.end_s


class Context:
    """Handed to every `run`. The engine, replay, the tests and the inference server each build one.

    `progress` raises Interrupted when the job was cancelled or paused, so a stage that reports often stops soon.
    `blobs` is the timeline's folder, `prefix` the shard's place in it; `answers` keeps what `remembered` was told.
    """

    def __init__(
        self,
        *,
        span: Span,
        blobs: Blobs,
        media: Blobs,
        prefix: str,
        answers: Blobs | None = None,
        frames: FrameReader | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        on_log: Callable[[str, str], None] | None = None,
    ) -> None:
        self.span = span
        self.media = media
        self._blobs = blobs
        self._prefix = prefix
        self._answers = answers or blobs
        self._frames = frames or FrameReader(blobs)
        self._on_progress = on_progress or (lambda done, total: None)
        self._on_log = on_log or (lambda level, message: None)

    def read(self, frame: Frame) -> Image:
        """The frame's BGR uint8 picture (h, w, 3), read-only."""
        return self._frames.read(frame)

    def pictures(self, frames: Iterable[Frame], *, reduced: Reduction = 1, grey: bool = False) -> Iterator[Image]:
        """The pictures of many frames that are walked once, such as a scan strip, in the order given (backwards too):
        read in large pieces, decoded one by one, not cached. `reduced` divides their width and height; grey ones are
        (height, width)."""
        return self._frames.pictures(frames, reduced=reduced, grey=grey)

    def jpegs(self, frames: Iterable[Frame]) -> Iterator[memoryview]:
        """The stored JPEG bytes of many frames, in the order given, read in large pieces."""
        return self._frames.jpegs(frames)

    def progress(self, done: int, total: int) -> None:
        """Say that `done` of `total` items of this shard are finished. Raises Interrupted."""
        self._on_progress(done, total)

    def log(self, message: str, *, level: str = "info") -> None:
        """A line for the job's log; level is info, warning or error."""
        self._on_log(level, message)

    def write_pack(self, name: str, data: bytes) -> str:
        """Store a large binary beside this shard's output and return its key."""
        key = f"{self._prefix}/{name}"
        self._blobs.write(key, data)
        return key

    def model(self, load: Callable[..., T], *args: Any) -> T:
        """`load(*args)`, called once per process for equal arguments."""
        return load_once(load, *args)

    def remembered(self, question: Any, answer: Callable[[], T], kind: type[T]) -> T:
        """`answer()`, asked only once for equal questions across jobs and crashes: for calls that cost money.

        `question` is any JSON-like value; the answer must be encodable as JSON.
        """
        key = f"answers/{digest(question)}.json"
        try:
            return msgspec.json.decode(self._answers.read(key), type=kind)
        except (NotFound, msgspec.DecodeError):
            pass  # never asked, or the answer was kept in a form that is no longer read
        found = answer()
        self._answers.write(key, msgspec.json.encode(found))
        return found


def load_once(load: Callable[..., T], *args: Any) -> T:
    """`load(*args)`, called once per process for equal arguments, also when several threads ask at the same time."""
    with _LOADING:
        loaded: T = _loaded(load, *args)
    return loaded


@cache
def _loaded(load: Callable[..., Any], *args: Any) -> Any:
    return load(*args)


_LOADING = RLock()
