"""Engines in several threads do not get into each other's way: a rule set is made ready in one while another answers in another."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from engine.texts import canonical_bytes


def test_json_is_not_mixed_with_what_another_thread_writes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters are escaped by Python's own function, during which another thread may go on. Here it does so every time."""
    escape = json.dumps
    others: list[bytes] = []

    def while_another_goes_on(*given: Any) -> str:
        thread = threading.Thread(target=lambda: others.append(canonical_bytes({"another": ["x" * 100, 1]})))
        thread.start()
        thread.join()
        return escape(*given)

    value = {"a": ["before\tbetween\nafter", 2.5], "b": None}
    wanted = escape(value, ensure_ascii=False, separators=(",", ":")).encode()
    monkeypatch.setattr(json, "dumps", while_another_goes_on)
    written = canonical_bytes(value)
    monkeypatch.undo()
    assert written == wanted
    assert others == [b'{"another":["' + b"x" * 100 + b'",1]}'] * 2
