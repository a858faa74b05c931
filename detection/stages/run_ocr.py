"""Read the text in upright crops.

In: crops of any size. Out: one text candidate per crop in which something was read surely enough, ordered by
(seq, box), with how sharp and how rich in contrast the crop is. Of a box that was cut out both ways the surer reading
counts.

Crops of all frames of a shard are read together in batches of one width. What is read in a crop does not depend on its
batch, so any sharding gives the same texts. The clearest views of a track are read first, and the others only where
these say different things or are unsure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, cast

import cv2

from detection.clarity import contrast, sharpness
from detection.inference.easyocr_reader import load_easyocr_reader
from detection.inference.findings import Reading
from detection.inference.networks import Engine, Precision
from detection.inference.ppocr import load_text_reader
from detection.inference.sessions import Device
from detection.records import Crop, Crops, Quad, TextCandidate, Texts
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image, decode_jpeg
from mpr.pipeline.spread import in_order
from mpr.pipeline.stage import Resource, Scope, Stage

Backend = Literal["ppocr", "easyocr"]

# The memory that a batch needs grows with its width; a batch of wide crops holds fewer.
_WIDTH_OF_A_FULL_BATCH_PX = 320


@dataclass(frozen=True, kw_only=True)
class Inputs:
    preprocess: Crops


@dataclass(frozen=True, kw_only=True)
class Config:
    backend: Annotated[Backend, limits("What reads: ppocr, or easyocr with the torch extra.")] = "ppocr"
    unread_crops: Annotated[
        int, limits("A track is left alone when nothing is read in so many crops of its clearest views.", ge=1, le=1000)
    ] = 2
    long_letters: Annotated[
        int, limits("Of a track whose readings are shorter all views are read; else two may do, …", ge=1, le=1000)
    ] = 6
    agreed_confidence: Annotated[
        float, limits("… when both say the same, at least so surely; above 1 they never do.", ge=0, le=2)
    ] = 0.9
    min_confidence: Annotated[float, limits("Readings below this confidence are left out.", ge=0, le=1)] = 0.5
    batch_size: Annotated[int, limits("How many crops are read at once.", ge=1, le=512)] = 4
    batches_at_once: Annotated[
        int,
        limits("Batches a worker reads at the same time; more than 1 uses cores that have no shard.", ge=1, le=64),
    ] = 2
    languages: Annotated[tuple[str, ...], limits("Languages for easyocr, as its codes.", min_length=1)] = ("en",)
    device: Annotated[Device, limits("Where models run: cpu, cuda, or auto for cuda where there is one.")] = "auto"
    engine: Annotated[
        Engine, limits("What runs ppocr: auto is openvino where the processor has bf16, else onnxruntime.")
    ] = "auto"
    precision: Annotated[
        Precision, limits("Its numbers: bf16 is faster where the processor has it, and auto takes it there.")
    ] = "auto"
    threads: Annotated[int, limits("CPU threads per model; 1 is best with one worker per core.", ge=1, le=256)] = 1


class Reader(Protocol):
    """Reads crops. Those of one batch must have the same `width_px`."""

    def width_px(self, image: Image) -> int: ...

    def read(self, images: Sequence[Image]) -> list[Reading]: ...


def run(inputs: Inputs, config: Config, ctx: Context) -> Texts:
    crops = inputs.preprocess.crops
    if not crops:
        return Texts(candidates=[])
    reader = READERS[config.backend](config, ctx)
    pictures = [decode_jpeg(crop.jpeg) for crop in crops]
    widths_px = [reader.width_px(picture) for picture in pictures]

    def read(batch: list[int]) -> list[tuple[int, Reading]]:
        return list(zip(batch, reader.read([pictures[place] for place in batch]), strict=True))

    def texts_of(places: Sequence[int]) -> Iterator[TextCandidate]:
        for readings in in_order(read, batches(places, widths_px, config.batch_size), at_once=config.batches_at_once):
            for place, reading in readings:
                if reading.text and reading.score >= config.min_confidence:
                    yield candidate(crops[place], pictures[place], reading)
            done.extend(readings)
            ctx.progress(len(done), len(crops))

    done: list[tuple[int, Reading]] = []
    found: list[TextCandidate] = []
    # By track: how many of its crops were tried so far, the clearest first, and what was read in its views.
    tried: Counter[int] = Counter()
    said: dict[int, list[TextCandidate]] = defaultdict(list)
    for rank in sorted({crop.rank for crop in crops}):
        places = [
            place
            for place, crop in enumerate(crops)
            if crop.rank == rank and (rank == 0 or _needed(said[crop.track], tried[crop.track], config))
        ]
        tried.update(crops[place].track for place in places)
        for text in surest(list(texts_of(places))):
            found.append(text)
            said[text.track].append(text)
    if len(done) < len(crops):
        ctx.progress(len(crops), len(crops))
    return Texts(candidates=surest(found))


def _needed(read: Sequence[TextCandidate], tried: int, config: Config) -> bool:
    """Whether a further view of a track shall be read after these."""
    if not read:
        return tried < config.unread_crops
    if min(len(text.text) for text in read) < config.long_letters:
        return True
    agreed = len(read) > 1 and len({text.text for text in read}) == 1
    return not agreed or min(text.score for text in read) < config.agreed_confidence


def surest(candidates: Sequence[TextCandidate]) -> list[TextCandidate]:
    """One candidate for each box, in order: of text that was cut out both ways the reading that is surer by all its
    letters."""
    best: dict[tuple[int, int], TextCandidate] = {}
    for found in candidates:
        other = best.get((found.seq, found.box))
        if other is None or _sureness(found) > _sureness(other):
            best[found.seq, found.box] = found
    return [best[place] for place in sorted(best)]


def _sureness(found: TextCandidate) -> tuple[float, str, Quad]:
    return found.score * len(found.text), found.text, found.quad


READERS: dict[Backend, Callable[[Config, Context], Reader]] = {
    "ppocr": lambda config, ctx: ctx.model(
        load_text_reader, config.threads, config.device, config.engine, config.precision, config.batches_at_once
    ),
    "easyocr": lambda config, ctx: ctx.model(load_easyocr_reader, config.languages, config.device),
}


def batches(places: Iterable[int], widths_px: Sequence[int], batch_size: int) -> Iterator[list[int]]:
    """Places of crops, in batches of one width."""
    batch: list[int] = []
    for place in sorted(places, key=lambda place: (widths_px[place], place)):
        width_px = widths_px[place]
        room = max(1, min(batch_size, batch_size * _WIDTH_OF_A_FULL_BATCH_PX // max(1, width_px)))
        if batch and (width_px != widths_px[batch[0]] or len(batch) >= room):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def candidate(crop: Crop, picture: Image, reading: Reading) -> TextCandidate:
    """What was read in a crop, with the crop's measures."""
    grey = cast(Image, cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    return TextCandidate(
        seq=crop.seq,
        box=crop.box,
        quad=crop.quad,
        text=reading.text,
        score=reading.score,
        sharpness=sharpness(grey),
        contrast=contrast(grey),
        track=crop.track,
    )


STAGE = Stage(
    name="run_ocr",
    version=4,
    inputs=Inputs,
    config=Config,
    output=Texts,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.GPU,
)
