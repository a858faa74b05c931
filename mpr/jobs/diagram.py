"""A pipeline drawn as a line map: where each stage stands, and the paths between them.

In: stage names in running order and edges. Out: nodes in columns (the longest way to a stage) and lanes (the longest
chain on lane 0), and links as SVG paths. A link that follows from others is left out: the transitive reduction (Aho,
Garey and Ullman, 1972), so what is drawn says what must be done before what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_WIDTH_PX = 1100
_COLUMN_PX = (88, 128)
_LANE_PX = 108
_TOP_PX = 26
RADIUS_PX = 17
_CORNER_PX = 10


@dataclass(frozen=True, kw_only=True)
class Node:
    """A stage's place: its disc is around (x, y)."""

    name: str
    column: int
    lane: int
    x: int
    y: int


@dataclass(frozen=True, kw_only=True)
class Link:
    source: str
    target: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Diagram:
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    width_px: int
    height_px: int


def draw(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> Diagram:
    """The diagram of stages that stand in an order in which they can run."""
    above = _reduced(names, edges)
    below = {name: [target for target in names if name in above[target]] for name in names}
    columns = _columns(names, above)
    lanes = _lanes(names, above, below, columns)
    count = max(columns.values(), default=0) + 1
    column_px = max(_COLUMN_PX[0], min(_COLUMN_PX[1], _WIDTH_PX // count))
    nodes = {
        name: Node(
            name=name,
            column=columns[name],
            lane=lanes[name],
            x=columns[name] * column_px + column_px // 2,
            y=lanes[name] * _LANE_PX + _TOP_PX,
        )
        for name in names
    }
    links = [
        Link(source=source, target=target, path=_path(nodes[source], nodes[target], column_px // 2))
        for target in names
        for source in above[target]
    ]
    return Diagram(
        nodes=tuple(nodes.values()),
        links=tuple(links),
        width_px=count * column_px,
        height_px=(max(lanes.values(), default=0) + 1) * _LANE_PX,
    )


def edges_of(pipeline: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The edges of a plan's pipeline; without any, the stages run one after the other."""
    return [(edge["from"], edge["to"]) for edge in pipeline.get("edges") or ()] or list(pairwise(pipeline["stages"]))


def _reduced(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """The stages directly above each, without those that are above another of them."""
    ancestors: dict[str, set[str]] = {}
    above: dict[str, list[str]] = {}
    for name in names:
        direct = [source for source in names if (source, name) in edges]
        ancestors[name] = set(direct).union(*(ancestors[source] for source in direct))
        above[name] = [
            source for source in direct if not any(source in ancestors[other] for other in direct if other != source)
        ]
    return above


def _columns(names: Sequence[str], above: Mapping[str, Sequence[str]]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for name in names:
        columns[name] = max((columns[source] + 1 for source in above[name]), default=0)
    return columns


def _lanes(
    names: Sequence[str],
    above: Mapping[str, Sequence[str]],
    below: Mapping[str, Sequence[str]],
    columns: Mapping[str, int],
) -> dict[str, int]:
    """The longest chain keeps lane 0. Any other stage takes a lane that is free from where its first link comes in to
    where its last one leaves, the lane of a stage above it if it can."""
    lanes = dict.fromkeys(_longest_chain(names, below, columns), 0)
    taken: dict[int, list[tuple[int, int]]] = {}
    for name in sorted(names, key=lambda name: columns[name]):
        if name in lanes:
            continue
        first = min([columns[name], *(columns[source] + 1 for source in above[name] if not lanes[source])])
        end = max([columns[name] + 1, *(columns[target] for target in below[name])])
        wanted = [lanes[source] for source in above[name] if lanes[source]]
        for lane in (*wanted, *range(1, len(names) + 1)):
            if all(end <= start or stop <= first for start, stop in taken.get(lane, ())):
                lanes[name] = lane
                taken.setdefault(lane, []).append((first, end))
                break
    return lanes


def _longest_chain(
    names: Sequence[str], below: Mapping[str, Sequence[str]], columns: Mapping[str, int]
) -> Sequence[str]:
    heights: dict[str, int] = {}
    for name in reversed(names):
        heights[name] = max((heights[target] + 1 for target in below[name]), default=0)
    chain = sorted((name for name in names if columns[name] == 0), key=lambda name: -heights[name])[:1]
    while chain and below[chain[-1]]:
        chain.append(max(below[chain[-1]], key=lambda name: heights[name]))
    return chain


def _path(source: Node, target: Node, half_column_px: int) -> str:
    """From disc to disc; a link that changes lanes does so beside lane 0, or else just before its target."""
    begin, end = source.x + RADIUS_PX, target.x - RADIUS_PX
    if source.y == target.y:
        return f"M{begin} {source.y}H{end}"
    turn = source.x + half_column_px if not source.lane else target.x - half_column_px
    way = _CORNER_PX if target.y > source.y else -_CORNER_PX
    return (
        f"M{begin} {source.y}H{turn - _CORNER_PX}Q{turn} {source.y} {turn} {source.y + way}"
        f"V{target.y - way}Q{turn} {target.y} {turn + _CORNER_PX} {target.y}H{end}"
    )
