"""The last step of training: the rule's numbers, learnt on brands that no network has learnt from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from detection.logos.matching import Networks
from detection.logos.scout import Scout
from training.logos.fitting.evidence import collect
from training.logos.fitting.learning import Learnt, learn_rule
from training.logos.photographs import TO_LEARN, photographs
from training.logos.sources import LOGO_PACKS, Drawing, icons

_TARGETS = 100
_ROUNDS, _PICTURES = 6, 24


def fit_rule(cache: Path, rule: Path, scout: Scout, networks: Networks, *, seed: int) -> Learnt:
    """Draw pictures, look closer at everything in them, learn the rule and write it as data."""
    known = icons(LOGO_PACKS, cache, of_rule=True)
    rounds = [_round(known, seed * 100 + number) for number in range(1, _ROUNDS + 1)]
    learnt = learn_rule(collect(rounds, photographs(TO_LEARN, cache), _PICTURES, scout, networks))
    write_rule(learnt, rule, seed=seed)
    return learnt


def write_rule(learnt: Learnt, path: Path, *, seed: int) -> None:
    """As JSON: the rule, and what it was learnt on."""
    notes = {name: value for name, value in asdict(learnt).items() if name != "rule"}
    path.write_text(json.dumps({"rule": asdict(learnt.rule), "learnt": {"seed": seed} | notes}, indent=2) + "\n")


def _round(known: list[Drawing], seed: int) -> tuple[list[Drawing], list[Drawing], int]:
    """Brands to look for, others, and the seed of the pictures."""
    order = np.random.default_rng(seed).permutation(len(known))
    targets, others = np.split(order, [min(_TARGETS, len(order) // 2)])
    return [known[place] for place in targets], [known[place] for place in others], seed
