"""The inference server: an ASGI application that runs stages for workers.

A call is taken on before its body is read, so that what a busy server cannot do costs it nothing; what it has taken on
it answers, also when it is asked to end. Knows neither Django nor the database.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import msgspec

from detection.remote import wire
from detection.remote.about import health, models
from detection.remote.admission import Admission, Full
from detection.remote.answering import Call
from detection.remote.by_hand import call_by_hand
from detection.remote.debugging import pictures_of
from detection.remote.requests import (
    Gone,
    Receive,
    Request,
    Scope,
    Send,
    answer_error,
    answer_json,
    begin,
)
from detection.remote.served import ENDPOINTS
from detection.remote.vision import PATH as VISION_PATH
from detection.remote.vision import VisionAsk, VisionReply
from detection.remote.wire import Done, Failed, Message, Waits
from detection.vlm import clients, environment
from mpr.errors import BadConfig, BadInput, Interrupted, MprError, NotAllowed, NotFound, Refused
from mpr.pipeline.context import load_once
from mpr.pipeline.stage import Stage

logger = logging.getLogger(__name__)

_DEBUG = "/debug"
_WAITS_EVERY_S = 5.0
_AGAIN_S = 2


@dataclass(frozen=True, kw_only=True)
class Options:
    """`key` is what callers must send, empty for none; `at_once` calls are computed at a time, `queue` more wait; a
    request may have `most_bytes`."""

    key: str
    at_once: int
    queue: int
    most_bytes: int


class BadKey(NotAllowed):
    """The key is missing or wrong; send “Authorization: Bearer …” with the server's INFERENCE_KEY."""

    code = "bad_key"
    http_status = 401


class InferenceServer:
    """The application. Make it in the process whose event loop runs it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._admission = Admission(at_once=options.at_once, queue=options.queue)
        # Threads that last: networks keep buffers per thread.
        self._threads = ThreadPoolExecutor(options.at_once, thread_name_prefix="call")

    def end(self) -> None:
        """Take no more calls on; those under way go on."""
        self._admission.ending = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive, most_bytes=self._options.most_bytes)
        try:
            await self._route(request, send)
        except Gone:
            return
        except MprError as error:
            await request.skip()
            extra = {"retry-after": str(_AGAIN_S)} if isinstance(error, Full) else {}
            if isinstance(error, BadKey):
                extra = {"www-authenticate": "Bearer"}
            await answer_error(send, error, extra)

    async def _route(self, request: Request, send: Send) -> None:
        if request.path == "/health":
            await answer_json(send, 503 if self._admission.ending else 200, health(self._admission))
            return
        self._check_key(request)
        if request.path == "/models":
            await answer_json(send, 200, await asyncio.to_thread(models))
            return
        path = request.path.removesuffix(_DEBUG)
        if path not in ENDPOINTS and path != VISION_PATH:
            known = ", ".join([*ENDPOINTS, VISION_PATH, "/health", "/models"])
            raise NotFound(f"There is nothing at {request.path}; there are {known}.")
        if request.method != "POST":
            raise Refused(f"{request.path} takes POST alone.")
        debug = path != request.path
        async with self._admission.place():
            if path == VISION_PATH:
                await self._vision(request, send, debug=debug)
            elif request.header("content-type").startswith("image/"):
                await self._by_hand(request, send, ENDPOINTS[path], debug=debug)
            else:
                await self._call(request, send, ENDPOINTS[path], debug=debug)

    def _check_key(self, request: Request) -> None:
        given = request.header("authorization").removeprefix("Bearer ").encode()
        if self._options.key and not hmac.compare_digest(given, self._options.key.encode()):
            raise BadKey

    async def _call(self, request: Request, send: Send, stage: Stage, *, debug: bool) -> None:
        """A worker's call: answered by a stream of messages."""
        if request.header("x-mpr-protocol") != str(wire.PROTOCOL):
            raise BadInput(
                f"This server speaks protocol {wire.PROTOCOL}; install the same version of MPR on both sides."
            )
        body = await request.body()
        call = await asyncio.to_thread(self._read, stage, body)
        await begin(send, 200, wire.ANSWER_TYPE)
        run = _Run(call, debug=debug)
        async for message in run.messages(self._admission, self._threads, request):
            data = wire.pack_message(message)
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _read(self, stage: Stage, body: bytes) -> Call:
        ask, pictures = wire.split_request(body, most_bytes=self._options.most_bytes)
        return Call(stage, ask, pictures, most_bytes=self._options.most_bytes)

    async def _by_hand(self, request: Request, send: Send, stage: Stage, *, debug: bool) -> None:
        """One posted picture: answered by JSON."""
        call = call_by_hand(
            stage,
            await request.body(),
            config=request.asked("config"),
            boxes=request.asked("boxes"),
            most_bytes=self._options.most_bytes,
        )
        run = _Run(call, debug=debug)
        last: Message | None = None
        async for message in run.messages(self._admission, self._threads, request):
            last = message
        if isinstance(last, Failed):
            raise _raised(last)
        if isinstance(last, Done):
            answer: dict[str, Any] = {"output": run.output, "weights": last.weights}
            await answer_json(send, 200, answer | ({"pictures": last.pictures} if debug else {}))

    async def _vision(self, request: Request, send: Send, *, debug: bool) -> None:
        try:
            ask = msgspec.json.decode(await request.body(), type=VisionAsk)
        except msgspec.DecodeError as error:
            raise BadInput(f"The question is not the JSON it should be: {error}.") from error
        async with self._admission.turn():
            loop = asyncio.get_running_loop()
            said = await loop.run_in_executor(self._threads, _seen, ask)
        await answer_json(send, 200, {"model": said.model, "reply": said.reply} | ({"asked": ask} if debug else {}))


