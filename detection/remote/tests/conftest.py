"""Inference servers in threads of the test process, and footage for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import uvicorn
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from detection.records import KeptFrame, Scenes, Shot
from detection.remote.server import InferenceServer, Options
from detection.remote.servers import servers_of
from detection.tests.conftest import network as network
from mpr.pipeline.blobs import Folder
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, encode_jpeg

KEY = "a-key-of-the-tests"


@dataclass(frozen=True)
class Running:
    url: str
    app: InferenceServer


Serve = Callable[..., Running]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve()` runs an inference server; `serve(app=…)` any other ASGI application in its place."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def begin(*, key: str = KEY, at_once: int = 2, queue: int = 2, most_mb: float = 64, app: Any = None) -> Running:
        options = Options(key=key, at_once=at_once, queue=queue, most_bytes=int(most_mb * 2**20))
        application = app or InferenceServer(options)
        config = uvicorn.Config(
            application, port=0, lifespan="off", ws="none", log_level="critical", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        until_s = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < until_s, "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        return Running(f"http://127.0.0.1:{port}", application)

    yield begin
    for server, thread in running:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INFERENCE_URL", "INFERENCE_STAGES", "INFERENCE_TIMEOUT_S", "VLM_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INFERENCE_KEY", KEY)
    servers_of.cache_clear()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`use(server, …)` sets INFERENCE_URL to these servers, or addresses."""

    def set_url(*servers: Running | str) -> None:
        urls = [server if isinstance(server, str) else server.url for server in servers]
        monkeypatch.setenv("INFERENCE_URL", ",".join(urls))

    return set_url


@dataclass(frozen=True)
class Footage:
    """Kept frames, and contexts that read them."""

    scenes: Scenes
    blobs: Folder

    def context(self, **given: Any) -> Context:
        span = Span(number=0, start_s=0.0, end_s=len(self.scenes.frames) / 2)
        return Context(span=span, blobs=self.blobs, media=self.blobs, prefix="shard", **given)


@pytest.fixture
def footage(tmp_path: Path) -> Footage:
    """Four frames of a pitch with boards behind it, that move to the left."""
    pack, kept = b"", []
    for seq in range(4):
        jpeg = encode_jpeg(_pitch(shift_px=12 * seq), quality=90)
        frame = Frame(
            seq=seq, pts_s=seq / 2, width_px=960, height_px=540, pack="frames/pack", offset=len(pack), size=len(jpeg)
        )
        kept.append(KeptFrame(frame=frame, shot=0, start_s=seq / 2, end_s=seq / 2 + 0.5))
        pack += jpeg
    blobs = Folder(tmp_path / "blobs")
    blobs.write("frames/pack", pack)
    shots = [Shot(number=0, start_s=0.0, end_s=2.0)]
    return Footage(Scenes(shots=shots, frames=kept, dropped=0), blobs)


def _pitch(*, shift_px: int) -> Any:
    picture = np.full((540, 960, 3), (90, 80, 70), np.uint8)
    picture[240:] = (60, 140, 50)
    noise = np.random.default_rng(7).integers(-6, 7, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    canvas = Pillow.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    draw = ImageDraw.Draw(canvas)
    for place, word in enumerate(("NORTHWIND", "ACME TOOLS", "Lumen")):
        left = 40 + 300 * place - shift_px
        draw.rectangle((left, 190, left + 280, 240), fill=(20, 30, 120 + 40 * place))
        draw.text((left + 20, 196), word, fill="white", font=ImageFont.load_default(34))
    return cv2.cvtColor(np.asarray(canvas), cv2.COLOR_RGB2BGR)
