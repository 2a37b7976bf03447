"""The year of one unit that is told through gRPC alone, on a store on Redis: the same as on a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.redis import servers
from tests.service.test_story import Told, told


@pytest.fixture(scope="module")
def on_a_file(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(tmp_path_factory.mktemp("year"), "none")


def test_the_year_is_the_same_on_redis_with_a_restart_before_everything_that_happens(tmp_path: Path, binary: Path, on_a_file: Told) -> None:
    assert told(tmp_path, "restart", servers.new_state(binary, "redis")) == on_a_file
