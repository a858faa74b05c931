"""Putting questions to a model: a few at a time, each answer remembered, within a budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from detection.records import BrandList, BrandMatch, Crop, Crops, Escalation, KeptFrame, Question, Scenes, by_seq
from detection.vlm import prompt as prompts
from detection.vlm.ladder import Answer, Price, Terms, offered, reopened, same_reading, settle
from detection.vlm.pictures import context_picture, crop_picture
from detection.vlm.prompt import BadAnswer
from detection.vlm.service import Model
from mpr.pipeline.codec import Record
from mpr.pipeline.context import Context

_TRIES = 2
# An upper bound on what a prompt costs before it is sent: pixels per token as Anthropic documents them, letters per
# token at their densest, and what the schema and the message frame take.
_PIXELS_PER_TOKEN = 500
_LETTERS_PER_TOKEN = 2
_FRAME_TOKENS = 1000
_PICTURE_PIXELS = 768 * 768


class Limits(Record):
    """How much is asked: questions in all, at once, brands offered in each, and what it may cost. Without a price
    nothing is counted."""

    max_questions: int
    parallel_calls: int
    max_brands_listed: int
    max_answer_tokens: int
    price: Price | None = None
    max_cost_usd: float = 0.0


class _Ask(Record):
    """One question in the form in which it is sent."""

    reading: str
    listed: list[str]
    images: list[bytes]


def escalate(
    questions: Sequence[Question],
    *,
    model: Model,
    terms: Terms,
    limits: Limits,
    crops: Iterable[Crops],
    scenes: Scenes,
    brands: BrandList,
    ctx: Context,
) -> Escalation:
    """Ask about every question within the limits. Raises what `Model.ask` raises; answers had until then are kept by
    `ctx.remembered`, so that the next try goes on from there."""
    groups = same_reading(questions, limits.max_questions)
    leads = [questions[places[0]] for places in groups]
    wanted = {(best.seq, best.box) for best in (lead.sightings[lead.best] for lead in leads)}
    at_hand = {(crop.seq, crop.box): crop for shard in crops for crop in shard.crops if (crop.seq, crop.box) in wanted}
    frames = by_seq(scenes.frames)
    answers: list[Answer | None] = []
    spent_usd_micros = 0
    while len(answers) < len(leads):
        wave = leads[len(answers) : len(answers) + limits.parallel_calls]
        asks = [_ask(lead, at_hand, frames, brands, limits, ctx) for lead in wave]
        affordable = _affordable(asks, spent_usd_micros, limits)
        found = _answers(asks[:affordable], model, brands, ctx)
        answers += found
        spent_usd_micros += sum(_cost(answer, limits) for answer in found)
        ctx.progress(len(answers), len(leads))
        if affordable < len(asks):
            ctx.log(f"The budget of {limits.max_cost_usd:g} USD is used up; the rest stays open.", level="warning")
            break
    asked = len(answers)
    answers += [None] * (len(leads) - asked)
    matches, unresolved = _settled(questions, groups, answers, terms, limits)
    return Escalation(matches=matches, unresolved=unresolved, asked=asked, cost_usd_micros=spent_usd_micros)


def _settled(
    questions: Sequence[Question],
    groups: Sequence[Sequence[int]],
    answers: Sequence[Answer | None],
    terms: Terms,
    limits: Limits,
) -> tuple[list[BrandMatch], list[Question]]:
    said = {place: answer for places, answer in zip(groups, answers, strict=True) for place in places}
    matches: list[BrandMatch] = []
    unresolved = []
    for place, question in enumerate(questions):
        open_question: Question | None = question
        if place in said:
            answer = said[place]
            if answer is None:
                reason = f"{terms.speaker} was not asked: the budget of {limits.max_cost_usd:g} USD is used up."
                open_question = reopened(question, reason)
            else:
                found, open_question = settle(question, answer, terms)
                matches += found
        if open_question:
            unresolved.append(open_question)
    return sorted(matches, key=lambda match: (match.seq, match.brand, match.boxes)), unresolved


def _ask(
    question: Question,
    crops: Mapping[tuple[int, int], Crop],
    frames: Mapping[int, KeptFrame],
    brands: BrandList,
    limits: Limits,
    ctx: Context,
) -> _Ask:
    best = question.sightings[question.best]
    crop = crops.get((best.seq, best.box))
    frame = ctx.read(frames[best.seq].frame)
    images = [crop_picture(crop)] if crop else []
    return _Ask(
        reading=question.text,
        listed=offered(question.text, brands.brands, limits.max_brands_listed),
        images=[*images, context_picture(frame, best.quad)],
    )


def _answers(asks: Sequence[_Ask], model: Model, brands: BrandList, ctx: Context) -> list[Answer]:
    """Answers in the order of the questions. When one fails, those beside it are still had and remembered."""
    if not asks:
        return []
    with ThreadPoolExecutor(max_workers=len(asks)) as pool:
        running = [pool.submit(_remembered, ask, model, brands, ctx) for ask in asks]
    return [future.result() for future in running]


def _remembered(ask: _Ask, model: Model, brands: BrandList, ctx: Context) -> Answer:
    question = {
        "model": model.name,
        "prompt": prompts.VERSION,
        "reading": ask.reading,
        "brands": ask.listed,
        "images": [sha256(image).hexdigest() for image in ask.images],
    }
    return ctx.remembered(question, lambda: _asked(ask, model, brands), Answer)


def _asked(ask: _Ask, model: Model, brands: BrandList) -> Answer:
    """The model's verdict; an answer outside the schema is asked for once more."""
    problem, input_tokens, output_tokens = "", 0, 0
    for _ in range(_TRIES):
        reply = model.ask(prompts.build(ask.reading, ask.listed, ask.images, complaint=problem))
        input_tokens += reply.input_tokens
        output_tokens += reply.output_tokens
        problem = reply.problem
        if problem:
            continue
        try:
            verdict = prompts.read_answer(reply.text, ask.listed, brands.brands)
        except BadAnswer as error:
            problem = str(error)
            continue
        return Answer(verdict=verdict, problem="", input_tokens=input_tokens, output_tokens=output_tokens)
    return Answer(verdict=None, problem=problem, input_tokens=input_tokens, output_tokens=output_tokens)


def _affordable(asks: Sequence[_Ask], spent_usd_micros: int, limits: Limits) -> int:
    """How many of the questions fit into what is left of the budget even if each costs the most it can."""
    if limits.price is None:
        return len(asks)
    left = limits.max_cost_usd * 1_000_000 - spent_usd_micros
    for number, ask in enumerate(asks):
        letters = len(prompts.build(ask.reading, ask.listed, ()).text) + sum(len(name) for name in ask.listed)
        tokens = (
            _FRAME_TOKENS + letters // _LETTERS_PER_TOKEN + len(ask.images) * (_PICTURE_PIXELS // _PIXELS_PER_TOKEN)
        )
        left -= _TRIES * limits.price.cost_usd_micros(tokens, limits.max_answer_tokens)
        if left < 0:
            return number
    return len(asks)


def _cost(answer: Answer, limits: Limits) -> int:
    return limits.price.cost_usd_micros(answer.input_tokens, answer.output_tokens) if limits.price else 0
