"""Find long straight edges and, between near-parallel ones, the places where advertising boards are likely.

In: the kept frames and, when there is one, the playing field. Out: per frame lines and quadrilateral hints in frame
pixels. With a field only its surroundings are searched (boards stand beside it), without one the whole frame.

Edges are Canny's, lines come from the probabilistic Hough transform (Matas et al. 2000), whose random order OpenCV
fixes, so equal pictures give equal lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.lines import Segment, board_quads, merged
from detection.quads import overlap, quad_of, sides
from detection.records import Edges, Fields, FrameEdges, FrameField, Hint, Line, Quad, Scenes
from detection.stages.field_segmentation import shrunk
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image
from mpr.pipeline.stage import Resource, Scope, Stage

_PIECE_PX = 24
_ASIDE_PX = 2.0
_SAME_BOARD = 0.4


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes
    field_segmentation: Fields | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    working_width_px: Annotated[int, limits("Frames are shrunk to this width first.", ge=64, le=4096)] = 640
    canny_low: Annotated[float, limits("Gradient above which an edge goes on.", gt=0, le=1000)] = 50.0
    canny_high: Annotated[float, limits("Gradient above which an edge begins.", gt=0, le=1000)] = 130.0
    min_steadiness: Annotated[
        float,
        limits("How steadily a line must part light from dark, 0 to 1; a crowd's chance lines do not.", ge=0, le=1),
    ] = 0.7
    votes: Annotated[int, limits("Edge pixels that must lie on a line.", ge=1)] = 50
    min_length_share: Annotated[
        float, limits("A long line has at least this share of the frame's width.", gt=0, le=1)
    ] = 0.12
    max_gap_px: Annotated[int, limits("Gaps up to this many pixels at working width are bridged.", ge=0, le=500)] = 12
    around_field_share: Annotated[
        float, limits("How far around the field is searched, as a share of the frame's height.", ge=0, le=1)
    ] = 0.2
    max_lines: Annotated[int, limits("At most this many lines per frame, longest first.", ge=0, le=1000)] = 40
    board_min_share: Annotated[
        float, limits("Least height of a board as a share of the frame's height.", gt=0, le=1)
    ] = 0.012
    board_max_share: Annotated[
        float, limits("Greatest height of a board as a share of the frame's height.", gt=0, le=1)
    ] = 0.2
    max_angle_deg: Annotated[
        float, limits("The two long edges of a board differ by at most this angle in degrees.", ge=0, le=45)
    ] = 4.0
    max_hints: Annotated[int, limits("At most this many hints per frame, best first.", ge=0, le=100)] = 6


def run(inputs: Inputs, config: Config, ctx: Context) -> Edges:
    fields = {field.seq: field for field in inputs.field_segmentation.frames} if inputs.field_segmentation else {}
    kept = inputs.filter_scenes.frames
    frames = []
    for done, item in enumerate(kept, start=1):
        seq = item.frame.seq
        frames.append(find_edges(ctx.read(item.frame), fields.get(seq), seq=seq, config=config))
        ctx.progress(done, len(kept))
    return Edges(frames=frames)


def find_edges(image: Image, field: FrameField | None, *, seq: int, config: Config) -> FrameEdges:
    """Lines and hints of one BGR picture."""
    grey, to_frame, hull = _at_work(image, field, config)
    height, width = grey.shape
    edges = _edge_pixels(grey, hull, config)
    long_px = config.min_length_share * width
    segments = [
        segment
        for segment in _segments(edges, config, long_px / 2)
        if steadiness(grey, segment) >= config.min_steadiness
    ]
    lines = merged(segments, max_gap_px=3 * config.max_gap_px)
    lines = sorted((line for line in lines if line.length >= long_px), key=lambda line: (-line.length, line.ends))
    lines = lines[: config.max_lines]
    boards = board_quads(
        lines,
        min_height_px=config.board_min_share * height,
        max_height_px=config.board_max_share * height,
        max_angle_deg=config.max_angle_deg,
        min_length_px=long_px,
        frame_width_px=width,
    )
    if hull is not None:
        boards = [(quad, round(score * beside(quad, hull), 4)) for quad, score in boards]
    boards = apart(sorted(boards, key=lambda board: (-board[1], board[0])))
    return FrameEdges(
        seq=seq,
        lines=[_line(line, to_frame) for line in lines],
        hints=[
            Hint(quad=quad_of(np.array(quad) * to_frame, digits=1), score=score)
            for quad, score in boards[: config.max_hints]
        ],
    )


def edge_pixels(image: Image, field: FrameField | None, config: Config) -> NDArray[np.uint8]:
    """255 at the edges of a BGR picture in which lines are looked for, at working width."""
    grey, _, hull = _at_work(image, field, config)
    return _edge_pixels(grey, hull, config)


def steadiness(grey: NDArray[np.uint8], segment: Segment) -> float:
    """How steadily the brightness changes in one direction across a line, 0 to 1. It is looked at piece by piece,
    because along a row of boards light may lie above the line here and below it there."""
    samples = max(_PIECE_PX, int(segment.length)) // _PIECE_PX * _PIECE_PX
    along = np.linspace(0, segment.length, samples)
    (x0, y0), (x1, y1) = segment.ends
    step = np.array([x1 - x0, y1 - y0]) / segment.length
    aside = np.array([-step[1], step[0]]) * _ASIDE_PX
    points = np.array([x0, y0]) + along[:, None] * step
    below, above = _values(grey, np.stack([points + aside, points - aside]))
    change = below - above
    whole = np.abs(change).sum()
    return float(np.abs(change.reshape(-1, _PIECE_PX).sum(axis=1)).sum() / whole) if whole > 0 else 0.0


def beside(quad: Quad, hull: NDArray[np.float32]) -> float:
    """How well a quad stands at the border of a field, 0 to 1: 1 when an edge of it touches the border from outside,
    less the farther off in heights of its own, half when it lies within the field (painted logos, but also lines)."""
    centre = np.mean(quad, axis=0)
    outside_px = -cv2.pointPolygonTest(hull, (float(centre[0]), float(centre[1])), True)
    height_px = max(1.0, sides(quad)[1])
    if outside_px < -height_px:
        return 0.5
    return float(np.exp(-max(0.0, outside_px - height_px) / (2 * height_px)))


def apart(boards: list[tuple[Quad, float]]) -> list[tuple[Quad, float]]:
    """The boards, best first, without those that mostly repeat a better one."""
    kept: list[tuple[Quad, float]] = []
    for quad, score in boards:
        if all(overlap(quad, other) <= _SAME_BOARD for other, _ in kept):
            kept.append((quad, score))
    return kept


def _at_work(
    image: Image, field: FrameField | None, config: Config
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float32] | None]:
    """The picture in grey at working width, what takes its pixels to those of the frame, and the field's hull in it."""
    small = shrunk(image, config.working_width_px)
    height, width = small.shape[:2]
    to_frame = np.array([image.shape[1] / width, image.shape[0] / height])
    hull = (np.array(field.hull) / to_frame).astype(np.float32) if field is not None and field.hull else None
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8), to_frame, hull


