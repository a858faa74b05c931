"""Ask a cloud vision model about what is still open.

In: the questions that the last rung before it left open (escalate_vlm, match_logos or match_brands), the crops and
frames they come from, and the session's brands. Out: sightings for every question the model settled with enough
confidence, the questions that stay open, and what the answers cost.

Anthropic is asked through its Messages API with structured output; OpenAI, Gemini and Groq through OpenAI's chat
completions. Keys come from the environment alone. Nothing is sent that could exceed the budget. Readings that are the
same are asked once and answers are remembered, so that neither a crash nor a replay pays twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from detection.records import BrandList, Crops, Escalation, Matches, Scenes
from detection.vlm import clients, environment
from detection.vlm.asking import Limits, escalate
from detection.vlm.environment import Provider
from detection.vlm.ladder import Price, Terms, left_open
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
    escalate_vlm: Escalation | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    """The defaults for the model and its prices go together; set all three when another model is used."""

    provider: Annotated[Provider, limits("Whose API is asked; its key comes from the environment.")] = "anthropic"
    model: Annotated[str, limits("The model's name at the provider.", min_length=1)] = "claude-haiku-5-5"
    input_usd_per_million: Annotated[
        float, limits("Price of a million tokens sent, in US dollars; set it with the model.", ge=0)
    ] = 0.1
    output_usd_per_million: Annotated[
        float, limits("Price of a million tokens answered, in US dollars; set it with the model.", ge=0)
    ] = 0.5
    max_cost_usd: Annotated[float, limits("What one job may spend here, in US dollars.", ge=0)] = 1.0
    max_questions: Annotated[int, limits("At most this many different readings are asked about.", ge=0)] = 100
    min_confidence: Annotated[float, limits("A verdict counts from this confidence on.", ge=0, le=1)] = 0.75
    accept_new_brands: Annotated[
        bool, limits("Whether a brand that the model names but the session does not list counts too.")
    ] = False
    max_brands_listed: Annotated[
        int, limits("Brands offered in one question; with more, those most like the reading.", ge=1, le=500)
    ] = 150
    parallel_calls: Annotated[int, limits("Questions under way at once.", ge=1, le=32)] = 4
    timeout_s: Annotated[float, limits("Seconds to wait for one answer.", gt=0)] = 60.0
    max_answer_tokens: Annotated[
        int, limits("Length limit of one answer, in tokens; what a model thinks beforehand counts.", ge=64)
    ] = 2048

    def __post_init__(self) -> None:
        if self.provider != "anthropic" and self.model.startswith("claude"):
            raise ValueError(f"{self.provider} has no model {self.model}; set model and its prices with the provider")


def skip_reason(config: Config) -> str | None:
    if environment.is_on("SKIP_CLOUD"):
        return "SKIP_CLOUD=1 is set."
    key = environment.cloud_key_variable(config.provider)
    if not environment.variable(key):
        return f"No cloud vision model is configured; set {key}."
    return None


def run(inputs: Inputs, config: Config, ctx: Context) -> Escalation:
    questions = left_open(inputs.match_brands, inputs.match_logos, inputs.escalate_vlm)
    if not questions or not config.max_questions:
        return Escalation(matches=[], unresolved=questions, asked=0, cost_usd_micros=0)
    return escalate(
        questions,
        model=_model(config, ctx),
        terms=Terms(
            speaker="The cloud model",
            method="cloud_llm",
            min_confidence=config.min_confidence,
            accept_new_brands=config.accept_new_brands,
        ),
        limits=Limits(
            max_questions=config.max_questions,
            parallel_calls=config.parallel_calls,
            max_brands_listed=config.max_brands_listed,
            max_answer_tokens=config.max_answer_tokens,
            price=Price(
                input_usd_per_million=config.input_usd_per_million,
                output_usd_per_million=config.output_usd_per_million,
            ),
            max_cost_usd=config.max_cost_usd,
        ),
        crops=inputs.preprocess,
        scenes=inputs.filter_scenes,
        brands=inputs.brands,
        ctx=ctx,
    )


def _model(config: Config, ctx: Context) -> Model:
    endpoint = environment.cloud_endpoint(config.provider, config.model, config.timeout_s)
    if config.provider == "anthropic":
        return ctx.model(clients.load_anthropic, endpoint, config.max_answer_tokens)
    return ctx.model(clients.load_openai, endpoint, config.max_answer_tokens)


STAGE = Stage(
    name="escalate_cloud",
    version=5,
    inputs=Inputs,
    config=Config,
    output=Escalation,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.CLOUD,
    skip_reason=skip_reason,
)
