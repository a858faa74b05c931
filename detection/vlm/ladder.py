"""The rules of escalation: what is asked, which brands are offered, and what follows from the answers."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from detection.matching.normal import normalise
from detection.records import BrandMatch, BrandName, Escalation, Matches, Method, Question, Verdict
from mpr.pipeline.codec import Record


class Answer(Record):
    """What became of one question to a model; kept by `Context.remembered`. Without a verdict, `problem` says why.
    Tokens count all that was spent on it, a second try included."""

    verdict: Verdict | None
    problem: str
    input_tokens: int
    output_tokens: int


class Price(Record):
    """US dollars per million tokens, which is millionths of a dollar per token."""

    input_usd_per_million: float
    output_usd_per_million: float

    def cost_usd_micros(self, input_tokens: int, output_tokens: int) -> int:
        """What these tokens cost, rounded up."""
        cost = input_tokens * self.input_usd_per_million + output_tokens * self.output_usd_per_million
        return -int(-cost // 1)


class Terms(Record):
    """When a verdict counts. `speaker` is how reasons call the model."""

    speaker: str
    method: Method
    min_confidence: float
    accept_new_brands: bool


def left_open(*rungs: Matches | Escalation | None) -> list[Question]:
    """The questions that the last of these rungs left open; None is one that did not run."""
    ran = [rung for rung in rungs if rung is not None]
    return ran[-1].unresolved if ran else []


def same_reading(questions: Sequence[Question], limit: int) -> list[list[int]]:
    """Places of the questions to be asked, those with the same reading together: they are asked once.

    The order of the questions is kept; at most `limit` groups.
    """
    groups: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        groups.setdefault(normalise(question.text).letters, []).append(place)
    return list(groups.values())[:limit]


def offered(reading: str, brands: Sequence[BrandName], limit: int) -> list[str]:
    """The names a model may choose from, in order: all, or when there are many those most like the reading."""
    if len(brands) <= limit:
        return sorted(brand.name for brand in brands)
    letters = normalise(reading).letters

    def likeness(brand: BrandName) -> float:
        return max(
            max(fuzz.ratio(letters, spelling), fuzz.partial_ratio(letters, spelling) * 0.9)
            for spelling in (normalise(text).letters for text in (brand.name, *brand.aliases))
        )

    nearest = sorted(brands, key=lambda brand: (-likeness(brand), brand.name))[:limit]
    return sorted(brand.name for brand in nearest)


def settle(question: Question, answer: Answer, terms: Terms) -> tuple[list[BrandMatch], Question | None]:
    """Sightings that follow from an answer, and the question if it stays open. A sure "no brand" settles it too."""
    verdict = answer.verdict
    if verdict is None:
        return [], reopened(question, f"{terms.speaker} gave no usable answer: {answer.problem}")
    if verdict.confidence < terms.min_confidence:
        said = f"“{verdict.brand}”" if verdict.brand else "no brand"
        return [], reopened(question, f"{terms.speaker} thinks of {said}, but is only {verdict.confidence:.0%} sure.")
    if verdict.brand is None:
        return [], None
    if not verdict.known and not terms.accept_new_brands:
        return [], reopened(question, f"{terms.speaker} says “{verdict.brand}”, which is not in the brand list.")
    return [
        BrandMatch(
            seq=sighting.seq,
            boxes=[sighting.box] if sighting.box >= 0 else [],
            quad=sighting.quad,
            outline=sighting.outline,
            brand=verdict.brand,
            text=question.text,
            confidence=verdict.confidence,
            sharpness=sighting.sharpness,
            contrast=sighting.contrast,
            method=terms.method,
            start_s=sighting.start_s,
            end_s=sighting.end_s,
            boundary_error_s=sighting.boundary_error_s,
            motion=sighting.motion,
        )
        for sighting in question.sightings
    ], None


def reopened(question: Question, reason: str) -> Question:
    """The question with another reason why it is not settled."""
    return Question(
        text=question.text,
        reason=reason,
        nearest_brand=question.nearest_brand,
        nearest_score=question.nearest_score,
        sightings=question.sightings,
        best=question.best,
    )
