"""How somebody stands on the ladders, as messages.

In: what is asked, and by whom; the engine, on its own thread.  Out: answers, where the caller may see whom they are about, or what that belongs to now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import Engine
from engine.texts import time_us
from proto.rulelang.v1 import warnings_pb2
from rulelang.resolve.suggest import hint
from services.people import Person
from services.server.errors import NotSeen, WrongRequest
from services.server.stamps import timestamp

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """`at_us`: microseconds since 1970, UTC; None: now."""

    person: Person
    entity: str
    key: str
    at_us: int | None


def read_asked(request: warnings_pb2.LevelRequest | warnings_pb2.ForecastRequest, person: Person) -> Asked:
    """Raises WrongRequest."""
    for name in ("entity", "key"):
        if not getattr(request, name).strip():
            raise WrongRequest(f"{name}: must not be empty", field=name)
    return Asked(person, request.entity, request.key, request.at.ToMicroseconds() if request.HasField("at") else None)


def level_of(engine: Engine, asked: Asked, changes_max: int) -> warnings_pb2.LevelResponse:
    """The level at the moment, and the latest changes of it up to then. Raises WrongRequest, NotSeen."""
    moment = _check(engine, asked)
    states = engine.level(asked.entity, asked.key, moment)
    histories = engine.level_history(asked.entity, asked.key, moment)
    answer = warnings_pb2.LevelResponse(at=timestamp(moment))
    for name, state in states.items():
        changes = histories[name][-changes_max:]
        answer.ladders.add(
            ladder=name,
            level=state["level"],
            points=state["points"],
            history=[_change(engine, change) for change in changes],
            left_out=len(histories[name]) - len(changes),
        )
    return answer


def forecast_of(engine: Engine, asked: Asked) -> warnings_pb2.ForecastResponse:
    """What could become of the level from the moment on. Raises WrongRequest, NotSeen."""
    moment = _check(engine, asked)
    answer = warnings_pb2.ForecastResponse(at=timestamp(moment))
    for name, told in engine.forecast(asked.entity, asked.key, moment).items():
        answer.ladders.add(
            ladder=name,
            level=told["level"],
            points=told["points"],
            falls=[
                warnings_pb2.Fall(level=fall["level"], time=_stamp(fall["time"]), points=fall["points"], leaving=fall["leaving"])
                for fall in told["falls"]
            ],
            rises=[
                warnings_pb2.Rise(
                    level=rise["level"],
                    steps=[warnings_pb2.RiseStep(points=step["points"], before=_stamp(step["before"])) for step in rise["steps"]],
                )
                for rise in told["rises"]
            ],
        )
    return answer


def _check(engine: Engine, asked: Asked) -> int:
    """The moment that is asked for, once it is clear that it may be answered."""
    plan = engine.program.plan
    entities = [entity["name"] for entity in plan["entities"]]
    climbing = {entities[ladder["entity"]] for ladder in plan["ladders"]}
    if asked.entity not in climbing:
        what = "has no ladder" if asked.entity in entities else f"is no entity{hint(asked.entity, entities)}"
        raise WrongRequest(f"entity: {asked.entity!r} {what}", field="entity")
    now = engine.moment()
    places = engine.belongs(asked.entity, asked.key, now)
    if not asked.person.may_see(places.items()):
        raise NotSeen(asked.entity, asked.key)
    return now if asked.at_us is None else asked.at_us


def _change(engine: Engine, change: Json) -> warnings_pb2.LevelChange:
    return warnings_pb2.LevelChange(
        time=_stamp(change["time"]),
        level=change["level"],
        was=change["was"],
        points=change["points"],
        came=_counted(engine, change["came"]),
        left=_counted(engine, change["left"]),
        warning=change["warning"],
    )


def _counted(engine: Engine, names: Iterable[str]) -> list[warnings_pb2.CountedFinding]:
    found = []
    for name in names:
        finding = engine.finding(name)
        assert finding is not None, "what counts stands"
        found.append(warnings_pb2.CountedFinding(id=name, rule=finding["rule"], time=_stamp(finding["time"])))
    return found


def _stamp(text: str | None) -> Any:
    return None if text is None else timestamp(time_us(text))
