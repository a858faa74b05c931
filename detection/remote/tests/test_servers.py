"""What a worker does when servers fail: fakes stand where the servers are and speak HTTP."""

from __future__ import annotations

import asyncio
import dataclasses
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from detection.remote import server as server_module
from detection.remote import servers as servers_module
from detection.remote import wire
from detection.remote.environment import remote
from detection.remote.served import SERVED
from detection.remote.servers import servers_of
from detection.remote.stages import remotable
from detection.remote.tests.conftest import Footage, Running, Serve
from detection.stages import detect_objects, field_segmentation, run_ocr
from mpr.errors import BadConfig, BadInput, Interrupted, MprError, Unavailable
from mpr.pipeline.codec import encode
from mpr.pipeline.context import Span
from mpr.pipeline.stage import Stage

Use = Callable[..., None]
STAGE = field_segmentation.STAGE


def ask(footage: Footage, stage: Stage = STAGE, config: Any = None, **context: Any) -> Any:
    inputs = stage.inputs(filter_scenes=footage.scenes)
    return remotable(stage).run(inputs, config or stage.config(), footage.context(**context))


def here(footage: Footage) -> bytes:
    inputs = field_segmentation.Inputs(filter_scenes=footage.scenes)
    return encode(STAGE.run(inputs, field_segmentation.Config(), footage.context()))


