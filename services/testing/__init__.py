"""Runs the tests that analysts write in rule files, in every order of arrival, and says what no test has looked at."""

from services.testing.runner import Failure, Result, run_test

__all__ = ["Failure", "Result", "run_test"]
