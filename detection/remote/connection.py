"""Speaking to one inference server over HTTP; its failures as MprErrors."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ReadTimeoutError, SSLError

from detection.remote import wire
from detection.remote.admission import Full
from detection.remote.wire import ANSWER_TYPE, PROTOCOL, REQUEST_TYPE, Ask, Failed, Message
from mpr import errors
from mpr.errors import BadConfig, BadInput, MprError, Unavailable
from mpr.pipeline.codec import Record

_CONNECT_S = 5.0
_LOOK_S = 5.0
_MOST_ANSWER_BYTES = 1024**3
_MOST_SAID_BYTES = 64 * 1024
_AGAIN_S = 2.0

_ERRORS = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, MprError) and kind is not errors.Interrupted
}


class Busy(Unavailable):
    """The inference server has as much to do as it takes; it will be asked again."""

    def __init__(self, message: str, *, again_s: float) -> None:
        super().__init__(message)
        self.again_s = again_s


class Health(Record, forbid_unknown_fields=False):
    """What a server says at /health, as far as workers read it."""

    protocol: int
    running: int
    waiting: int
    at_once: int
    ending: bool


class Server:
    """One address of INFERENCE_URL. `timeout_s` is how long it may be silent."""

    def __init__(self, url: str, *, key: str, timeout_s: float) -> None:
        self.url = url
        self.host = urlsplit(url).netloc
        self._timeout_s = timeout_s
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._pool = urllib3.PoolManager(maxsize=16, retries=False)

    def load(self) -> float:
        """How much it has to do for what it can do at once. Raises Unavailable when it cannot be asked."""
        with _Told(self, _LOOK_S):
            response = self._request("GET", "/health", timeout_s=_LOOK_S)
            data = response.read(_MOST_SAID_BYTES)
            response.release_conn()
        try:
            health = msgspec.json.decode(data, type=Health)
        except msgspec.DecodeError as error:
            raise self._no_server() from error
        if health.ending:
            raise Busy(f"The inference server at {self.host} is about to end.", again_s=_AGAIN_S)
        return (health.running + health.waiting) / max(1, health.at_once)

    def messages(self, path: str, ask: Ask, pictures: Callable[[], Iterable[bytes]]) -> Generator[Message]:
        """Send a call; yields what the server says until it is done. Closing the iterator ends the call.

        Raises Unavailable for a server that is dead, silent, busy or none, BadConfig when it refuses the key, and
        MprError when it refuses the call.
        """
        head = wire.pack_ask(ask)
        size = len(head) + sum(place.size for place in ask.pictures)

        def body() -> Iterator[bytes]:
            yield head
            yield from pictures()

        with _Told(self, self._timeout_s):
            response = self._request(
                "POST",
                path,
                timeout_s=self._timeout_s,
                body=body(),
                headers={"Content-Type": REQUEST_TYPE, "Content-Length": str(size)},
            )
        whole = False
        try:
            if response.status != 200 or response.headers.get("Content-Type") != ANSWER_TYPE:
                raise self._refusal(response)
            said = wire.messages(response, most_bytes=_MOST_ANSWER_BYTES)
            while True:
                with _Told(self, self._timeout_s):
                    message = next(said, None)
                if message is None:
                    whole = True
                    return
                yield message
        finally:
            # A connection whose answer was not read to its end is of no more use.
            (response.release_conn if whole else response.close)()

    def answer(self, path: str, question: Any) -> bytes:
        """What it answers to a piece of JSON. Raises as `messages` does."""
        with _Told(self, self._timeout_s):
            response = self._request(
                "POST", path, timeout_s=self._timeout_s, body=msgspec.json.encode(question),
                headers={"Content-Type": "application/json"},
            )  # fmt: skip
        if response.status != 200:
            raise self._refusal(response)
        with _Told(self, self._timeout_s):
            data = response.read(_MOST_ANSWER_BYTES)
            response.release_conn()
        return data

    def facts(self) -> bytes:
        """What it says at /models, as JSON. Raises as `messages` does."""
        with _Told(self, _LOOK_S):
            response = self._request("GET", "/models", timeout_s=self._timeout_s)
        if response.status != 200:
            raise self._refusal(response)
        with _Told(self, _LOOK_S):
            data = response.read(_MOST_SAID_BYTES)
            response.release_conn()
        return data

    def failure(self, failed: Failed) -> MprError:
        """The error that the stage raised there, as if raised here."""
        kind = _ERRORS.get(failed.code, Unavailable if failed.transient else MprError)
        return kind(f"The inference server at {self.host} says: {failed.message}")

    def _request(
        self, method: str, path: str, *, timeout_s: float, body: Any = None, headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            method,
            self.url + path,
            body=body,
            headers={**self._headers, "X-MPR-Protocol": str(PROTOCOL), **(headers or {})},
            timeout=urllib3.Timeout(connect=min(_CONNECT_S, timeout_s), read=timeout_s),
            preload_content=False,
            redirect=False,
        )

    def _refusal(self, response: urllib3.BaseHTTPResponse) -> MprError:
        with _Told(self, self._timeout_s):
            data = response.read(_MOST_SAID_BYTES)
        try:
            problem = msgspec.json.decode(data)["error"]
            code, said = str(problem["code"]), str(problem["message"])
        except (msgspec.DecodeError, KeyError, TypeError):
            return self._no_server()
        if code == Full.code:
            return Busy(f"The inference server at {self.host}: {said}", again_s=_again_s(response))
        if response.status in (401, 403):
            return BadConfig(f"The inference server at {self.host} refused the key; set INFERENCE_KEY to the server's.")
        if response.status == 409:
            return BadConfig(f"The inference server at {self.host} cannot be used: {said}.")
        if response.status in (400, 404, 413):
            return BadInput(f"The inference server at {self.host} refused the call: {said}")
        return self.failure(Failed(code=code, message=said, transient=response.status >= 500))

    def _no_server(self) -> Unavailable:
        return Unavailable(f"What answers at {self.host} is no MPR inference server; check INFERENCE_URL.")


class _Told:
    """Turns what goes wrong on the way into a sentence; a class, as a generator would tear its own exceptions apart."""

    def __init__(self, server: Server, timeout_s: float) -> None:
        self._server, self._timeout_s = server, timeout_s

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        host, again = self._server.host, "it will be tried again."
        if isinstance(error, ReadTimeoutError):
            silent = f"was silent for {self._timeout_s:g} s"
            raise Unavailable(f"The inference server at {host} {silent}; {again}") from error
        if isinstance(error, SSLError):
            raise Unavailable(f"The inference server at {host} has no valid certificate ({error}).") from error
        if isinstance(error, ConnectTimeoutError | HTTPError | OSError):
            raise Unavailable(f"The inference server at {host} does not answer; check that it runs.") from error
        if isinstance(error, ValueError):
            raise Unavailable(f"The inference server at {host} broke off its answer; {again}") from error


def _again_s(response: urllib3.BaseHTTPResponse) -> float:
    try:
        return min(30.0, max(0.1, float(response.headers.get("Retry-After", _AGAIN_S))))
    except ValueError:
        return _AGAIN_S
