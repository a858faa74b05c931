from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from profiles.families import registry


@pytest.fixture
def arithmetic(settings: Any) -> Iterator[None]:
    """The arithmetic family instead of the detection family."""
    settings.MPR_FAMILIES = ("mpr.assets.family.FAMILY", "tests.families.arithmetic.FAMILY")
    registry.cache_clear()
    yield
    registry.cache_clear()