@pytest.fixture
def dead() -> str:
    """An address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class Fake:
    """An ASGI application that answers /health like an idle server, and everything else as it is told."""

    def __init__(
        self, status: int = 200, kind: str = "text/html", body: bytes = b"<p>Welcome</p>", *, silent_s: float = 0
    ):
        self.calls = 0
        self._answer = status, kind, body
        self._silent_s = silent_s

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, kind, body = self._answer
        if scope["path"] == "/health":
            status, kind = 200, "application/json"
            body = b'{"protocol":1,"running":0,"waiting":0,"at_once":99,"ending":false}'
        else:
            self.calls += 1
            while (await receive()).get("more_body"):
                pass
            await asyncio.sleep(self._silent_s)
        headers = [(b"content-type", kind.encode()), (b"x-made-by", b"a test")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def broken_off() -> bytes:
    return wire.pack_message(wire.Progress(done=1, total=4)) + b"\x00\x00\x01\x00half a message"


FAKES = [
    pytest.param(Fake(), "is no MPR inference server; check INFERENCE_URL", id="a web page"),
    pytest.param(Fake(404, body=b"<h1>Not found</h1>"), "is no MPR inference server", id="a web server"),
    pytest.param(Fake(502, body=b"Bad gateway"), "is no MPR inference server", id="a proxy without a server"),
    pytest.param(Fake(200, wire.ANSWER_TYPE, broken_off()), "broke off its answer", id="half a message"),
    pytest.param(Fake(200, wire.ANSWER_TYPE, b""), "broke off its answer", id="no message"),
    pytest.param(Fake(200, wire.ANSWER_TYPE, b"\xff\xff\xff\xffx"), "broke off its answer", id="nonsense"),
    pytest.param(Fake(silent_s=2), r"was silent for 0\.4 s", id="silence"),
]


@pytest.mark.parametrize(("fake", "said"), FAKES)
def test_a_useless_server_is_a_passing_failure(
    fake: Fake, said: str, footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERENCE_TIMEOUT_S", "0.4")
    use(serve(app=fake))
    with pytest.raises(Unavailable, match=said) as raised:
        ask(footage)
    assert raised.value.transient


@pytest.mark.parametrize(("fake", "said"), FAKES)
def test_another_server_is_asked_at_once(
    fake: Fake, said: str, footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERENCE_TIMEOUT_S", "2")
    fake = Fake(*fake._answer, silent_s=fake._silent_s and 4)
    # The fake says that it is idle, as the other does, so which comes first is left to chance.
    use(serve(app=fake), serve())
    for _ in range(3):
        assert encode(ask(footage)) == here(footage)


def test_a_dead_server_is_a_passing_failure(footage: Footage, use: Use, dead: str) -> None:
    use(dead)
    with pytest.raises(
        Unavailable, match=r"The inference server at 127\.0\.0\.1:\d+ does not answer; check that it runs"
    ):
        ask(footage)


def test_a_dead_server_is_passed_over_for_a_while(footage: Footage, serve: Serve, use: Use, dead: str) -> None:
    use(dead, serve())
    assert encode(ask(footage)) == here(footage)
    there = remote(SERVED)
    assert there is not None
    assert servers_of(there)._rested_until_s[dead] > time.monotonic()


def test_two_servers_share_the_load(footage: Footage, serve: Serve, use: Use) -> None:
    counting = [Counting(serve()), Counting(serve())]
    use(*(serve(app=one) for one in counting))
    threads = [threading.Thread(target=ask, args=(footage,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.calls for one in counting) == 12
    assert min(one.calls for one in counting) >= 3


class Counting:
    """Passes everything on to an inference server and counts the calls that it answers."""

    def __init__(self, running: Running) -> None:
        self._app, self.calls = running.app, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def watch(event: Any) -> None:
            self.calls += scope["method"] == "POST" and event.get("status") == 200
            await send(event)

        await self._app(scope, receive, watch)


def test_a_wrong_key_is_for_a_person_to_mend(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(serve(key="another"))
    with pytest.raises(BadConfig, match="refused the key; set INFERENCE_KEY"):
        ask(footage)


def test_another_version_of_a_stage_is_for_a_person_to_mend(footage: Footage, serve: Serve, use: Use) -> None:
    use(serve())
    newer = dataclasses.replace(STAGE, version=STAGE.version + 1)
    said = rf"it runs field_segmentation in version {STAGE.version}, this worker in version {newer.version}"
    with pytest.raises(BadConfig, match=said):
        ask(footage, newer)


def test_other_weights_under_the_same_name_are_for_a_person_to_mend(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(serve())
    monkeypatch.setattr(
        "detection.remote.stages.digests", lambda weights: dict.fromkeys((w.name for w in weights), "00")
    )
    with pytest.raises(BadConfig, match=r"its PP-OCRv6_det_small\.onnx is another file than this worker has"):
        ask(footage, detect_objects.STAGE)


def test_one_server_that_differs_does_not_stop_the_other(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    differs = b'{"error":{"code":"differs","message":"it runs field_segmentation in version 0"}}'
    use(serve(app=Fake(409, "application/json", differs)), serve())
    for _ in range(3):
        assert encode(ask(footage)) == here(footage)


def test_what_the_stage_raises_there_is_raised_here(footage: Footage, serve: Serve, use: Use) -> None:
    use(serve())
    config = detect_objects.Config(detectors=("yolo",), yolo_weights="gone.onnx")
    with pytest.raises(BadConfig, match=r"The inference server at \S+ says: “yolo_weights” names gone\.onnx, which is"):
        ask(footage, detect_objects.STAGE, config)


def test_an_unexpected_error_there_is_a_sentence_here(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any, **more: Any) -> Any:
        raise ZeroDivisionError("by a test")

    monkeypatch.setattr(field_segmentation, "find_field", fails)
    use(serve())
    with pytest.raises(MprError, match=r"unexpected error \(ZeroDivisionError: by a test\); its log has") as raised:
        ask(footage)
    assert not raised.value.transient


def test_a_request_that_is_too_large_says_what_to_do(footage: Footage, serve: Serve, use: Use) -> None:
    use(serve(most_mb=0.01))
    with pytest.raises(BadInput, match="give the profile shorter shards, or start the server with a greater"):
        ask(footage)


def test_a_stopped_job_lets_go_of_the_server(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    find = field_segmentation.find_field

    def slowly(image: Any, *, seq: int, config: Any) -> Any:
        looked.append(seq)
        time.sleep(0.3)
        return find(image, seq=seq, config=config)

    monkeypatch.setattr(field_segmentation, "find_field", slowly)
    running = serve(at_once=1)
    use(running)

    def stop(done: int, total: int) -> None:
        if done:
            raise Interrupted

    with pytest.raises(Interrupted):
        ask(footage, on_progress=stop)
    _until(lambda: running.app._admission.running == 0)
    assert len(looked) < 4


def test_busy_servers_are_asked_again(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = serve(at_once=1, queue=1)
    use(running)
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(encode(ask(footage)))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [here(footage)] * 6


def test_a_job_that_waits_for_a_busy_server_can_be_stopped(footage: Footage, serve: Serve, use: Use) -> None:
    busy = b'{"error":{"code":"busy","message":"it has 1 calls under way"}}'
    use(serve(app=Fake(503, "application/json", busy)))

    def stop(done: int, total: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        ask(footage, on_progress=stop)


def test_servers_that_stay_busy_are_a_passing_failure(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers_module, "_PATIENCE_S", 0.5)
    busy = b'{"error":{"code":"busy","message":"it has 1 calls under way and 1 waiting; ask again in a moment."}}'
    fake = Fake(503, "application/json", busy)
    use(serve(app=fake))
    with pytest.raises(Unavailable, match="it has 1 calls under way and 1 waiting"):
        ask(footage)
    assert fake.calls >= 2


def test_calls_share_a_connection(footage: Footage, serve: Serve, use: Use) -> None:
    use(serve())
    for _ in range(4):
        ask(footage)
    there = remote(SERVED)
    assert there is not None
    (server,) = servers_of(there)._servers
    pool = server._pool.connection_from_url(server.url)
    assert (pool.num_requests, pool.num_connections) == (4, 1)


def test_a_line_for_the_log_comes_through(
    footage: Footage, serve: Serve, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    def says(inputs: Any, config: Any, ctx: Any) -> Any:
        ctx.log("Look at that.", level="warning")
        return STAGE.run(inputs, config, ctx)

    monkeypatch.setitem(server_module.ENDPOINTS, "/segment_field", dataclasses.replace(STAGE, run=says))
    use(serve())
    lines: list[tuple[str, str]] = []
    ask(footage, on_log=lambda level, message: lines.append((level, message)))
    assert lines == [("warning", "Look at that.")]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("INFERENCE_URL", "gpu-1:8765", "names “gpu-1:8765”; give addresses that begin with http:// or https://"),
        ("INFERENCE_URL", "http://a:99999", "which is no address"),
        ("INFERENCE_URL", "http://me:secret@gpu-1", "put the servers' key into INFERENCE_KEY"),
        ("INFERENCE_KEY", "naïve", "letters that cannot be sent"),
        ("INFERENCE_TIMEOUT_S", "soon", "set it to seconds"),
        ("INFERENCE_TIMEOUT_S", "0", "more than 0 seconds"),
        ("INFERENCE_STAGES", "run_ocr,track_objects", "names track_objects; inference servers run detect_edges"),
    ],
)
def test_a_bad_setting_is_a_sentence(
    name: str, value: str, said: str, footage: Footage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFERENCE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv(name, value)
    with pytest.raises(BadConfig, match=re.escape(said)) as raised:
        ask(footage)
    assert "secret" not in raised.value.message


def test_a_damaged_frame_cache_is_said_as_such(footage: Footage, serve: Serve, use: Use) -> None:
    use(serve())
    pack = footage.blobs.root / "frames/pack"
    pack.write_bytes(pack.read_bytes()[:-100])
    with pytest.raises(MprError, match="A cached frame is damaged; clear the timeline's frame cache"):
        ask(footage)


def test_records_that_cannot_be_read_are_refused() -> None:
    span = Span(number=0, start_s=0.0, end_s=1.0)
    call = wire.Ask(stage="run_ocr", version=1, config={}, span=span, inputs=b"?", pictures=[], weights={})
    ask = wire.pack_ask(call)
    read, pictures = wire.split_request(ask, most_bytes=2**20)
    assert (read.stage, pictures) == ("run_ocr", {})
    with pytest.raises(BadInput, match="The request ended early"):
        wire.split_request(ask[:-1], most_bytes=2**20)
    with pytest.raises(BadInput, match="does not hold the pictures that it lists"):
        wire.split_request(ask + b"x", most_bytes=2**20)
    with pytest.raises(BadInput, match="cannot be understood"):
        wire.unpacked(read.inputs, run_ocr.Inputs, most_bytes=2**20)
    with pytest.raises(BadInput, match="unpacks to more than 1 MB"):
        wire.unpacked(encode(msgspec.msgpack.Ext(1, bytes(2**21))), run_ocr.Inputs, most_bytes=2**20)


def _until(true: Callable[[], bool], *, within_s: float = 5.0) -> None:
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s
        time.sleep(0.02)
