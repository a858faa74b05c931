"""A film made of numbers: frames of 1000 × 1000 px on a grid of half seconds, and sightings placed by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from detection.records import (
    BrandMatch,
    Candidate,
    Fields,
    FrameField,
    KeptFrame,
    Matches,
    Question,
    Report,
    Scenes,
    Shot,
    StoredMatches,
)
from detection.report.facts import JobFacts, StageFact, VideoFacts
from detection.stages import compile_report
from mpr.pipeline.blobs import Folder
from mpr.pipeline.codec import decode, encode
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame

Box = tuple[float, float, float, float]

STEP_S = 0.5
SIDE_PX = 1000


def frame(seq: int) -> Frame:
    pts_s = (seq + 0.5) * STEP_S
    return Frame(seq=seq, pts_s=pts_s, width_px=SIDE_PX, height_px=SIDE_PX, pack="frames/0.pack", offset=seq, size=1)


@pytest.fixture
def film() -> Callable[..., Scenes]:
    """`film(4, 6)`: shots of four and six frames of half a second each."""

    def make(*lengths: int) -> Scenes:
        shots, frames = [], []
        for number, length in enumerate(lengths):
            first = len(frames)
            shots.append(Shot(number=number, start_s=first * STEP_S, end_s=(first + length) * STEP_S))
            frames += [
                KeptFrame(frame=frame(seq), shot=number, start_s=seq * STEP_S, end_s=(seq + 1) * STEP_S)
                for seq in range(first, first + length)
            ]
        return Scenes(shots=shots, frames=frames, dropped=0)

    return make


def quad(box: Box) -> Any:
    left, top, right, bottom = (share * SIDE_PX for share in box)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


@pytest.fixture
def sighting() -> Callable[..., BrandMatch]:
    """A sighting of one brand in one frame; the box in shares of the frame. Unless told otherwise it is fully clear and
    stands for its frame's half second."""

    def make(seq: int, brand: str = "Aldermoor", box: Box = (0.4, 0.4, 0.6, 0.5), **changes: Any) -> BrandMatch:
        values = {
            "text": brand.upper(),
            "confidence": 1.0,
            "sharpness": 1000.0,
            "contrast": 0.25,
            "method": "ocr",
            "start_s": seq * STEP_S,
            "end_s": (seq + 1) * STEP_S,
            "boundary_error_s": STEP_S / 2,
        }
        return BrandMatch(seq=seq, boxes=[0], quad=quad(box), brand=brand, **(values | changes))

    return make


@pytest.fixture
def question() -> Callable[..., Question]:
    """Unresolved text seen at one place in several frames, for half a second each unless told otherwise."""

    def make(seqs: Sequence[int], text: str = "ALDERM", box: Box = (0.4, 0.4, 0.6, 0.5), **changes: Any) -> Question:
        start_s, end_s = changes.pop("start_s", None), changes.pop("end_s", None)
        sightings = [
            Candidate(
                seq=seq, box=0, quad=quad(box), sharpness=1000.0, contrast=0.25,
                start_s=seq * STEP_S if start_s is None else start_s,
                end_s=(seq + 1) * STEP_S if end_s is None else end_s,
                boundary_error_s=STEP_S / 2,
            )
            for seq in seqs
        ]  # fmt: skip
        values = {"reason": "It is near two brands.", "nearest_brand": None, "nearest_score": 0.0, "best": 0}
        return Question(text=text, sightings=sightings, **(values | changes))

    return make


@pytest.fixture
def field() -> Callable[..., list[Fields]]:
    """The playing field by frame, each a box in shares of the frame, as one shard gives it."""

    def make(boxes: dict[int, Box]) -> list[Fields]:
        return [
            Fields(
                frames=[
                    FrameField(seq=seq, share=0.5, hull=list(quad(box)), mask_png=b"") for seq, box in boxes.items()
                ]
            )
        ]

    return make


@pytest.fixture
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Report]:
    """Run the stage. Keyword arguments are inputs or settings; the matches may be given as a plain list. What the rungs
    gave is read as the engine reads it."""

    def make(scenes: Scenes, matches: Sequence[BrandMatch], **given: Any) -> Report:
        given["match_brands"] = Matches(matches=list(matches), unresolved=given.pop("unresolved", []))
        rungs = [name for name in ("match_brands", "match_logos", "escalate_vlm", "escalate_cloud") if name in given]
        given |= {name: decode(encode(given[name]), StoredMatches) for name in rungs}
        inputs = compile_report.Inputs(
            filter_scenes=scenes,
            **{name: given.pop(name) for name in list(given) if name in compile_report.Inputs.__dataclass_fields__},
        )
        folder = Folder(tmp_path_factory.mktemp("media_out"))
        ctx = Context(span=Span(number=0, start_s=0.0, end_s=1e9), blobs=folder, media=folder, prefix="report")
        return compile_report.run(inputs, replace(compile_report.Config(), **given), ctx)

    return make


@pytest.fixture
def facts() -> JobFacts:
    return JobFacts(
        job_id="5f0e6a52-2a34-4c55-9a5d-0d2f14a9b9a1",
        profile="soccer_broadcast",
        config_hash="c0" * 32,
        started_at=datetime(2026, 3, 14, 20, 15, tzinfo=UTC),
        finished_at=None,
        video=VideoFacts(
            filename="match.mp4", sha256="ab" * 32, duration_s=4.0, fps=25.0, width=SIDE_PX, height=SIDE_PX
        ),
        stages=(
            StageFact(name="escalate_vlm", state="Skipped", reason="No local model is configured."),
            StageFact(name="compile_report", state="Done", reason=""),
        ),
        configs={"compile_report": {"bridge_s": 1.0}},
    )


@pytest.fixture
def report(
    film: Callable[..., Scenes],
    sighting: Callable[..., BrandMatch],
    question: Callable[..., Question],
    compiled: Callable[..., Report],
) -> Report:
    """Two shots of two seconds. Aldermoor is seen in both, Quillon for half a second, too shortly for an event; one
    question is open."""
    matches = [sighting(seq, text="ALDERMOOR <b>") for seq in (0, 1, 2, 5, 6)]
    matches += [sighting(3, "Quillon", box=(0.1, 0.1, 0.3, 0.2), confidence=0.6)]
    return compiled(film(4, 4), matches, unresolved=[question([7], nearest_brand="Quillon", nearest_score=0.7)])
