from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from mpr.errors import Interrupted, Unavailable
from mpr.pipeline.blobs import Folder, Under
from mpr.pipeline.codec import Record, digest
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, encode_jpeg

SPAN = Span(number=2, start_s=20.0, end_s=30.0)


class Answer(Record):
    brand: str | None
    confidence: float


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def ctx(folder: Folder) -> Context:
    return Context(span=SPAN, blobs=Under(folder, "timelines/one"), media=folder, prefix="stage/00002", answers=folder)


@pytest.mark.parametrize(
    ("time_s", "held"), [(19.999, False), (20.0, True), (29.999, True), (30.0, False), (-1.0, False)]
)
def test_a_span_holds_its_beginning_but_not_its_end(time_s: float, held: bool) -> None:
    assert SPAN.holds(time_s) is held


def test_a_picture_is_read_out_of_its_pack(ctx: Context) -> None:
    jpeg = encode_jpeg(np.full((18, 32, 3), 77, np.uint8), quality=95)
    key = ctx.write_pack("frames.pack", b"before" + jpeg)
    frame = Frame(seq=0, pts_s=20.0, width_px=32, height_px=18, pack=key, offset=6, size=len(jpeg))
    assert ctx.read(frame).shape == (18, 32, 3)
    assert not ctx.read(frame).flags.writeable


def test_a_strip_is_walked_at_the_size_asked_for(ctx: Context) -> None:
    jpegs = [encode_jpeg(np.full((18, 32, 3), level, np.uint8), quality=95) for level in (40, 90, 140)]
    key = ctx.write_pack("scan.pack", b"".join(jpegs))
    offsets = [sum(map(len, jpegs[:number])) for number in range(3)]
    strip = [
        Frame(seq=number, pts_s=20.0, width_px=32, height_px=18, pack=key, offset=offset, size=len(jpeg))
        for number, (offset, jpeg) in enumerate(zip(offsets, jpegs, strict=True))
    ]
    assert [round(picture.mean(), -1) for picture in ctx.pictures(strip)] == [40, 90, 140]
    assert [picture.shape for picture in ctx.pictures(reversed(strip), reduced=2)] == [(9, 16, 3)] * 3


def test_a_pack_lies_beside_the_shards_output(ctx: Context, folder: Folder) -> None:
    assert ctx.write_pack("scan.pack", b"data") == "stage/00002/scan.pack"
    assert folder.read("timelines/one/stage/00002/scan.pack") == b"data"


def test_progress_and_lines_reach_whoever_listens(folder: Folder) -> None:
    heard: list[tuple[object, object]] = []
    ctx = Context(
        span=SPAN, blobs=folder, media=folder, prefix="x",
        on_progress=lambda done, total: heard.append((done, total)),
        on_log=lambda level, message: heard.append((level, message)),
    )  # fmt: skip
    ctx.progress(3, 10)
    ctx.log("read three frames")
    ctx.log("one was torn", level="warning")
    assert heard == [(3, 10), ("info", "read three frames"), ("warning", "one was torn")]


def test_progress_stops_a_stage_whose_job_stopped(folder: Folder) -> None:
    def stop(done: int, total: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted, match=r"^The job was stopped while this stage ran\.$"):
        Context(span=SPAN, blobs=folder, media=folder, prefix="x", on_progress=stop).progress(1, 2)


def test_nobody_need_listen(ctx: Context, folder: Folder, capfd: pytest.CaptureFixture[str]) -> None:
    before = sorted(folder.root.rglob("*"))
    ctx.progress(1, 2)
    ctx.log("heard by nobody")
    assert sorted(folder.root.rglob("*")) == before
    assert capfd.readouterr() == ("", "")


def test_a_model_is_loaded_once_per_process_and_name(ctx: Context, folder: Folder) -> None:
    loaded: list[tuple[str, int]] = []

    def load(name: str, threads: int) -> object:
        loaded.append((name, threads))
        return object()

    other = Context(span=SPAN, blobs=folder, media=folder, prefix="y")
    assert ctx.model(load, "small", 1) is other.model(load, "small", 1)
    assert ctx.model(load, "small", 1) is not ctx.model(load, "large", 1)
    assert loaded == [("small", 1), ("large", 1)]


class Model:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Answer:
        self.asked += 1
        return Answer(brand="Fluxwave", confidence=0.25 * self.asked)


def test_a_question_is_asked_once_across_jobs_and_timelines(ctx: Context, folder: Folder) -> None:
    model = Model()
    other = Context(span=SPAN, blobs=Under(folder, "timelines/two"), media=folder, prefix="y", answers=folder)
    question = {"model": "m1", "crop": "a" * 64, "brands": ["Fluxwave"]}
    first = ctx.remembered(question, model, Answer)
    assert first == Answer(brand="Fluxwave", confidence=0.25)
    assert other.remembered(dict(reversed(question.items())), model, Answer) == first
    assert model.asked == 1


def test_another_question_is_asked_anew(ctx: Context) -> None:
    model = Model()
    ctx.remembered({"model": "m1", "crop": "a"}, model, Answer)
    ctx.remembered({"model": "m2", "crop": "a"}, model, Answer)
    assert model.asked == 2


def test_an_answer_of_nothing_is_an_answer(ctx: Context) -> None:
    asked: list[int] = []
    for _ in range(2):
        assert ctx.remembered("what?", lambda: asked.append(1), type(None)) is None
    assert asked == [1]


def test_what_was_never_answered_is_asked_again(ctx: Context) -> None:
    def fail() -> Answer:
        raise Unavailable("The model did not answer.")

    with pytest.raises(Unavailable):
        ctx.remembered("what?", fail, Answer)
    assert ctx.remembered("what?", Model(), Answer).confidence == 0.25


@pytest.mark.parametrize(
    "kept", [b"", b'{"brand": "Flux', b'{"name": "of another form"}'], ids=["empty", "torn", "old"]
)
def test_an_answer_that_can_no_longer_be_read_is_asked_again(ctx: Context, folder: Folder, kept: bytes) -> None:
    model = Model()
    folder.write(f"answers/{digest('what?')}.json", kept)
    assert ctx.remembered("what?", model, Answer).brand == "Fluxwave"
    assert ctx.remembered("what?", model, Answer).confidence == 0.25
    assert model.asked == 1


def test_without_a_place_for_answers_they_lie_with_the_timeline(folder: Folder) -> None:
    Context(span=SPAN, blobs=folder, media=folder, prefix="x").remembered("what?", Model(), Answer)
    assert msgspec.json.decode(folder.read(f"answers/{digest('what?')}.json")) == {
        "brand": "Fluxwave",
        "confidence": 0.25,
    }
