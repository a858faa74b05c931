from __future__ import annotations

import sys
from argparse import ArgumentTypeError

import pytest
from django.core.management import CommandError, call_command

from mpr.operation.management.commands import worker
from mpr.processes import worker_command
from mpr.supervisor import Program


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cpu", ("control", "cpu")),
        ("gpu,cpu", ("control", "gpu", "cpu")),
        (" gpu , gpu ", ("control", "gpu")),
        ("control,cloud", ("control", "cloud")),
    ],
)
def test_every_worker_also_does_the_bookkeeping(text: str, names: tuple[str, ...]) -> None:
    assert worker.queues(text) == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tpu", "“tpu” is not a queue; choose from cpu, gpu, cloud"),
        ("", "no queue is named; choose from cpu, gpu, cloud"),
        ("control", "no queue is named; choose from cpu, gpu, cloud"),
    ],
)
def test_queues_that_are_none(text: str, sentence: str) -> None:
    with pytest.raises(ArgumentTypeError) as raised:
        worker.queues(text)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_concurrency_that_is_none(count: str) -> None:
    with pytest.raises(CommandError, match="is not a number of shards; give 1 or more"):
        call_command("worker", "--concurrency", count)


@pytest.mark.django_db
@pytest.mark.parametrize("code", [0, 1])
def test_it_keeps_one_worker_alive_and_passes_its_end_on(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    kept: list[Program] = []

    class Keeper:
        def __init__(self, programs: list[Program], **given: object) -> None:
            kept.extend(programs)

        def run(self) -> int:
            return code

    monkeypatch.setattr(worker, "Supervisor", Keeper)
    if code:
        with pytest.raises(SystemExit, match="1"):
            call_command("worker", "--queues", "gpu", "--concurrency", "3")
    else:
        call_command("worker", "--queues", "gpu", "--concurrency", "3")
    command = list(kept[0].command)
    assert command[command.index("--queues") + 1] == "control,gpu"
    assert command[command.index("--concurrency") + 1] == "3"


def test_without_queues_it_serves_all() -> None:
    command = worker_command(2, name="x")
    assert command[0] == sys.executable
    assert command[command.index("--queues") + 1] == "control,cpu,gpu,cloud"
