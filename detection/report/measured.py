"""Everything a report follows from, measured before any setting says what counts.

It is put together once, from the outputs of a job's stages; a report with other settings needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from detection.records import Fields, Method, Objects, Replay, Scenes, Shot, StoredMatches
from detection.report import columns, ground, questions, sightings
from detection.report.ground import Ground
from detection.report.kept import Kept
from detection.report.questions import Open
from detection.report.sightings import Instances


@dataclass(frozen=True, kw_only=True)
class Rung:
    """A rung of the ladder that ran, and what it gave."""

    method: Method
    found: StoredMatches


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a rung did: `settled` of the questions before it are answered behind it, `asked` were put to a model, for
    which `cost_usd_micros` millionths of a US dollar were paid."""

    method: Method
    settled: int
    asked: int
    cost_usd_micros: int


@dataclass(frozen=True, kw_only=True)
class Measured:
    """`instances.brand` and `.record` are places in `names` and `texts`; `ground` has an entry for every instance.
    `open` are the questions that the last rung left."""

    shots: Sequence[Shot]
    replays: Sequence[Replay] | None
    kept: Kept
    names: Sequence[str]
    texts: Sequence[str]
    instances: Instances
    ground: Ground
    open: Open
    work: Sequence[Work]


def measure(
    scenes: Scenes, rungs: Sequence[Rung], *, fields: Iterable[Fields] = (), objects: Iterable[Objects] = ()
) -> Measured:
    """From what the stages gave; `rungs` are those that ran, in their order, and at least one."""
    kept = Kept.of(scenes.frames)
    settled, words = columns.read([rung.found.matches for rung in rungs])
    instances = sightings.measure(settled, kept)
    said, texts = words.texts(instances.record)
    return Measured(
        shots=scenes.shots,
        replays=scenes.replays,
        kept=kept,
        names=words.names,
        texts=texts,
        instances=replace(instances, record=said),
        ground=ground.measure(instances, kept, fields, objects),
        # What is still open is what the last rung that ran says.
        open=questions.measure(rungs[-1].found.unresolved, kept),
        work=[_work(rung, before) for rung, before in zip(rungs, (None, *rungs), strict=False)],
    )


def _work(rung: Rung, before: Rung | None) -> Work:
    waiting = len(before.found.unresolved) if before else len(rung.found.unresolved)
    return Work(
        method=rung.method,
        settled=max(0, waiting - len(rung.found.unresolved)),
        asked=rung.found.asked,
        cost_usd_micros=rung.found.cost_usd_micros,
    )
