"""Several people at a time do steps of the same warnings, some of them twice: what was accepted is, in the order of the feed, what the slow model accepts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import pytest

import rulelang
from engine.texts import time_text
from proto.rulelang.v1 import warnings_pb2
from tests.service.inside import Failed
from tests.service.office import Office, at, run
from tests.warnings.model import Model
from tests.warnings.scene import RULES

ROUNDS = 12
ROLES = {"zhang": ["duty_officer"], "li": ["unit_head", "reviewer"], "chen": ["supervisor"], "wang": ["reviewer", "discipline", "clerk"]}
EXPECTED = {"ACT_FORBIDDEN", "STEP_REFUSED", "VERSION_CONFLICT", "NO_SUCH_WARNING"}


async def busy(office: Office, person: str, rng: Random, accepted: list[str]) -> None:
    """Looks at warnings and does what is awaited, again and again; sometimes the answer seems lost, and the same is sent again."""
    for number in range(ROUNDS):
        seen = [state for state in (await office.list(person)).warnings if state.awaits]
        if not seen:
            return
        state = rng.choice(seen)
        request = {
            "command_id": f"{person}-{number}",
            "step": state.awaits,
            "expected_version": state.version,
            "result": rng.choice(("done", "done", "done", "refuted", "returned")),
            "note": "because",
            "role": rng.choice(ROLES[person]),
        }
        answers = await asyncio.gather(*(office.do(person, state.id, **request) for _ in range(rng.choice((1, 1, 2)))))
        done = [answer for answer in answers if not isinstance(answer, Failed)]
        assert all(answer.reason in EXPECTED for answer in answers if isinstance(answer, Failed))
        assert len({answer.line.number for answer in done}) <= 1
        assert sum(not answer.repeated for answer in done) <= 1
        accepted += [request["command_id"]] if done else []


@pytest.mark.seeds(2)
def test_what_people_did_at_the_same_time_is_what_the_model_accepts_one_after_the_other(seed: int, tmp_path: Path) -> None:
    twin = Model(rulelang.load_text(RULES))

    async def say(office: Office, type: str, time: str, **fields: Any) -> None:
        await office.say(type, time, **fields)
        twin.event({"id": f"e{office.sent}", "type": type, "time": time_text(at(time)), **fields}, at(time))

    async def scenario(office: Office) -> None:
        await say(office, "placed", "2026-01-05T08:00", unit="U1", city="C")
        await say(office, "posting", "2026-01-05T08:00", officer="P18", unit="U1")
        for number, grade in enumerate((3, 3, 3, 3)):
            await say(office, "complaint", "2026-01-06T10:00", case=f"K{number}", officer=f"P{18 + number % 2}", grade=grade)
        accepted: list[str] = []
        await asyncio.gather(*(busy(office, person, Random(f"{seed} {person}"), accepted) for person in ROLES))
        everything = await office.everything()
        steps = sorted((line.number, warning.warning.id, line) for warning in everything for line in warning.history if line.kind == "step")
        assert sorted(line.command_id for _, _, line in steps) == sorted(accepted)
        assert steps
        for _, name, line in steps:
            said = {
                "id": line.command_id,
                "step": line.step,
                "result": line.result,
                "actor": line.actor,
                "role": line.role,
                "note": line.note,
            }
            assert twin.command({**said, "warning": name, "version": len(twin.matters[name].lines), "own": ()}) == "accepted", (
                f"seed {seed}"
            )
        found = {warning.warning.id: [told(line) for line in warning.history] for warning in everything}
        assert found == {
            name: [(line[0], line[1], line[2], line[3], line[6], line[7]) for line in matter.lines] for name, matter in twin.matters.items()
        }

    run(tmp_path, scenario)


def told(line: warnings_pb2.Line) -> tuple[str, ...]:
    return (line.kind, line.step, line.result, line.actor, line.status, line.awaits)
