from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from mpr.errors import BadConfig, NotFound
from mpr.pipeline.graph import Graph, Rule, parse_graph, plain
from mpr.pipeline.registry import Family, Registry
from mpr.pipeline.stage import Stage
from mpr.pipeline.transforms import Transform

BRANCHING = {
    "stages": ["report", "texts", "boxes", "field", "frames"],
    "edges": [
        {"from": "frames", "to": "boxes"},
        {"from": "frames", "to": "field"},
        {"from": "field", "to": "texts"},
        {"from": "boxes", "to": "texts", "transform": {"min_score": 0.5, "labels": ["text"], "limit": 9}},
        {"from": "texts", "to": "report"},
    ],
    "routing": [{"from": "texts", "to": "report", "when": {"count": "words", "op": ">", "value": 0}}],
    "shard_s": 4,
}


def _names(graph: Graph) -> list[str]:
    return [stage.name for stage in graph.stages]


def _edge(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"from": source, "to": target, **more}


# --- order ---


def test_without_edges_the_order_given_is_the_way(registry: Registry) -> None:
    graph = parse_graph({"stages": ["frames", "boxes", "texts"]}, registry)
    assert _names(graph) == ["frames", "boxes", "texts"]
    assert [(edge.source, edge.target) for edge in graph.edges] == [("frames", "boxes"), ("boxes", "texts")]
    assert all(edge.transform == Transform() and edge.when is None for edge in graph.edges)
    assert graph.shard_s == 10.0


def test_one_stage_alone_is_a_pipeline(registry: Registry) -> None:
    graph = parse_graph({"stages": ["frames"]}, registry)
    assert (_names(graph), graph.edges) == (["frames"], ())


def test_edges_put_every_stage_behind_what_it_needs(registry: Registry) -> None:
    assert _names(parse_graph(BRANCHING, registry)) == ["frames", "boxes", "field", "texts", "report"]


def test_where_edges_leave_a_choice_the_list_decides(registry: Registry) -> None:
    turned = {**BRANCHING, "stages": ["frames", "field", "boxes", "texts", "report"]}
    assert _names(parse_graph(turned, registry)) == ["frames", "field", "boxes", "texts", "report"]


