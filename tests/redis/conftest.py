"""Every test with an argument `binary` runs on each server binary that is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.redis import servers
from tests.redis.told import Told

TOLD = Told()


@pytest.fixture
def told() -> Told:
    return TOLD


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--campaign") > 1:
        terminalreporter.section("faults")
        for line in TOLD.lines():
            terminalreporter.write_line(line)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "binary" in metafunc.fixturenames:
        found = servers.binaries()
        metafunc.parametrize("binary", list(found.values()), ids=list(found))


@pytest.fixture
def url(binary: Path) -> str:
    """A new state on a server that other tests use, too."""
    return servers.new_state(binary, "redis")


@pytest.fixture
def cluster_url(binary: Path) -> str:
    return servers.new_state(binary, "redis+cluster")
