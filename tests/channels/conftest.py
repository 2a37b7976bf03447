"""Every test with an argument `binary` runs on each server binary that is found."""

from __future__ import annotations

from tests.redis.conftest import pytest_generate_tests

__all__ = ["pytest_generate_tests"]
