"""Match readings with the session's brands.

In: the text read in every kept frame, the shots, and the brands with their aliases. Out: a sighting for every place
where a brand was read in a frame, and as questions the readings that may be a brand but cannot be settled by their
letters alone.

Short names must be read exactly, longer ones may have misread letters in proportion to their length, with look-alikes
such as 0 and O costing little. Names spread over several boxes are put together by where the boxes stand. Clocks,
scores and the codes beside them name no brand. Damaged readings count when the brand is read well a moment before or
after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from detection.matching.cells import cells
from detection.matching.joining import pieces_of
from detection.matching.lexicon import Lexicon
from detection.matching.questions import ask
from detection.matching.rules import Rules
from detection.matching.scoreboard import Panels
from detection.matching.search import find_all
from detection.matching.sightings import read_frame
from detection.matching.support import explain
from detection.records import BrandList, BrandMatch, KeptFrame, Matches, Scenes, TextCandidate, Texts, by_seq
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.stage import Resource, Scope, Stage


@dataclass(frozen=True, kw_only=True)
class Inputs:
    run_ocr: Sequence[Texts]
    filter_scenes: Scenes
    brands: BrandList


@dataclass(frozen=True, kw_only=True)
class Config(Rules):
    brands: Annotated[
        tuple[str, ...], limits("Names of the brands to look for; empty: all of the workspace and those that ship.")
    ] = ()


def run(inputs: Inputs, config: Config, ctx: Context) -> Matches:
    kept = by_seq(inputs.filter_scenes.frames)
    stands = cells(inputs.filter_scenes.frames)
    frames = _by_frame(inputs.run_ocr)
    lexicon = Lexicon(inputs.brands.brands, config)
    panels = _panels(frames, kept)
    texts = {reading.text for readings in frames.values() for reading in readings}
    found = find_all(texts, lexicon)
    pieces = pieces_of(texts, lexicon)

    matches: list[BrandMatch] = []
    rest: list[TextCandidate] = []
    for done, (seq, readings) in enumerate(frames.items(), start=1):
        here = read_frame(readings, found, pieces, panels[kept[seq].shot], stands[seq], lexicon)
        settled = {box for match in here for box in match.boxes}
        matches += here
        rest += [reading for reading in readings if reading.box not in settled]
        ctx.progress(done, len(frames))

    explained = explain(rest, matches, kept, stands, lexicon)
    matches += [match for match in explained if match]
    unsettled = [reading for reading, match in zip(rest, explained, strict=True) if not match]
    return Matches(
        matches=sorted(matches, key=lambda match: (match.seq, match.brand, match.boxes, match.quad)),
        unresolved=ask(unsettled, kept, stands, panels, lexicon),
    )


def _by_frame(shards: Sequence[Texts]) -> dict[int, list[TextCandidate]]:
    """Readings by frame, in time order."""
    frames: dict[int, list[TextCandidate]] = defaultdict(list)
    for shard in shards:
        for reading in shard.candidates:
            frames[reading.seq].append(reading)
    return {seq: sorted(frames[seq], key=lambda reading: reading.box) for seq in sorted(frames)}


def _panels(frames: Mapping[int, Sequence[TextCandidate]], kept: Mapping[int, KeptFrame]) -> dict[int, Panels]:
    """The score panels of every shot in which something was read."""
    shots: dict[int, list[int]] = defaultdict(list)
    for seq in frames:
        shots[kept[seq].shot].append(seq)
    return {
        shot: Panels([reading for seq in seqs for reading in frames[seq]], kept[seqs[0]].frame, frames=len(seqs))
        for shot, seqs in shots.items()
    }


STAGE = Stage(
    name="match_brands",
    version=2,
    inputs=Inputs,
    config=Config,
    output=Matches,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.CPU,
)
