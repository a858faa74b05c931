"""Declarative transforms on edges: what of an output passes to the stage at the other end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from mpr.pipeline.config import limits

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Transform:
    """A filter on scored, labelled items. The default lets everything pass."""

    min_score: Annotated[float, limits("Items below this score do not pass.", ge=0, le=1)] = 0.0
    labels: Annotated[tuple[str, ...], limits("Only these labels pass; empty lets all pass.")] = ()
    limit: Annotated[int, limits("At most this many items per frame pass, best score first; 0 is no limit.", ge=0)] = 0

    def pick(self, items: Iterable[T], *, score: Callable[[T], float], label: Callable[[T], str]) -> list[T]:
        """The items that pass, in their old order."""
        kept = [
            item for item in items if score(item) >= self.min_score and (not self.labels or label(item) in self.labels)
        ]
        if self.limit and len(kept) > self.limit:
            best = sorted(range(len(kept)), key=lambda i: (-score(kept[i]), i))[: self.limit]
            kept = [kept[i] for i in sorted(best)]
        return kept
