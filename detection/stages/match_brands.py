"""Match readings with the session's brands.

In: the text read in kept frames, the shots, the brands with their aliases, and the tracks of what was read. Out: a
sighting for every view of a track in which its brand was read, and as questions the readings that may be a brand but
cannot be settled by their letters alone. Without tracks a sighting is a reading, for its frame.

Short names must be read exactly, and the shortest twice; longer ones may have misread letters in proportion to their
length, those that readers take for one another costing less. The readings of a track vote; where they contradict one
another it changed, and is cut in two. Names spread over several boxes or tracks are put together by where these stand.
Clocks, scores and the codes beside them name no brand. Damaged readings count when the brand is read well a moment
before or after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated

from detection.matching.gathering import gather, half_step_s
from detection.matching.lexicon import Lexicon
from detection.matching.meanings import Meanings
from detection.matching.questions import Questions
from detection.matching.rules import Rules
from detection.matching.scoreboard import Panels
from detection.matching.seen import Seen
from detection.matching.sightings import read_shot
from detection.matching.support import explain
from detection.matching.turns import in_turn
from detection.matching.voting import texts_of, vote
from detection.records import BrandList, BrandMatch, KeptFrame, Matches, Scenes, Texts, Tracks, by_seq
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.stage import Resource, Scope, Stage

_IN_ORDER = attrgetter("seq", "brand", "boxes", "quad")


@dataclass(frozen=True, kw_only=True)
class Inputs:
    run_ocr: Sequence[Texts]
    filter_scenes: Scenes
    brands: BrandList
    track_objects: Sequence[Tracks] | None = None


@dataclass(frozen=True, kw_only=True)
class Config(Rules):
    brands: Annotated[
        tuple[str, ...], limits("Names of the brands to look for; empty: all of the workspace and those that ship.")
    ] = ()


def run(inputs: Inputs, config: Config, ctx: Context) -> Matches:
    kept = by_seq(inputs.filter_scenes.frames)
    meanings = Meanings(Lexicon(inputs.brands.brands, config))
    questions = Questions(kept, meanings.lexicon)
    matches: list[BrandMatch] = []
    shards = len(inputs.run_ocr)
    for shots in gather(
        inputs.run_ocr,
        inputs.track_objects,
        kept,
        half_step_s(inputs.filter_scenes.frames),
        on_shard=lambda done: ctx.progress(done, shards),
    ):
        matches += _of_shots(shots, kept, meanings, questions)
    return Matches(matches=matches, unresolved=questions.asked())


def _of_shots(
    shots: Mapping[int, Sequence[Seen]], kept: Mapping[int, KeptFrame], meanings: Meanings, questions: Questions
) -> Iterator[BrandMatch]:
    """The sightings of some shots, in order; what is left goes to the questions."""
    shots = {
        number: [part for seen in shot for part in (in_turn(seen) if len(seen.readings) > 1 else (seen,))]
        for number, shot in shots.items()
    }
    meanings.learn(text for shot in shots.values() for text in texts_of(shot))
    panels = {number: Panels(shot, kept[shot[0].sights[0].seq].frame) for number, shot in shots.items()}
    read = {
        number: read_shot([vote(seen, meanings, panels[number]) for seen in shot], kept, meanings.lexicon)
        for number, shot in shots.items()
    }
    left = {}
    for number, damaged, rest in explain(read, kept, meanings.lexicon):
        left[number] = (rest, panels[number])
        sure, _ = read[number]
        yield from sorted([*sure, *damaged], key=_IN_ORDER)
    questions.add(left)


STAGE = Stage(
    name="match_brands",
    version=8,
    inputs=Inputs,
    config=Config,
    output=Matches,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.CPU,
)
