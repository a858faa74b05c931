"""Which profiles name which model files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import DatabaseError

from detection.inference.used import Weights, weights_used
from mpr.errors import MprError
from mpr.pipeline.config import plain
from profiles.models import Profile
from profiles.plan import make_plan
from profiles.shipped import read_profiles

Named = dict[str, list[str]]


def named_models() -> tuple[Named, list[Weights], bool]:
    """The profiles by the names of the models that they use, these models, and whether the database could be asked: the
    profiles that ship are known without it."""
    known = {shipped.name: (shipped.pipeline, shipped.configs) for shipped in read_profiles()}
    asked = True
    try:
        known |= {profile.name: (profile.pipeline, profile.configs) for profile in Profile.objects.all()}
    except DatabaseError:
        asked = False
    return *_named(known.items()), asked


def _named(profiles: Iterable[tuple[str, tuple[Mapping[str, Any], Mapping[str, Any]]]]) -> tuple[Named, list[Weights]]:
    named: defaultdict[str, list[str]] = defaultdict(list)
    models: dict[str, Weights] = {}
    for profile, (pipeline, configs) in profiles:
        try:
            plan = make_plan(pipeline, configs)
        except MprError:
            continue  # it cannot run, so it uses nothing; its editor says why
        for stage, config in plan.configs.items():
            for model in weights_used(stage, plain(config)):
                named[model.name].append(profile)
                models[model.name] = model
    return dict(named), list(models.values())
