"""A pytest plugin: tests get services of their own, whatever this machine runs or the environment says.

It is a plugin, not a conftest, because pytest-django reads the settings before any conftest is read. The addresses
are known at once; the services start with the first test that needs them (fixture `services`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from mpr.embedded import services
from mpr.embedded.places import Addresses, Places

KEPT = ("MPR_REQUIRE_BROWSER", "MPR_TEST_MODELS")
# What would let a test reach a service outside, or choose another way through the code.
FOREIGN = (
    "INFERENCE_URL",
    "INFERENCE_KEY",
    "INFERENCE_STAGES",
    "INFERENCE_TIMEOUT_S",
    "VLM_URL",
    "VLM_MODEL",
    "SKIP_VLM",
    "SKIP_CLOUD",
    "ANTHROPIC_AUTH_TOKEN",
)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    if not early_config.pluginmanager.is_blocked("django"):
        home = Path(tempfile.mkdtemp(prefix="mpr-test-"))
        early_config.add_cleanup(lambda: remove_home(home))
        _prepare(home)
    yield


def _prepare(home: Path) -> None:
    """Point the settings of this process, and of any child, to the services below `home`."""
    for name in list(os.environ):
        ours = name.startswith("MPR_") and name not in KEPT
        if ours or name in FOREIGN or name.endswith(("_API_KEY", "_BASE_URL")):
            del os.environ[name]
    addresses = Places(home).addresses
    os.environ |= {
        "MPR_HOME": str(home),
        "MPR_SECRET_KEY": "a key for tests that guards nothing",
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
    }
    for folder in ("static", "media_in", "media_out"):
        (home / folder).mkdir()


def remove_home(home: Path) -> None:
    """Remove a home folder for good once nothing runs in it."""
    services.wait_until_stopped(home)
    run = Places(home).run
    for folder in (home, run):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def services_home() -> Path:
    """MPR_HOME of this test session."""
    return Path(os.environ["MPR_HOME"])


@pytest.fixture(name="services", scope="session")
def _services(services_home: Path) -> Iterator[Addresses]:
    """The embedded PostgreSQL and Valkey, running. Ask for it where a test needs Valkey without the database."""
    with services.use(services_home) as addresses:
        yield addresses
