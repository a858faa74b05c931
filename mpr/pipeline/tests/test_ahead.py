from __future__ import annotations

from collections.abc import Iterator
from threading import Event, current_thread, main_thread

import pytest

from mpr.pipeline.ahead import made_ahead


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 4, 11])
def test_everything_comes_in_order(count: int, batch: int) -> None:
    assert list(made_ahead(range(count), batch=batch)) == list(range(count))


def test_items_are_made_while_others_are_used() -> None:
    made = Event()

    def source() -> Iterator[int]:
        assert current_thread() is not main_thread()
        yield 1
        made.set()
        yield 2

    items = made_ahead(source(), batch=1)
    assert next(items) == 1
    assert made.wait(10)
    assert list(items) == [2]


def test_what_the_source_raises_is_raised_to_the_taker() -> None:
    def source() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("torn")

    items = made_ahead(source(), batch=1)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="torn"):
        next(items)


def test_a_taker_that_stops_early_leaves_the_source_at_rest() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    items = made_ahead(source(), batch=2)
    next(items)
    items.close()  # type: ignore[attr-defined]
    at_rest = len(taken)
    assert at_rest <= 6
    assert Event().wait(0.05) is False
    assert len(taken) == at_rest
