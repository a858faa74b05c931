"""`mpr inference-server` as a process, with a vision model behind it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
import urllib3

from detection.remote.stages import remotable
from detection.remote.tests.conftest import KEY, Footage
from detection.stages import detect_objects, escalate_vlm
from detection.vlm import clients
from detection.vlm.prompt import Prompt
from detection.vlm.service import Reply
from mpr.errors import BadConfig
from mpr.orphans import dies_with_parent, end_group
from mpr.pipeline.codec import encode

ROOT = Path(__file__).resolve().parents[3]
Begin = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """`begin(…)` starts the command with these arguments and environment; gives the process and its address."""
    processes = []

    def start(*arguments: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        # As on a machine that has nothing but MPR.
        bare = {"PATH": os.environ["PATH"], "MPR_HOME": str(tmp_path), "INFERENCE_KEY": KEY}
        process = subprocess.Popen(
            [sys.executable, "-m", "mpr.cli", "inference-server", "--port", str(port), *arguments],
            cwd=ROOT, env={**bare, **environment}, stderr=subprocess.PIPE, text=True, start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 — it calls one function, loaded beforehand
        )  # fmt: skip
        processes.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield start
    for process in processes:
        end_group(process, 5.0)
        if process.stderr:
            process.stderr.close()


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    until_s = time.monotonic() + 30
    while True:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            urllib3.request("GET", f"{url}/health", retries=False)
        except urllib3.exceptions.HTTPError:
            assert time.monotonic() < until_s
            time.sleep(0.1)
        else:
            return


def test_it_needs_no_services_and_ends_well(begin: Begin, footage: Footage, monkeypatch: pytest.MonkeyPatch) -> None:
    process, url = begin()
    wait_for(url, process)
    monkeypatch.setenv("INFERENCE_URL", url)
    inputs = detect_objects.Inputs(filter_scenes=footage.scenes)
    stage = detect_objects.STAGE
    here = encode(stage.run(inputs, stage.config(), footage.context()))

    # Asked to end in the midst of a call, it finishes the call.
    def end_at_once(done: int, total: int) -> None:
        if done == 1:
            process.send_signal(signal.SIGTERM)

    there = remotable(stage).run(inputs, stage.config(), footage.context(on_progress=end_at_once))
    assert encode(there) == here
    assert process.wait(10) == 0


def test_it_listens_to_others_only_with_a_key(begin: Begin) -> None:
    process, _ = begin("--host", "0.0.0.0", INFERENCE_KEY="")
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (
        2,
        "mpr: INFERENCE_KEY is not set, and other machines could use this server; set it here and on the workers.\n",
    )


def test_a_port_that_is_taken_is_a_sentence(begin: Begin) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process, _ = begin("--port", str(taken.getsockname()[1]))
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.startswith("mpr: Nobody can listen at 127.0.0.1:")
    assert said.endswith("(Address already in use); choose another --port.\n")


def test_workers_ask_the_vision_model_behind_it(begin: Begin, vision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    process, url = begin(VLM_URL=vision, VLM_MODEL="llava:13b")
    wait_for(url, process)
    monkeypatch.setenv("INFERENCE_URL", url)
    monkeypatch.setenv("VLM_URL", "inference")
    assert escalate_vlm.skip_reason(escalate_vlm.Config()) is None
    model = clients.load_inference("", 20.0, 64)
    reply = model.ask(Prompt(system="Say it.", text="What is it?", images=[b"\xff\xd8"], schema={"type": "object"}))
    assert reply == Reply(text="llava:13b was asked What is it?", problem="", input_tokens=7, output_tokens=3)
    assert model.name == "inference llava:13b"


def test_inference_without_servers_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadConfig, match="VLM_URL is “inference”, but INFERENCE_URL is empty"):
        clients.load_inference("", 20.0, 64)


@pytest.fixture
def vision() -> Iterator[str]:
    """A server that speaks as much of OpenAI's chat completions as is needed to be asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request: Any = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            said = f"{request['model']} was asked {request['messages'][1]['content'][0]['text']}"
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
            spent = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
            answer = {
                "id": "1", "object": "chat.completion", "created": 0, "model": request["model"], "choices": [choice],
                "usage": spent,
            }  # fmt: skip
            data = msgspec.json.encode(answer)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
