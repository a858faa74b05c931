"""The short form of the fault harness; `make fault` runs the long one.

The harness is a program of its own: it has services of its own to hurt, and its own settings. Its seed is drawn anew
for every run, and shown when a scenario fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
# As tests.fault.scenarios names them; that module needs the harness's own settings.
SCENARIOS = ("kill_workers", "hurt_broker", "hurt_database", "end_with_grace", "wake_zombies", "mix_control")

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest) -> dict[str, dict[str, object]]:
    """What one run of the harness says of each scenario that was asked for."""
    mine = [item for item in request.session.items if item.path == request.path]
    asked = {item.callspec.params["scenario"] for item in mine if hasattr(item, "callspec")}
    names = [name for name in SCENARIOS if name in asked]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fault", "--short", "--json", *names],
        cwd=PROJECT, capture_output=True, text=True, check=False, timeout=1200,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        pytest.fail(f"The harness did not come as far as its first scenario:\n{done.stdout}{done.stderr}")
    return {line["scenario"]: line for line in lines}


@pytest.mark.parametrize("scenario", [*SCENARIOS, "nothing_is_left"])
def test_nothing_is_lost(told: dict[str, dict[str, object]], scenario: str) -> None:
    assert scenario in told, f"The harness ended before it: {told}"
    assert told[scenario]["good"], f"{told[scenario]['words']} (seed {told['seed']['words']})"
