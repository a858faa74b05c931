"""From verdicts to sightings: every view of the track that a logo moves with, or the frames in which it was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from detection.recognition.claims import Claim, same_place
from detection.recognition.judging import Verdict
from detection.recognition.lettering import Written, is_lettering
from detection.recognition.riding import carried, view_at
from detection.recognition.support import Read, agreeing_text, combined, is_contradicted
from detection.records import BrandMatch, Track

TracksByShard = Mapping[int, Mapping[int, Track]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A logo that counts, and its sightings in time order."""

    confidence: float
    matches: Sequence[BrandMatch]


def settle(verdict: Verdict, read: Read, lines: Written, tracks: TracksByShard, half_step_s: float) -> Found | None:
    """The sightings that follow from a verdict and from what is read beside it; None when it does not count."""
    brand, claims = verdict.chain.brand, verdict.claims
    places = {claim.look.seq: claim.quad for claim in claims}
    if is_contradicted(brand, places, read):
        return None
    text = agreeing_text(brand, places, read)
    if text is None and (not verdict.counts or is_lettering(brand, places, lines)):
        return None
    confidence = verdict.confidence if text is None else combined(verdict.confidence, text.confidence)
    said = "" if text is None else text.text
    track = _track(verdict, tracks)
    if track is None:
        matches = list(_alone(brand, claims, confidence, said, half_step_s))
    else:
        matches = list(_riding(brand, claims, track, confidence, said))
    return Found(confidence=confidence, matches=matches) if matches else None


def undisputed(found: Iterable[Found]) -> list[BrandMatch]:
    """The sightings, without those that lie where a surer one of another brand lies; ordered by frame and brand."""
    taken: dict[int, list[BrandMatch]] = {}
    for one in sorted(found, key=lambda one: (-one.confidence, one.matches[0].seq, one.matches[0].brand)):
        for match in one.matches:
            here = taken.setdefault(match.seq, [])
            if not any(other.brand != match.brand and same_place(other.quad, match.quad) for other in here):
                here.append(match)
    return sorted(
        (match for here in taken.values() for match in here), key=lambda match: (match.seq, match.brand, match.quad)
    )


def _track(verdict: Verdict, tracks: TracksByShard) -> Track | None:
    """The track that the logo moves with, if it was seen in half or more of the frames in which that was looked at, so
    that it is there as long as the track is."""
    place = verdict.chain.track
    if place is None or 2 * len(verdict.claims) < verdict.chain.looks:
        return None
    return tracks[place[0]][place[1]]


def _riding(brand: str, claims: Sequence[Claim], track: Track, confidence: float, text: str) -> Iterator[BrandMatch]:
    """Every view of the track, with the logo where it was on it in the frame where it is likeliest. Only at the track's
    own ends its time may be wrong."""
    best = max(claims, key=lambda claim: (claim.candidate.score, -claim.look.seq))
    seen = view_at(track, best.look.seq)
    if seen is None:
        return
    errors_s = [0.0] * len(track.views)
    errors_s[0] = track.start_error_s
    errors_s[-1] = max(errors_s[-1], track.end_error_s)
    for view, quad, error_s in zip(track.views, carried(best.quad, seen, track.views), errors_s, strict=True):
        clearer = min(1.0, view.sharpness / seen.sharpness) if seen.sharpness > 0 else 1.0
        yield BrandMatch(
            seq=view.seq,
            boxes=[],
            quad=quad,
            brand=brand,
            text=text,
            confidence=confidence,
            sharpness=round(best.sharpness * clearer, 3),
            contrast=best.contrast,
            method="logo",
            start_s=view.start_s,
            end_s=view.end_s,
            boundary_error_s=error_s,
            motion=track.motion,
        )


def _alone(
    brand: str, claims: Sequence[Claim], confidence: float, text: str, half_step_s: float
) -> Iterator[BrandMatch]:
    """Each frame for itself, for the time it stands for."""
    for claim in claims:
        yield BrandMatch(
            seq=claim.look.seq,
            boxes=[],
            quad=claim.quad,
            brand=brand,
            text=text,
            confidence=confidence,
            sharpness=claim.sharpness,
            contrast=claim.contrast,
            method="logo",
            start_s=claim.look.start_s,
            end_s=claim.look.end_s,
            boundary_error_s=half_step_s,
        )
