"""A middleware around all others: its headers tell what an answer took within Django."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

TOOK, CPU, QUERIES, ASKED = "X-Bench-Ms", "X-Bench-Cpu-Ms", "X-Bench-Queries", "X-Bench-Query-Ms"


class Meter:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked: list[float] = []

        def ask(execute: Callable[..., Any], *given: Any) -> Any:
            began_s = time.perf_counter()
            try:
                return execute(*given)
            finally:
                asked.append(time.perf_counter() - began_s)

        began_s, cpu_s = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(ask):
            answer = self.get_response(request)
        answer[TOOK] = f"{1000 * (time.perf_counter() - began_s):.2f}"
        answer[CPU] = f"{1000 * (time.thread_time() - cpu_s):.2f}"
        answer[QUERIES] = str(len(asked))
        answer[ASKED] = f"{1000 * sum(asked):.2f}"
        return answer
