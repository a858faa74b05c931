"""Recognise the logos of the session's brands by their exemplars.

In: the regions of frames with what the logo network says of them, the exemplars, the shots, the tracks, what was read,
and what match_brands made of it. Out: a sighting for every view of a track that a logo moves with, or else for the
frames in which it was seen, and the questions of match_brands that no logo answers.

A region that is like an exemplar is looked at more closely in the likeliest frames, on the cached picture, where the
first look promises enough. A sure frame counts unless the next likeliest of its track, or of its place in the shot,
says no; doubtful ones count when several are as sure together. A logo and text of the same brand on one place make each
other surer; a logo on which another brand is read does not count, nor does one that is a letter of a line of text.
Nothing is decoded from the video and nothing is searched for anew, so another exemplar takes seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.inference.sessions import Device
from detection.logos.crops import check_crop
from detection.logos.embedding import Embedder, load_embedder
from detection.logos.gallery import Candidate, ExemplarPicture, Gallery, build_gallery
from detection.logos.matching import Closeup, Networks, Rule, Verified, look_closer, shipped_rule
from detection.logos.pairing import Comparer, load_comparer
from detection.matching.gathering import half_step_s
from detection.recognition import support
from detection.recognition.claims import Chain, Claim, chains
from detection.recognition.judging import Ballot, judge
from detection.recognition.lettering import written
from detection.recognition.looked import Look, looks
from detection.recognition.sightings import settle, undisputed
from detection.records import ExemplarFile, Exemplars, Matches, Quad, Regions, Scenes, Texts, Track, Tracks
from detection.regions import Columns, unpack
from mpr.errors import BadInput, NotFound
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.spread import in_order
from mpr.pipeline.stage import Resource, Scope, Stage

# Short footage may be looked at more thoroughly than its length would allow.
_LEAST_CHECKS = 1500
# What promises so much less than is worth a closer look still goes along with a frame that promises more.
_WEAKER = 0.03
# A rival that is so much less like a region than the likeliest brand is none, as a cosine.
_MOST_BEHIND = 0.1
# Two regions that are likest to one exemplar are of one thing when they share so much of their union.
_SAME_UNION = 0.3


@dataclass(frozen=True, kw_only=True)
class Inputs:
    embed_regions: Sequence[Regions]
    filter_scenes: Scenes
    match_brands: Matches
    exemplars: Exemplars
    track_objects: Sequence[Tracks] | None = None
    run_ocr: Sequence[Texts] | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    min_cosine: Annotated[
        float, limits("A region is compared further when it is this like an exemplar, -1 to 1.", ge=-1, le=1)
    ] = 0.5
    least_side_px: Annotated[
        float, limits("Regions whose shorter side is less show too little to tell brands apart.", ge=0)
    ] = 20.0
    stricter_by: Annotated[
        float, limits("A frame needs so much more evidence than the learnt rule asks; negative: less.", ge=-1, le=1)
    ] = 0.0
    sure_confidence: Annotated[float, limits("A logo counts from this confidence on.", ge=0.5, le=1)] = 0.93
    agreeing_frames: Annotated[int, limits("Where no frame is that sure, so many must agree.", ge=2, le=100)] = 2
    checked_frames: Annotated[
        int, limits("At most so many frames of one thing are looked at closely, the likeliest.", ge=0, le=100)
    ] = 3
    checks_per_s: Annotated[
        float,
        limits(
            "Beyond 1500, so many regions a second are looked at closely, the likeliest; more takes longer.",
            gt=0,
        ),
    ] = 0.3
    regions_per_frame: Annotated[
        int, limits("Of a frame so many regions are compared further, the likeliest.", ge=1, le=1000)
    ] = 20
    frames_at_once: Annotated[
        int, limits("Frames that are checked at the same time; more than 1 uses cores that have no job.", ge=1, le=64)
    ] = 2
    rivals: Annotated[int, limits("For each region so many brands are considered, the likeliest.", ge=1, le=20)] = 2
    device: Annotated[Device, limits("Where models run: cpu, cuda, or auto for cuda where there is one.")] = "auto"
    threads: Annotated[int, limits("CPU threads per model; 1 is best with one worker per core.", ge=1, le=256)] = 1


def run(inputs: Inputs, config: Config, ctx: Context) -> Matches:
    embedder: Embedder = ctx.model(load_embedder, config.threads, config.device, config.frames_at_once)
    comparer: Comparer = ctx.model(load_comparer, config.threads, config.device, config.frames_at_once)
    gallery = build_gallery([picture_of(file, ctx) for file in inputs.exemplars.exemplars], embedder)
    rule = shipped_rule()
    likes, looked = _likes(inputs.embed_regions, gallery, rule, config)
    shown = looks(inputs.filter_scenes.frames, looked.seqs)
    linked = chains([like.claim(shown[like.seq]) for like in likes], looked.tracks)
    read = support.by_frame(inputs.match_brands.matches)
    tracks = _tracks(linked, inputs.track_objects)
    error_s = half_step_s([look.kept for look in shown.values()])
    ballot = Ballot(
        rule=replace(rule, threshold=rule.threshold + config.stricter_by),
        sure=config.sure_confidence,
        agreeing=config.agreeing_frames,
        checked=config.checked_frames,
        most_checks=_LEAST_CHECKS
        + round(config.checks_per_s * sum(look.end_s - look.start_s for look in shown.values())),
    )
    checker = _Checker(ctx, Networks(embedder=embedder, comparer=comparer), ballot, config.frames_at_once)
    verdicts = judge(linked, ballot, checker.check)
    doubtful = {claim.look.seq for verdict in verdicts for claim in verdict.claims}
    lines = written(inputs.run_ocr or (), inputs.track_objects, doubtful)
    settled = [settle(verdict, read, lines, tracks, error_s) for verdict in verdicts]
    matches = undisputed([found for found in settled if found is not None])
    return Matches(matches=matches, unresolved=support.still_open(inputs.match_brands.unresolved, matches))


def picture_of(file: ExemplarFile, ctx: Context) -> ExemplarPicture:
    """The picture of an exemplar, as BGRA. Raises BadInput when it is gone or damaged."""
    try:
        data = ctx.media.read(file.key)
    except NotFound as error:
        raise BadInput(
            f"An exemplar of {file.brand} was deleted after this was planned; replay the job from match_logos."
        ) from error
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise BadInput(f"An exemplar of {file.brand} is damaged; add it again, then replay the job from match_logos.")
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGRA)
    elif image.shape[2] == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)
    return ExemplarPicture(brand=file.brand, picture=np.asarray(image, np.uint8))


class _Checker:
    """Takes closer looks at pictures from the frame cache: frame after frame, some at the same time."""

    def __init__(self, ctx: Context, networks: Networks, ballot: Ballot, at_once: int) -> None:
        self._ctx = ctx
        self._networks = networks
        self._ballot = ballot
        self._at_once = at_once

    def check(self, claims: Sequence[Claim]) -> list[Verified]:
        order = sorted(range(len(claims)), key=lambda place: claims[place].look.seq)
        groups = [list(group) for _, group in groupby(order, key=lambda place: claims[place].look.seq)]
        said: dict[int, Verified] = {}
        answers = in_order(lambda group: self._look([claims[place] for place in group]), groups, at_once=self._at_once)
        for group, found in zip(groups, answers, strict=True):
            said.update(zip(group, found, strict=True))
            self._ctx.progress(len(said), len(claims))
        return [said[place] for place in range(len(claims))]

    def _look(self, claims: Sequence[Claim]) -> list[Verified]:
        """At the claims of one frame."""
        image = self._ctx.read(claims[0].look.kept.frame)
        closeups = {claim.quad: Closeup(check_crop(image, claim.quad)[0]) for claim in claims}

        def undecided(place: int, verified: Verified) -> bool:
            return self._ballot.is_open(claims[place], verified)

        return look_closer([(closeups[claim.quad], claim.candidate) for claim in claims], self._networks, undecided)


@dataclass(frozen=True, kw_only=True)
class _Like:
    """A region that is like an exemplar, before it is known for which time its frame stands."""

    seq: int
    quad: Quad
    candidate: Candidate
    mark: float
    sharpness: float
    contrast: float
    track: tuple[int, int] | None

    def claim(self, look: Look) -> Claim:
        return Claim(
            look=look,
            quad=self.quad,
            candidate=self.candidate,
            mark=self.mark,
            sharpness=self.sharpness,
            contrast=self.contrast,
            track=self.track,
        )


@dataclass(kw_only=True)
class _Looked:
    """The frames that were looked at, and in how many of them each track was."""

    seqs: set[int]
    tracks: Counter[tuple[int, int]]


def _likes(shards: Sequence[Regions], gallery: Gallery, rule: Rule, config: Config) -> tuple[list[_Like], _Looked]:
    """The regions of all shards that are like an exemplar. Of every shard only these are kept."""
    likes: list[_Like] = []
    looked = _Looked(seqs=set(), tracks=Counter())
    least = rule.least_promise - _WEAKER
    for shard, regions in enumerate(shards):
        columns = unpack(regions)
        looked.seqs.update(regions.seqs)
        riding = set(zip(columns.track.tolist(), columns.seq.tolist(), strict=True))
        looked.tracks.update((shard, track) for track, _ in riding if track >= 0)
        promised = rule.promises(gallery.scores(columns.vectors), gallery.plainness)
        hopes, likest = promised.max(axis=1), promised.argmax(axis=1)
        like = (hopes >= least) & (columns.marks >= rule.least_mark) & (columns.shorter_px >= config.least_side_px)
        rows = _likeliest(columns, hopes, likest, np.flatnonzero(like), config.regions_per_frame)
        quads = columns.quads(rows)
        for candidate in gallery.nearest(columns.vectors[rows], top=config.rivals, least=config.min_cosine):
            if candidate.lead < -_MOST_BEHIND or rule.promise(candidate) < least:
                continue
            row = int(rows[candidate.region])
            track = int(columns.track[row])
            likes.append(
                _Like(
                    seq=int(columns.seq[row]),
                    quad=quads[candidate.region],
                    candidate=candidate,
                    mark=float(columns.marks[row]),
                    sharpness=round(float(columns.sharpness[row]), 2),
                    contrast=round(float(columns.contrast[row]), 4),
                    track=(shard, track) if track >= 0 else None,
                )
            )
    return likes, looked


def _likeliest(
    columns: Columns, hopes: NDArray[np.float32], likest: NDArray[np.intp], like: NDArray[np.intp], most: int
) -> NDArray[np.intp]:
    """Of each frame the rows of the `most` regions that may promise most, of `like` ones; of those on one place that
    are likest to one exemplar the first."""
    boxes = columns.boxes_px
    kept = [
        rows[
            np.asarray(
                cv2.dnn.NMSBoxesBatched(
                    boxes[rows].tolist(), hopes[rows].tolist(), likest[rows].tolist(), -1.0, _SAME_UNION
                ),
                np.intp,
            )[:most]
        ]
        for rows in np.split(like, np.flatnonzero(np.diff(columns.seq[like])) + 1)
        if len(rows)
    ]
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0, np.intp)


def _tracks(linked: Iterable[Chain], shards: Sequence[Tracks] | None) -> dict[int, Mapping[int, Track]]:
    """By shard and number the tracks that logos may move with."""
    wanted = {chain.track for chain in linked if chain.track is not None}
    return {
        place: {track.number: track for track in shard.tracks if (place, track.number) in wanted}
        for place, shard in enumerate(shards or ())
    }


STAGE = Stage(
    name="match_logos",
    version=7,
    inputs=Inputs,
    config=Config,
    output=Matches,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.GPU,
)