class _Run:
    """A call on its way: waits for its turn, runs in a thread, and says how it goes."""

    def __init__(self, call: Call, *, debug: bool) -> None:
        self._call, self._debug = call, debug
        self._stopped = threading.Event()
        self._heard: asyncio.Queue[Message | None] = asyncio.Queue()
        self._runs = False
        self.output: Any = None

    async def messages(self, admission: Admission, threads: ThreadPoolExecutor, request: Request) -> Any:
        """What there is to say, the last of it Done or Failed; nothing more once whoever asked has hung up."""
        work = asyncio.create_task(self._work(admission, threads))
        gone = asyncio.create_task(request.hang_up())
        gone.add_done_callback(lambda _: self._heard.put_nowait(None))
        try:
            while (message := await self._next()) is not None:
                yield message
                if isinstance(message, Done | Failed):
                    return
            raise Gone
        finally:
            self._stopped.set()
            gone.cancel()
            if not self._runs:
                work.cancel()
            # Its place is free when the thread is.
            await asyncio.wait([work])

    async def _next(self) -> Message | None:
        while True:
            try:
                return await asyncio.wait_for(self._heard.get(), None if self._runs else _WAITS_EVERY_S)
            except TimeoutError:
                if not self._runs:
                    return Waits()

    async def _work(self, admission: Admission, threads: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        async with admission.turn():
            self._runs = True
            tell = self._teller(loop)
            self._heard.put_nowait(await loop.run_in_executor(threads, self._answer, tell))

    def _teller(self, loop: asyncio.AbstractEventLoop) -> Callable[[Message], None]:
        def tell(message: Message) -> None:
            loop.call_soon_threadsafe(self._heard.put_nowait, message)

        return tell

    def _answer(self, tell: Callable[[Message], None]) -> Message:
        name = self._call.stage.name
        try:
            self.output, done = self._call.answer(tell, self._stopped)
            return msgspec.structs.replace(done, pictures=pictures_of(self._call, self.output)) if self._debug else done
        except Interrupted:
            return Failed(code="unavailable", message="It was stopped.", transient=True)
        except MprError as error:
            return Failed(code=error.code, message=error.message, transient=error.transient)
        except Exception as error:
            logger.exception("a call of %s failed", name)
            said = f"{name} stopped on an unexpected error ({type(error).__name__}: {error}); its log has the details."
            return Failed(code=MprError.code, message=said, transient=False)


def _seen(ask: VisionAsk) -> VisionReply:
    if not environment.variable("VLM_URL"):
        raise BadConfig("It has no vision model; set VLM_URL on it.")
    endpoint = environment.local_endpoint(ask.model, ask.timeout_s)
    model = load_once(clients.load_openai, endpoint, ask.max_answer_tokens)
    return VisionReply(model=model.name, reply=model.ask(ask.prompt))


def _raised(failed: Failed) -> MprError:
    error = MprError(failed.message)
    error.code = failed.code
    error.http_status = 503 if failed.transient else 400 if failed.code in ("bad_input", "bad_config") else 500
    return error