def _edge_pixels(grey: NDArray[np.uint8], hull: NDArray[np.float32] | None, config: Config) -> NDArray[np.uint8]:
    edges = np.asarray(cv2.Canny(grey, config.canny_low, config.canny_high), np.uint8)
    if hull is None:
        return edges
    height, width = grey.shape
    return edges & _around(hull, width, height, config.around_field_share)


def _values(grey: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float32]:
    """The brightness at points (…, 2); beyond the picture that of its border."""
    height, width = grey.shape
    nearest = (points + 0.5).astype(np.int32)
    # np.clip costs several times as much on arrays this small, and there are thousands of them.
    xs = np.minimum(np.maximum(nearest[..., 0], 0), width - 1)
    ys = np.minimum(np.maximum(nearest[..., 1], 0), height - 1)
    return np.asarray(grey[ys, xs], np.float32)


def _segments(edges: NDArray[np.uint8], config: Config, min_length_px: float) -> list[Segment]:
    found = cv2.HoughLinesP(
        edges, 1, np.pi / 360, config.votes, minLineLength=min_length_px, maxLineGap=config.max_gap_px
    )
    if found is None:
        return []
    return [Segment.between((x0, y0), (x1, y1)) for x0, y0, x1, y1 in found.reshape(-1, 4).tolist()]


def _around(hull: NDArray[np.float32], width: int, height: int, share: float) -> NDArray[np.uint8]:
    """255 within the hull and around it."""
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 255)
    reach = round(share * height)
    if not reach:
        return mask
    # A box filter's reach is that of a dilation at a fraction of its cost.
    return np.where(cv2.blur(mask.astype(np.float32), (2 * reach + 1, 2 * reach + 1)) > 0, 255, 0).astype(np.uint8)


def _line(segment: Segment, to_frame: NDArray[np.float64]) -> Line:
    (x0, y0), (x1, y1) = (np.array(segment.ends) * to_frame).tolist()
    return Line(start=(round(x0, 1), round(y0, 1)), end=(round(x1, 1), round(y1, 1)))


STAGE = Stage(
    name="detect_edges",
    version=2,
    inputs=Inputs,
    config=Config,
    output=Edges,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.CPU,
)
