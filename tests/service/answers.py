"""From an outcome of the engine to one of the wire, field by field with the protobuf library: the slow twin of `engine/machinery/answers.pxi`.

In: `Outcome`, whose findings and warnings are the JSON objects of `engine.views`.  Out: the same fields as messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import rulelang
from engine import Engine, Outcome
from engine.texts import time_us
from proto.rulelang.v1 import evaluation_pb2, event_pb2, finding_pb2
from services.server.stamps import timestamp

STATUS = {
    "accepted": evaluation_pb2.STATUS_ACCEPTED,
    "duplicate": evaluation_pb2.STATUS_DUPLICATE,
    "conflict": evaluation_pb2.STATUS_CONFLICT,
    "refused": evaluation_pb2.STATUS_REFUSED,
    "too_late": evaluation_pb2.STATUS_TOO_LATE,
}


ENGINE = Engine(rulelang.compile_text(""))


def written_by_the_engine(outcomes: Sequence[Outcome], field: int = 1) -> bytes:
    """What `engine/machinery/answers.pxi` makes of them."""
    answers = ENGINE.answer_batch([])
    for outcome in outcomes:
        answers.add(outcome)
    return answers.write(field)


def written_by_the_library(outcomes: Iterable[Outcome]) -> bytes:
    """The same as field 1."""
    response = evaluation_pb2.EvaluateBatchResponse()
    for outcome in outcomes:
        write_outcome(outcome, response.outcomes.add())
    data: bytes = response.SerializeToString()
    return data


def write_outcome(outcome: Outcome, out: evaluation_pb2.Outcome) -> None:
    """Fill `out`, which is empty."""
    out.status = STATUS[outcome.status]
    if outcome.ignored:
        out.ignored = outcome.ignored
    if outcome.error is not None:
        out.error.field = outcome.wrong_field
        out.error.message = outcome.error.removeprefix(f"{outcome.wrong_field}: ")
    out.findings.extend(map(finding, outcome.findings))
    for shown in outcome.withdrawn:
        if shown["kind"] == "finding":
            out.withdrawn.append(finding(shown))
        else:
            out.warnings.append(warning(shown))
    out.warnings.extend(map(warning, outcome.warnings))


def finding(shown: dict[str, Any]) -> finding_pb2.Finding:
    return finding_pb2.Finding(
        status=shown["status"],
        id=shown["id"],
        rule=shown["rule"],
        entity=_texts(shown["entity"]),
        key=_texts(shown["key"]),
        time=timestamp(time_us(shown["time"])),
        about=shown["about"],
        points=shown["points"],
        level=shown["level"],
        events=[event_pb2.EventName(source=source, id=name) for source, name in shown["events"]],
        message=shown["message"],
        version=shown["version"],
        reason=shown.get("reason"),
        note=shown.get("note"),
        shadow=shown.get("shadow"),
    )


def warning(shown: dict[str, Any]) -> finding_pb2.Warning:
    return finding_pb2.Warning(
        status=shown["status"],
        id=shown["id"],
        ladder=shown["ladder"],
        rule=shown["rule"],
        entity=_texts(shown["entity"]),
        key=_texts(shown["key"]),
        level=shown["level"],
        points=shown["points"],
        time=timestamp(time_us(shown["time"])),
        finding=shown["finding"],
        version=shown["version"],
        reason=shown.get("reason"),
        note=shown.get("note"),
        shadow=shown.get("shadow"),
        jumped=shown.get("jumped"),
        action=shown.get("action"),
        approval=shown.get("approval"),
    )


def _texts(value: object) -> list[str]:
    """None, one or two."""
    if value is None:
        return []
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]
