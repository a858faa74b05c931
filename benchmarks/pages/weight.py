"""What a page makes a browser fetch: its styles and scripts with all they import, and its pictures."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

_STYLE = re.compile(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"')
_SCRIPT = re.compile(r'<script[^>]+src="([^"]+)"')
_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}/[^"']+|/[^"']+)["']""")
_PICTURE = re.compile(r"<img\b[^>]*>")


@dataclass(frozen=True, kw_only=True)
class Weight:
    """Bytes as they are sent before compression. `lazy` pictures are fetched when they come into view."""

    html: int
    styles: int
    scripts: int
    pictures: int
    lazy: int


def weigh(html: bytes, fetch: Callable[[str], bytes]) -> Weight:
    """`fetch` gives what lies at a path of the server."""
    text = html.decode()
    scripts: dict[str, int] = {}
    for address in _SCRIPT.findall(text):
        _follow(address, fetch, scripts)
    pictures = _PICTURE.findall(text)
    return Weight(
        html=len(html),
        styles=sum(len(fetch(address)) for address in set(_STYLE.findall(text))),
        scripts=sum(scripts.values()),
        pictures=len(pictures),
        lazy=sum('loading="lazy"' in picture for picture in pictures),
    )


def _follow(address: str, fetch: Callable[[str], bytes], found: dict[str, int]) -> None:
    if address in found:
        return
    data = fetch(address)
    found[address] = len(data)
    for name in _IMPORT.findall(data.decode(errors="replace")):
        _follow(posixpath.normpath(posixpath.join(posixpath.dirname(address), name)), fetch, found)
