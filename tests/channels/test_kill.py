"""A service is killed while it delivers: after a restart every happening has arrived, those of a warning in order, and what came twice has the same id."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from proto.rulelang.v1 import warnings_pb2, warnings_pb2_grpc
from tests.channels.receivers import DROPPED, WELL, Got, Receiver, Reply, receiver, webhook, write_channels
from tests.service.inside import WAIT_S
from tests.service.office import people_text, token
from tests.service.outside import Process, evaluate, serving
from tests.service.scene import ago, event, write_rules
from tests.warnings.scene import RULES

KILLS = 3
OFFICERS = 20
"""About each of whom a warning is issued, which goes through two steps."""


class Moody:
    """Answers well most of the time; the seed says when not."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def __call__(self, got: Got) -> Reply:
        mood = self._chance.random()
        return DROPPED if mood < 0.1 else Reply(500) if mood < 0.2 else Reply(hang_s=0.01) if mood < 0.5 else WELL


def in_order(told: Receiver) -> None:
    """By warning: each version comes first after all versions before it; repetitions are the same in all but their attempt."""
    first: dict[str, Got] = {}
    for got in told.got:
        before = first.setdefault(got.id, got)
        assert before.raw == got.raw
    seen: dict[str, int] = {}
    for got in told.taken:
        version = got.body["version"]
        assert version <= seen.get(got.warning, 0) + 1, f"{got.warning}: {version} after {seen.get(got.warning)}"
        seen[got.warning] = max(version, seen.get(got.warning, 0))


def kill_soon(process: Process, told: Receiver, count: int, chance: random.Random) -> None:
    told.until(lambda: len(told.taken) >= count)
    time.sleep(chance.uniform(0, 0.05))
    process.kill()


def live(process: Process, officer: str) -> None:
    """A warning about an officer is issued, and two steps are done."""
    evaluate(
        process,
        event(f"{officer}-posted", "posting", ago(30), officer=officer, unit="U1"),
        event(f"{officer}-complained", "complaint", ago(3), case=f"C-{officer}", officer=officer, grade=3),
    )
    with process.channel() as channel:
        stub = warnings_pb2_grpc.WarningsStub(channel)
        wanted = warnings_pb2.WarningFilter(entity="officer", key=officer)
        (warning,) = stub.List(warnings_pb2.ListRequest(filter=wanted), metadata=token("wang"), timeout=WAIT_S).warnings
        for version, (person, step) in enumerate((("zhang", "notification"), ("li", "verification")), start=1):
            request = warnings_pb2.AdvanceRequest(command_id=f"{officer}-{step}", id=warning.id, expected_version=version, step=step)
            stub.Advance(request, metadata=token(person), timeout=WAIT_S)


@pytest.mark.seeds(1)
def test_nothing_is_lost_when_a_service_is_killed(seed: int, tmp_path: Path) -> None:
    print(f"seed {seed}, {KILLS} kills")
    chance = random.Random(seed)
    rules = write_rules(tmp_path / "rules", RULES)
    people = tmp_path / "people.toml"
    people.write_text(people_text(), encoding="utf-8")
    with receiver(Moody(chance)) as told:
        channels = write_channels(tmp_path, webhook(told.url, longest_pause_s=0.1, begin='"first"'))
        settings = {"RULELANG_CHANNELS": str(channels), "RULELANG_PEOPLE": str(people), "RULELANG_CLOCK_TICK_S": "0.05"}
        for run in range(KILLS + 1):
            with serving(tmp_path, rules, "--store", f"sqlite:{tmp_path / 'store.db'}", **settings) as process:
                before = len(told.taken)
                for officer in range(run * OFFICERS // (KILLS + 1), (run + 1) * OFFICERS // (KILLS + 1)):
                    live(process, f"P{officer}")
                if run < KILLS:
                    kill_soon(process, told, before + chance.randrange(1, 12), chance)
                else:
                    told.until(lambda: len({got.id for got in told.taken}) == 3 * OFFICERS, "all happenings")
                    assert process.stop() == 0
        in_order(told)
        assert {(got.body["key"], got.body["version"]) for got in told.taken} == {
            (f"P{officer}", version) for officer in range(OFFICERS) for version in (1, 2, 3)
        }
