"""What the environment says of inference servers."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from mpr.errors import BadConfig

_TIMEOUT_S = 120.0
ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Where models run instead of here. `timeout_s` is how long a server may be silent; `stages` are the names of those
    that run there."""

    urls: tuple[str, ...]
    key: str
    timeout_s: float
    stages: frozenset[str]


def remote(served: frozenset[str]) -> Remote | None:
    """INFERENCE_URL and what belongs to it; None when it is empty. `served` are the stages that servers run. Raises
    BadConfig for what cannot be."""
    urls = tuple(dict.fromkeys(_url(part) for part in _value("INFERENCE_URL").split(",") if part.strip()))
    if not urls:
        return None
    return Remote(urls=urls, key=server_key(), timeout_s=_timeout_s(), stages=_stages(served))


def server_key() -> str:
    """The key that servers ask for, empty for none. Raises BadConfig."""
    key = _value("INFERENCE_KEY")
    if not key.isascii() or any(letter.isspace() for letter in key):
        raise BadConfig("INFERENCE_KEY has letters that cannot be sent; use letters and digits of ASCII, no blanks.")
    return key


def _url(text: str) -> str:
    text = text.strip().rstrip("/")
    shown = text.rsplit("@", 1)[-1]
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise BadConfig(f"INFERENCE_URL names “{shown}”, which is no address; give http://host:port.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadConfig(f"INFERENCE_URL names “{shown}”; give addresses that begin with http:// or https://.")
    if parts.username or parts.password:
        raise BadConfig(f"INFERENCE_URL has a password in front of {shown}; put the servers' key into INFERENCE_KEY.")
    return text


def _timeout_s() -> float:
    text = _value("INFERENCE_TIMEOUT_S")
    try:
        seconds = float(text) if text else _TIMEOUT_S
    except ValueError as error:
        raise BadConfig(f"INFERENCE_TIMEOUT_S is “{text}”; set it to seconds.") from error
    if not math.isfinite(seconds) or seconds <= 0:
        raise BadConfig(f"INFERENCE_TIMEOUT_S is {text}; set it to more than 0 seconds.")
    return seconds


def _stages(served: frozenset[str]) -> frozenset[str]:
    names = frozenset(name.strip() for name in _value("INFERENCE_STAGES").split(",") if name.strip())
    if not names or names == {ALL}:
        return served
    if unknown := sorted(names - served):
        raise BadConfig(f"INFERENCE_STAGES names {unknown[0]}; inference servers run {', '.join(sorted(served))}.")
    return names


def _value(name: str) -> str:
    return os.environ.get(name, "").strip()
