from __future__ import annotations

from django.apps import AppConfig


class EngineBenchmarks(AppConfig):
    name = "benchmarks.engine"
    label = "engine_benchmarks"

    def ready(self) -> None:
        from benchmarks.engine import clock

        clock.install()
