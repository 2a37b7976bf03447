"""Engines in several threads do not get into each other's way: a rule set is made ready in one while another answers in another."""

from __future__ import annotations

import json
import sys
import threading

from engine.texts import canonical_bytes


def test_json_is_written_in_several_threads_at_a_time() -> None:
    """Control characters are escaped by Python's own function, during which another thread may go on."""
    wrong = []

    def write(number: int) -> None:
        value = {"x": [chr(1 + number) * 5 + str(number) * 50, number, ["\t\n" * 10] * 5]}
        wanted = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        wrong.extend(written for _ in range(2_000) if (written := canonical_bytes(value)) != wanted)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not wrong
