"""A server that speaks OpenAI's chat completions and Anthropic's Messages API, and the inputs of both escalations."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detection.records import BrandList, BrandName, Candidate, Crop, Crops, KeptFrame, Matches, Question, Scenes, Shot
from mpr.pipeline.blobs import Folder
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame

ENVIRONMENT = (
    "SKIP_VLM", "VLM_URL", "VLM_MODEL", "VLM_API_KEY", "SKIP_CLOUD", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "GEMINI_API_KEY", "GEMINI_BASE_URL", "GROQ_API_KEY",
    "GROQ_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
)  # fmt: skip


def verdict(brand: str, confidence: float = 0.95, *, other_name: str = "", reason: str = "Clear lettering.") -> str:
    return json.dumps({"brand": brand, "other_name": other_name, "confidence": confidence, "reason": reason})


@dataclass
class ModelServer:
    """Answers every question with `answer(reading)`; `failures` are HTTP statuses given first, one per request.

    An answer may be text, or bytes to be sent as they are."""

    answer: Callable[[str], str | bytes] = lambda reading: verdict("(no brand)")
    failures: list[int] = field(default_factory=list)
    models: list[str] = field(default_factory=lambda: ["llava"])
    delay_s: float = 0.0
    finish: str = "stop"
    tokens: tuple[int, int] = (1000, 40)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def texts(self) -> list[str]:
        """The user text of every question so far."""
        return [_text(request) for request in self.requests]


def _text(request: dict[str, Any]) -> str:
    parts = next(message for message in request["messages"] if message["role"] == "user")["content"]
    return next(part["text"] for part in parts if part["type"] == "text")


def _reading(request: dict[str, Any]) -> str:
    return json.loads(_text(request).splitlines()[1])["reading"]


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            models = [{"id": name, "object": "model", "created": 0, "owned_by": "us"} for name in server.models]
            self._send(200, {"object": "list", "data": models})

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append(request)
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
            time.sleep(server.delay_s)
            if server.failures:
                status = server.failures.pop(0)
                self._send(status, {"type": "error", "error": {"type": "made_up", "message": "Because of the test."}})
                return
            answer = server.answer(_reading(request))
            if isinstance(answer, bytes):
                self._send(200, answer)
            elif self.path.endswith("/chat/completions"):
                self._send(200, self._chat(request, answer))
            elif self.path.endswith("/v1/messages"):
                self._send(200, self._message(request, answer))
            else:
                self._send(404, {"error": {"message": f"no {self.path} here"}})

        def _chat(self, request: dict[str, Any], answer: str) -> dict[str, Any]:
            spent = {"prompt_tokens": server.tokens[0], "completion_tokens": server.tokens[1], "total_tokens": 0}
            choice = {"index": 0, "finish_reason": server.finish, "message": {"role": "assistant", "content": answer}}
            return {
                "id": "1", "object": "chat.completion", "created": 0, "model": request["model"],
                "choices": [choice], "usage": spent,
            }  # fmt: skip

        def _message(self, request: dict[str, Any], answer: str) -> dict[str, Any]:
            stop = {"stop": "end_turn", "length": "max_tokens"}.get(server.finish, server.finish)
            return {
                "id": "m", "type": "message", "role": "assistant", "model": request["model"],
                "content": [{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "text", "text": answer}],
                "stop_reason": stop, "stop_sequence": None,
                "usage": {"input_tokens": server.tokens[0], "output_tokens": server.tokens[1]},
            }  # fmt: skip

        def _send(self, status: int, body: dict[str, Any] | bytes) -> None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("retry-after-ms", "1")
            # Clients are kept per process; a connection left open would outlive the test.
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A running model server on this machine."""
    state = ModelServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@dataclass
class Case:
    """A few frames with drawn lettering, crops of it, and questions about them. `context` starts afresh but for what is
    stored, as a new worker process does."""

    folder: Path
    logs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.brands = BrandList(
            brands=[BrandName(name="Estrella", aliases=["Estrella Damm"]), BrandName(name="Sony", aliases=[])]
        )
        self.scenes = Scenes(shots=[Shot(number=0, start_s=0, end_s=5)], frames=[], dropped=0)
        frames, crops = [], []
        for seq in range(6):
            image = np.full((360, 640, 3), 40 + seq, np.uint8)
            cv2.putText(image, "LETTERS", (100, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (230, 230, 230), 3)
            jpeg = cv2.imencode(".jpg", image)[1].tobytes()
            (self.folder / f"frame{seq}").write_bytes(jpeg)
            frame = Frame(
                seq=seq, pts_s=seq / 2, width_px=640, height_px=360, pack=f"frame{seq}", offset=0, size=len(jpeg)
            )
            frames.append(KeptFrame(frame=frame, shot=0, start_s=seq / 2, end_s=seq / 2 + 0.5))
            cut = cv2.imencode(".jpg", image[160:210, 95:300])[1].tobytes()
            crops.append(
                Crop(
                    seq=seq,
                    box=0,
                    quad=self.quad,
                    label="text",
                    score=0.9,
                    source="text",
                    width_px=205,
                    height_px=50,
                    jpeg=cut,
                )
            )
        self.scenes = Scenes(shots=self.scenes.shots, frames=frames, dropped=0)
        self.crops = [Crops(crops=crops[:3]), Crops(crops=crops[3:])]

    quad = ((95.0, 160.0), (300.0, 160.0), (300.0, 210.0), (95.0, 210.0))

    def question(self, text: str, *seqs: int, best: int = 0) -> Question:
        sightings = [
            Candidate(
                seq=seq,
                box=0,
                quad=self.quad,
                sharpness=50.0 + seq,
                contrast=0.2,
                start_s=seq / 2,
                end_s=seq / 2 + 0.5,
                boundary_error_s=0.25,
            )
            for seq in seqs or (0,)
        ]
        return Question(
            text=text, reason="Not sure.", nearest_brand=None, nearest_score=0.4, sightings=sightings, best=best
        )

    def matches(self, *questions: Question) -> Matches:
        return Matches(matches=[], unresolved=list(questions))

    def context(self) -> Context:
        return Context(
            span=Span(number=0, start_s=0, end_s=5),
            blobs=Folder(self.folder),
            media=Folder(self.folder),
            prefix="shard",
            on_log=lambda level, message: self.logs.append(message),
        )


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


@pytest.fixture
def say() -> Callable[..., str]:
    """The JSON of a verdict: `say("Sony", 0.9)`."""
    return verdict
