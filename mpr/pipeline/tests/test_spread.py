from __future__ import annotations

import threading
import time

import pytest

from mpr.pipeline.spread import in_order


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(at_once: int) -> None:
    def later_first(number: int) -> int:
        time.sleep(0.003 * (number % 3 == 0))
        return number * number

    assert list(in_order(later_first, range(20), at_once=at_once)) == [number * number for number in range(20)]


def test_so_many_are_worked_on_at_once() -> None:
    together = threading.Barrier(3, timeout=10)
    assert list(in_order(lambda number: together.wait() >= 0, range(6), at_once=3)) == [True] * 6


def test_each_caller_has_threads_of_its_own() -> None:
    together = threading.Barrier(4, timeout=10)
    said: list[list[bool]] = []

    def call() -> None:
        said.append(list(in_order(lambda number: together.wait() >= 0, range(2), at_once=2)))

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert said == [[True, True]] * 2


@pytest.mark.parametrize("at_once", [1, 2])
def test_an_error_is_raised_at_its_items_turn(at_once: int) -> None:
    def work(number: int) -> int:
        if number == 2:
            raise ValueError("the third")
        return number

    results = in_order(work, range(10), at_once=at_once)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="the third"):
        next(results)


def test_nothing_more_is_begun_when_the_caller_stops() -> None:
    begun: list[int] = []
    results = in_order(begun.append, range(1000), at_once=2)
    next(results)
    results.close()
    time.sleep(0.05)
    assert len(begun) <= 4