@pytest.mark.parametrize("seed", range(20))
def test_any_graph_without_circle_is_sorted(seed: int, stage: Callable[..., Stage]) -> None:
    dice = random.Random(seed)
    names = [f"s{number}" for number in range(dice.randint(1, 9))]
    registry = Registry([Family(name="random", stages=tuple(stage(name) for name in names))])
    edges = [_edge(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if dice.random() < 0.4]
    listed = dice.sample(names, len(names))
    graph = parse_graph({"stages": listed, "edges": dice.sample(edges, len(edges))}, registry)
    order = _names(graph)
    assert sorted(order) == sorted(names)
    for edge in graph.edges:
        assert order.index(edge.source) < order.index(edge.target)
        assert edge.source in graph.ancestors(edge.target)
        assert edge.target in graph.descendants(edge.source)
    for name in names:
        assert graph.descendants(name) == {other for other in names if name in graph.ancestors(other)}
        assert name not in graph.ancestors(name)


# --- what leads where ---


def test_a_graph_knows_what_leads_to_a_stage_and_what_it_leads_to(registry: Registry) -> None:
    graph = parse_graph(BRANCHING, registry)
    assert graph.upstream("texts") == ("boxes", "field")
    assert graph.upstream("frames") == ()
    assert graph.ancestors("texts") == {"frames", "boxes", "field"}
    assert graph.ancestors("frames") == frozenset()
    assert graph.descendants("field") == {"texts", "report"}
    assert graph.descendants("report") == frozenset()


def test_an_edge_carries_its_transform_and_its_rule(registry: Registry) -> None:
    graph = parse_graph(BRANCHING, registry)
    boxes = graph.edge("boxes", "texts")
    assert boxes is not None
    assert boxes.transform == Transform(min_score=0.5, labels=("text",), limit=9)
    report = graph.edge("texts", "report")
    assert report is not None
    assert report.when == Rule(count="words", op=">", value=0)
    assert graph.edge("frames", "texts") is None


def test_a_source_needs_no_edge_and_an_optional_stage_may_be_left_out(registry: Registry) -> None:
    graph = parse_graph({"stages": ["frames", "boxes", "texts", "report"]}, registry)
    assert _names(graph) == ["frames", "boxes", "texts", "report"]


@pytest.mark.parametrize("pipeline", [{"stages": ["frames", "boxes", "texts"]}, BRANCHING], ids=["a line", "branching"])
def test_a_graph_survives_the_way_through_json(pipeline: dict[str, Any], registry: Registry) -> None:
    graph = parse_graph(pipeline, registry)
    written = plain(graph)
    assert parse_graph(written, registry) == graph
    assert plain(parse_graph(written, registry)) == written


def test_plain_json_holds_lists_and_says_nothing_needless(registry: Registry) -> None:
    assert plain(parse_graph({**BRANCHING, "shard_s": 2.5}, registry)) == {
        "stages": ["frames", "boxes", "field", "texts", "report"],
        "edges": [
            {"from": "frames", "to": "boxes"},
            {"from": "frames", "to": "field"},
            {"from": "field", "to": "texts"},
            {"from": "boxes", "to": "texts", "transform": {"min_score": 0.5, "labels": ["text"], "limit": 9}},
            {"from": "texts", "to": "report"},
        ],
        "routing": [
            {"from": "texts", "to": "report", "when": {"count": "words", "op": ">", "value": 0.0, "per": None}},
        ],
        "shard_s": 2.5,
    }


# --- rules ---


@pytest.mark.parametrize(
    ("op", "answers"),
    [
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        ("==", [False, True, False]),
        ("!=", [True, False, True]),
        (">=", [False, True, True]),
        (">", [False, False, True]),
    ],
)
def test_a_rule_compares_a_count(op: Any, answers: list[bool]) -> None:
    rule = Rule(count="open", op=op, value=3)
    assert [rule.holds({"open": count}) for count in (2, 3, 4)] == answers


def test_a_count_that_was_not_given_is_nought() -> None:
    assert not Rule(count="open", op=">", value=0).holds({"other": 5})


def test_a_rule_may_ask_for_a_share() -> None:
    rule = Rule(count="open", op=">=", value=0.5, per="asked")
    assert rule.holds({"open": 2, "asked": 4})
    assert not rule.holds({"open": 1, "asked": 4})
    assert not rule.holds({"open": 1, "asked": 0})
    assert not rule.holds({"open": 1})


def test_a_rule_reads_as_a_phrase() -> None:
    assert str(Rule(count="open", op=">", value=0)) == "open > 0"
    assert str(Rule(count="open", op=">=", value=0.25, per="asked")) == "open per asked >= 0.25"


# --- refusals ---

LINE = {"stages": ["frames", "boxes", "texts"]}
FULL = [_edge("frames", "boxes"), _edge("boxes", "texts")]
RULE = {"count": "words", "op": ">", "value": 0}

REFUSED: dict[str, tuple[Any, str]] = {
    "no object": (["frames"], "pipeline must be an object of names and values."),
    "unknown key": ({**LINE, "edge": FULL}, "pipeline has no setting “edge”. Did you mean “edges”?"),
    "no stages": ({}, "pipeline: Object missing required field `stages`."),
    "empty stages": ({"stages": []}, "The pipeline has no stages; name at least one."),
    "a stage that is no name": ({"stages": [1]}, "pipeline: “stages[0]” is not right: expected `str`, got `int`."),
    "doubled stages": ({"stages": ["frames", "boxes", "frames", "boxes"]}, "The pipeline names boxes, frames twice."),
    "an edge that is no object": (
        {**LINE, "edges": ["frames"]},
        "pipeline: “edges[0]” is not right: expected `object`, got `str`.",
    ),
    "an edge without end": (
        {**LINE, "edges": [{"from": "frames"}]},
        "Each edge needs “from” and “to”, the names of two stages.",
    ),
    "an edge from no name": (
        {**LINE, "edges": [_edge(3, "boxes")]},  # type: ignore[arg-type]
        "Each edge needs “from” and “to”, the names of two stages.",
    ),
    "an edge to nowhere": (
        {**LINE, "edges": [*FULL, _edge("texts", "report")]},
        "The edge texts → report names report, which is not among the stages.",
    ),
    "an edge from nowhere": (
        {**LINE, "edges": [*FULL, _edge("field", "texts")]},
        "The edge field → texts names field, which is not among the stages.",
    ),
    "a doubled edge": ({**LINE, "edges": [*FULL, FULL[0]]}, "The edge frames → boxes is there twice; keep one."),
    "an unknown key on an edge": (
        {**LINE, "edges": [_edge("frames", "boxes", tranform={})]},
        "The edge frames → boxes has no setting “tranform”. Did you mean “transform”?",
    ),
    "an unknown key in a transform": (
        {**LINE, "edges": [_edge("frames", "boxes", transform={"label": ["a"]})]},
        "transform on frames → boxes has no setting “label”. Did you mean “labels”?",
    ),
    "a transform out of range": (
        {**LINE, "edges": [_edge("frames", "boxes", transform={"min_score": 2})]},
        "transform on frames → boxes: “min_score” is not right: expected `float` <= 1.0.",
    ),
    "a transform that is no object": (
        {**LINE, "edges": [_edge("frames", "boxes", transform="all")]},
        "transform on frames → boxes must be an object of names and values.",
    ),
    "a transform on what has no parts": (
        {
            "stages": ["frames", "field", "boxes", "texts"],
            "edges": [*FULL, _edge("frames", "field"), _edge("field", "texts", transform={"limit": 1})],
        },
        "The edge field → texts cannot carry a transform.",
    ),
    "a circle": (
        {**LINE, "edges": [*FULL, _edge("texts", "frames")]},
        "The pipeline runs in a circle: frames → boxes → texts → frames.",
    ),
    "an edge to itself": (
        {**LINE, "edges": [*FULL, _edge("boxes", "boxes")]},
        "The pipeline runs in a circle: boxes → boxes.",
    ),
    "a needed stage left out": (
        {"stages": ["frames", "texts"]},
        "texts reads boxes, which does not lead to it; add the stage or the edge.",
    ),
    "a needed edge left out": (
        {**LINE, "edges": [_edge("frames", "boxes"), _edge("frames", "texts")]},
        "texts reads boxes, which does not lead to it; add the stage or the edge.",
    ),
    "a needed stage behind": (
        {"stages": ["texts", "frames", "boxes"]},
        "texts reads boxes, which does not lead to it; add the stage or the edge.",
    ),
    "a rule on no edge": (
        {**LINE, "routing": [_edge("frames", "texts", when=RULE)]},
        "The routing rule frames → texts stands on no edge; add the edge.",
    ),
    "a rule without ends": (
        {**LINE, "routing": [{"when": RULE}]},
        "Each routing rule needs “from” and “to”, the names of two stages.",
    ),
    "a rule that says nothing": (
        {**LINE, "routing": [_edge("frames", "boxes")]},
        "routing rule frames → boxes: Object missing required field `count`.",
    ),
    "a rule with a misspelt key": (
        {**LINE, "routing": [_edge("frames", "boxes", wen=RULE)]},
        "The routing rule frames → boxes has no setting “wen”. Did you mean “when”?",
    ),
    "an unknown key in a rule": (
        {**LINE, "routing": [_edge("frames", "boxes", when={**RULE, "values": 1})]},
        "routing rule frames → boxes has no setting “values”. Did you mean “value”?",
    ),
    "no such comparison": (
        {**LINE, "routing": [_edge("frames", "boxes", when={**RULE, "op": "=>"})]},
        "routing rule frames → boxes: “op” is not right: invalid enum value '=>'.",
    ),
    "a rule against text": (
        {**LINE, "routing": [_edge("frames", "boxes", when={**RULE, "value": "many"})]},
        "routing rule frames → boxes: “value” is not right: expected `float`, got `str`.",
    ),
    "a doubled rule": (
        {**LINE, "routing": [_edge("frames", "boxes", when=RULE), _edge("frames", "boxes", when=RULE)]},
        "The routing rule frames → boxes is there twice; keep one.",
    ),
    "shards of no length": ({**LINE, "shard_s": 0}, "pipeline: “shard_s” is not right: expected `float` >= 0.1."),
    "shards without end": (
        {**LINE, "shard_s": float("inf")},
        "pipeline: “shard_s” is not right: infinity and NaN cannot be set.",
    ),
}


@pytest.mark.parametrize(("pipeline", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_pipeline_that_cannot_run_is_refused(pipeline: Any, sentence: str, registry: Registry) -> None:
    with pytest.raises(BadConfig) as raised:
        parse_graph(pipeline, registry)
    assert raised.value.message == sentence


def test_an_unknown_stage_is_named_with_the_nearest(registry: Registry) -> None:
    with pytest.raises(NotFound) as raised:
        parse_graph({"stages": ["frame"]}, registry)
    assert raised.value.message == "There is no stage “frame”. Did you mean “frames”?"
