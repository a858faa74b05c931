"""A stage that runs on inference servers where INFERENCE_URL names some, else in this process."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import wraps
from typing import Any

from detection.inference.used import digests, weights_used
from detection.remote.environment import remote
from detection.remote.served import SERVED, path_of, pictures_read
from detection.remote.servers import Servers, servers_of
from detection.remote.wire import Ask, Message, Place, Progress, Said
from mpr.errors import NotFound
from mpr.pipeline.codec import decode, encode
from mpr.pipeline.config import plain
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Frame
from mpr.pipeline.stage import Stage


def remotable(stage: Stage) -> Stage:
    """The same stage, with the same answers, that asks inference servers when the environment names some."""

    @wraps(stage.run)
    def run(inputs: Any, config: Any, ctx: Context) -> Any:
        there = remote(SERVED)
        if there is None or stage.name not in there.stages:
            return stage.run(inputs, config, ctx)
        return asked(stage, inputs, config, ctx, servers_of(there))

    return dataclasses.replace(stage, run=run)


def asked(stage: Stage, inputs: Any, config: Any, ctx: Context, servers: Servers) -> Any:
    """The stage's output, computed by one of the servers. Raises what `Servers.run` and `ctx.progress` raise."""
    frames = list(pictures_read(stage.name, inputs))
    settings = plain(config)
    ask = Ask(
        stage=stage.name,
        version=stage.version,
        config=settings,
        span=ctx.span,
        inputs=encode(inputs),
        pictures=[Place(pack=frame.pack, offset=frame.offset, size=frame.size) for frame in frames],
        weights={**servers.weights, **digests(weights_used(stage.name, settings))},
    )
    latest = Progress(done=0, total=max(1, len(frames)))

    def hear(message: Message | None) -> None:
        nonlocal latest
        if isinstance(message, Said):
            ctx.log(message.message, level=message.level)
        if isinstance(message, Progress):
            latest = message
        # Also while the call waits: a job that was paused must not wait with it.
        ctx.progress(latest.done, latest.total)

    done = servers.run(path_of(stage.name), ask, lambda: _jpegs(frames, ctx), hear)
    return decode(done.output, stage.output)


def _jpegs(frames: list[Frame], ctx: Context) -> Iterator[bytes]:
    for frame, data in zip(frames, ctx.jpegs(frames), strict=True):
        if len(data) != frame.size:
            raise NotFound("A cached frame is damaged; clear the timeline's frame cache and run again.")
        yield bytes(data)
