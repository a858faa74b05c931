"""Ask a local vision model about readings that letters alone could not settle.

In: the questions that match_brands and match_logos left open, the crops and frames they come from, and the session's
brands. Out: sightings for every question the model settled with enough confidence, and the questions that stay open,
each with its reason.

Any server that speaks OpenAI's chat completions will do (Ollama, llama.cpp, vLLM); VLM_URL says where it is, or
“inference” for the one that inference servers ask. Readings that are the same are asked once. Answers are held to a
schema that lists the brands; what is written in a picture is data, never an instruction. An answer is remembered, so
that neither a crash nor a replay asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from detection.records import BrandList, Crops, Escalation, Matches, Scenes
from detection.vlm import clients, environment
from detection.vlm.asking import Limits, escalate
from detection.vlm.ladder import Terms, left_open
from detection.vlm.service import Model
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.stage import Resource, Scope, Stage


@dataclass(frozen=True, kw_only=True)
class Inputs:
    match_brands: Matches
    preprocess: Sequence[Crops]
    filter_scenes: Scenes
    brands: BrandList
    match_logos: Matches | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    model: Annotated[
        str, limits("The model's name on the server; empty takes VLM_MODEL, or the only model the server has.")
    ] = ""
    max_questions: Annotated[int, limits("At most this many different readings are asked about.", ge=0)] = 100
    min_confidence: Annotated[float, limits("A verdict counts from this confidence on.", ge=0, le=1)] = 0.7
    accept_new_brands: Annotated[
        bool, limits("Whether a brand that the model names but the session does not list counts too.")
    ] = False
    max_brands_listed: Annotated[
        int, limits("Brands offered in one question; with more, those most like the reading.", ge=1, le=500)
    ] = 150
    parallel_calls: Annotated[int, limits("Questions under way at once.", ge=1, le=32)] = 2
    timeout_s: Annotated[float, limits("Seconds to wait for one answer.", gt=0)] = 120.0
    max_answer_tokens: Annotated[int, limits("Length limit of one answer, in tokens.", ge=64)] = 512


def skip_reason(config: Config) -> str | None:
    if environment.is_on("SKIP_VLM"):
        return "SKIP_VLM=1 is set."
    if not environment.variable("VLM_URL"):
        return "No local vision model is configured; set VLM_URL."
    return None


def run(inputs: Inputs, config: Config, ctx: Context) -> Escalation:
    questions = left_open(inputs.match_brands, inputs.match_logos)
    if not questions or not config.max_questions:
        return Escalation(matches=[], unresolved=questions, asked=0, cost_usd_micros=0)
    return escalate(
        questions,
        model=_model(config, ctx),
        terms=Terms(
            speaker="The local model",
            method="local_vlm",
            min_confidence=config.min_confidence,
            accept_new_brands=config.accept_new_brands,
        ),
        limits=Limits(
            max_questions=config.max_questions,
            parallel_calls=config.parallel_calls,
            max_brands_listed=config.max_brands_listed,
            max_answer_tokens=config.max_answer_tokens,
        ),
        crops=inputs.preprocess,
        scenes=inputs.filter_scenes,
        brands=inputs.brands,
        ctx=ctx,
    )


def _model(config: Config, ctx: Context) -> Model:
    if environment.variable("VLM_URL") == environment.INFERENCE:
        return ctx.model(clients.load_inference, config.model, config.timeout_s, config.max_answer_tokens)
    endpoint = environment.local_endpoint(config.model, config.timeout_s)
    return ctx.model(clients.load_openai, endpoint, config.max_answer_tokens)


STAGE = Stage(
    name="escalate_vlm",
    version=5,
    inputs=Inputs,
    config=Config,
    output=Escalation,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.GPU,
    skip_reason=skip_reason,
)
