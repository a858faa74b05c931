"""What decisions make of a job's report, as the report takes it."""

from __future__ import annotations

from detection.report.reviews import NONE, Dismissed, Ends, Named, Reviews
from detection.review.findings import Key, standings_of, things_of
from detection.review.subjects import ACCEPTED, AIRING, REJECTED, RENAMED, UNREVIEWED, Judged, Thing, governed
from mpr.jobs.models import Job

Span = tuple[float, float]


def reviews_of(job: Job) -> Reviews:
    """What people said of the job's findings, wherever on its timeline they said it."""
    holding = standings_of(job.timeline_id)
    if not holding:
        return NONE
    things = things_of(job)
    return edits(things, governed(things, holding))


def edits(things: dict[Key, Thing], said: dict[Key, Judged]) -> Reviews:
    """The same on plain values."""
    accepted: dict[str, list[Span]] = {}
    rejected: dict[str, list[Span]] = {}
    renamed: dict[str, dict[str, list[Span]]] = {}
    joined: dict[str, list[Span]] = {}
    parted: dict[str, list[float]] = {}
    ends: list[Ends] = []
    named: list[Named] = []
    dismissed: list[Dismissed] = []
    for key, one in sorted(said.items(), key=lambda item: (things[item[0]].start_s, item[0])):
        thing, standing = things[key], one.standing
        span = (thing.start_s, thing.end_s)
        brand = thing.brand
        if one.state == REJECTED:
            if thing.kind == AIRING:
                rejected.setdefault(brand, []).append(span)
            else:
                dismissed.append(Dismissed(text=thing.text, span=span))
            continue
        if thing.kind == AIRING:
            if one.state == RENAMED:
                brand = standing.brand
                renamed.setdefault(thing.brand, {}).setdefault(brand, []).append(span)
        elif one.state in (ACCEPTED, RENAMED):
            brand = standing.brand
            named.append(Named(text=thing.text, span=span, brand=brand))
        else:
            continue
        given = standing.ends or span
        if standing.ends:
            ends.append(Ends(brand=brand, span=span, start_s=given[0], end_s=given[1]))
        if one.state != UNREVIEWED:
            accepted.setdefault(brand, []).append(given)
        if standing.joined:
            joined.setdefault(brand, []).append((standing.joined[0], max(given[1], standing.joined[1])))
        if standing.parted:
            parted.setdefault(brand, []).extend(standing.parted)
    return Reviews(
        accepted=accepted, rejected=rejected, renamed=renamed, named=named, dismissed=dismissed, ends=ends,
        joined=joined, parted=parted,
    )  # fmt: skip
