"""What is known of names that are no longer in memory."""

from __future__ import annotations

from engine import Engine
from engine.fold import SeenNames
from engine.stores.memory import MemoryStore
from rulelang import compile_text

RULES = "entity officer\nevent act\n    officer: officer\nrule busy\n    when count(act) >= 2 within officer over 1d\n"
ACT = {"id": "e1", "type": "act", "time": "2026-01-01T00:00:00Z", "officer": "P1"}


def test_a_name_that_was_added_is_there_and_others_are_not() -> None:
    names = SeenNames()
    told = [("lab", str(number)) for number in range(10_000)]
    assert not any(name in names for name in told)
    for name in told:
        names.add(name)
        names.add(name)
    assert len(names) == len(told)
    assert all(name in names for name in told)
    assert not any(("局", str(number)) in names for number in range(10_000))


def test_names_leave_memory_with_a_checkpoint_and_stay_known() -> None:
    eng = Engine(compile_text(RULES), store=MemoryStore(durable=True))
    second = eng.evaluate_batch([ACT, {**ACT, "id": "e2"}])[1]
    eng.checkpoint()
    assert len(eng._names) == 0
    again, other = eng.evaluate_batch([{**ACT, "id": "e2"}, {**ACT, "officer": "P2"}])
    assert (again.status, again.findings) == ("duplicate", second.findings)
    assert other.status == "conflict"
    eng.checkpoint()
    assert eng.evaluate({**ACT, "officer": "P2"}).status == "conflict"
    assert eng.counters == {"accepted": 2, "duplicate": 1, "conflict": 2}
