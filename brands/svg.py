"""Drawings (SVG) of logos, checked before they are looked at and drawn in a process of its own.

What a drawing could do beyond being drawn is refused: entities, scripts, what lies elsewhere, and text, which looks
different on every machine. resvg, which draws it, knows no scripts and no network either; the process has little time
and memory, so that a drawing made to be endless ends there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from xml.etree import ElementTree

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mpr.errors import BadInput

LONGEST_PX = 512
_MOST_BYTES = 2_000_000
_MOST_RATIO = 20.0
_TIMEOUT_S = 20.0
_SVG = "{http://www.w3.org/2000/svg}"
# What stands where a drawing's parts refer to one another, to pictures within it, or to elsewhere.
_REFERENCES = ("href", "{http://www.w3.org/1999/xlink}href", "src")
_INNER = re.compile(r"#|data:image/(png|jpe?g)[;,]", re.IGNORECASE)
_ELSEWHERE = re.compile(r"""@import|url\(\s*['"]?(?!['"]?\s*#)""", re.IGNORECASE)
_NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+(?:e[-+]?[0-9]+)?)\s*(px|pt|mm|cm|in|pc)?\s*$", re.IGNORECASE)


def is_svg(data: bytes) -> bool:
    """Whether bytes look like a drawing: markup, with an svg element near its beginning."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and (b"<svg" in data[:65536] or b":svg" in data[:65536])


def draw_svg(data: bytes, *, called: str) -> bytes:
    """PNG of a drawing, 512 px on its longer side, with what it leaves out transparent.

    Raises BadInput with a sentence when it is damaged, refers to anything outside itself, or is too much to draw.
    """
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{called} is larger than {_MOST_BYTES // 1_000_000} MB; simplify it, or save it as PNG.")
    root = _parsed(data, called)
    for element in root.iter():
        _refuse_what_is_no_drawing(element, called)
    width, height = _size(root, called)
    wanted = ["--width", str(LONGEST_PX)] if width >= height else ["--height", str(LONGEST_PX)]
    try:
        plain = ElementTree.tostring(root, encoding="utf-8")
    except RecursionError as error:
        raise BadInput(f"{called} has parts within parts without end; simplify it, or save it as PNG.") from error
    try:
        drawn = subprocess.run(
            [sys.executable, "-m", "brands.rasterise", *wanted], input=plain, capture_output=True, timeout=_TIMEOUT_S,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise BadInput(f"{called} takes too long to draw; simplify it, or save it as PNG.") from error
    if drawn.returncode or not drawn.stdout:
        raise BadInput(f"{called} cannot be drawn: it is damaged, or too much for a logo; save it as PNG.")
    return drawn.stdout


def _parsed(data: bytes, called: str) -> ElementTree.Element:
    try:
        root: ElementTree.Element = fromstring(data)
    except DefusedXmlException as error:
        raise BadInput(f"{called} defines entities, which a drawing needs not; save it as plain SVG.") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadInput(f"{called} is no well-formed SVG ({error}); save it again.") from error
    if root.tag != f"{_SVG}svg":
        raise BadInput(f"{called} is markup but no SVG; save the logo as SVG, PNG or JPEG.")
    return root


def _refuse_what_is_no_drawing(element: ElementTree.Element, called: str) -> None:
    name = str(element.tag).rpartition("}")[2].lower()
    if name == "script" or any(attribute.lower().startswith("on") for attribute in element.attrib):
        raise BadInput(f"{called} holds a script; save it as plain SVG.")
    if name in ("text", "tspan", "textpath"):
        raise BadInput(f"{called} holds text in a font of its maker; convert the text to paths, or save it as PNG.")
    for given in _texts(element, name):
        if _ELSEWHERE.search(given):
            raise BadInput(f"{called} refers to something outside itself; embed it, or save it as PNG.")
    for attribute in _REFERENCES:
        reference = element.get(attribute, "").strip()
        if reference and name != "a" and not _INNER.match(reference):
            raise BadInput(f"{called} refers to something outside itself; embed it, or save it as PNG.")


def _texts(element: ElementTree.Element, name: str) -> Iterator[str]:
    """Where a style may stand."""
    yield from element.attrib.values()
    if name == "style":
        yield element.text or ""


def _size(root: ElementTree.Element, called: str) -> tuple[float, float]:
    """Width and height in units of its own. Raises BadInput when it has none, or is a thin line."""
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    given = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    sides = [_NUMBER.match(side) for side in given]
    if not all(sides):
        raise BadInput(f"{called} does not say how large it is; give it a viewBox, or save it as PNG.")
    width, height = (float(side[1]) for side in sides if side)
    if not 0 < max(width, height) <= _MOST_RATIO * min(width, height):
        raise BadInput(f"{called} is more than {_MOST_RATIO:g} times longer than wide; cut it to the logo.")
    return width, height
