"""Generated tests: how many seeds they try.

A test marked `@pytest.mark.seeds(40)` has an argument `seed`, and runs for forty seeds, or with `--campaign 1000` for a thousand times as many, from
`--first-seed` on. A seed fixes everything: to run one again, `pytest TEST --first-seed SEED -k SEED`.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--campaign", type=int, default=1, metavar="TIMES", help="run generated tests for so many times as many seeds")
    parser.addoption("--first-seed", type=int, default=0, metavar="SEED", help="the seed from which generated tests count")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "seeds(count): a generated test, which runs for so many seeds")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("seeds")
    if marker is not None:
        first = metafunc.config.getoption("--first-seed")
        metafunc.parametrize("seed", range(first, first + marker.args[0] * metafunc.config.getoption("--campaign")))
