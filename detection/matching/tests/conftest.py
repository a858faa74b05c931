from __future__ import annotations

from collections.abc import Callable

import pytest

from detection.matching.lexicon import Lexicon
from detection.matching.rules import Rules
from detection.matching.search import find_all
from detection.records import BrandName


@pytest.fixture
def named() -> Callable[..., list[str]]:
    """`named(text, "Name", "Name=alias;alias")`: the brands that a reading names, left to right."""

    def look_up(text: str, *brands: str, rules: Rules | None = None) -> list[str]:
        names = [brand.partition("=") for brand in brands]
        listed = [BrandName(name=name, aliases=aliases.split(";") if aliases else []) for name, _, aliases in names]
        found = find_all([text], Lexicon(listed, rules or Rules()))[text]
        return [one.spelling.brand for one in found]

    return look_up
