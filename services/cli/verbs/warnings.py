"""Ask a running service for its warnings, and do steps of their procedures.

list: one line each, the latest issued first. get ID: one warning with its history and evidence (JSON). watch: every change, as JSON Lines, until
interrupted. advance ID: does the step that is awaited. level --of ENTITY KEY: how somebody stands on the ladders, how that came about, and what could
become of it. Who you are, the service knows by your token or certificate.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rulelang.timezones import Zone
from services.cli.connection import add_connection, read_file, token, write_answers
from services.cli.moments import last_moment_us
from services.cli.terminal import CannotUse, Terminal
from services.replay.course import course_lines

SUMMARY = "the warnings of a running service, and what is done about them"
ACTIONS = ("list", "get", "watch", "advance", "level")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=ACTIONS, metavar="|".join(ACTIONS))
    parser.add_argument("id", nargs="?", metavar="ID", help="of a warning, for get and advance")
    add_connection(parser)
    parser.add_argument(
        "--of",
        nargs=2,
        metavar=("ENTITY", "KEY"),
        help="only warnings for this key, or of what belonged to it, as in: --of unit U1; of level: who it is",
    )
    parser.add_argument("--level", action="append", default=[], metavar="LEVEL", help="only of this level; may be repeated")
    parser.add_argument(
        "--step", action="append", default=[], metavar="STEP", help="only where this step is awaited; of advance: the step that is done"
    )
    parser.add_argument("--status", action="append", default=[], metavar="STATUS", help="only open, closed, refuted or revoked ones")
    parser.add_argument("--at", metavar="TIME", help="level: the moment looked at (default: now); a day: its end")
    parser.add_argument("--overdue", action="store_true", help="only where something is late")
    parser.add_argument("--cursor", default="", metavar="CURSOR", help="watch: go on behind the change that had this cursor")
    parser.add_argument(
        "--result", default="done", metavar="RESULT", help="advance: done (default), refuted, returned; of a decision upheld or revoked"
    )
    parser.add_argument("--role", default="", metavar="ROLE", help="advance: in which of your roles")
    parser.add_argument("--note", default="", metavar="TEXT", help="advance: what you found; all results but done need one")
    parser.add_argument(
        "--attach", action="append", default=[], type=Path, metavar="FILE", help="advance: a file whose SHA-256 is kept; may be repeated"
    )
    parser.add_argument(
        "--seen", type=int, metavar="VERSION", help="advance: the version that you have seen (default: the one that there is)"
    )
    parser.add_argument("--command-id", metavar="ID", help="advance: of a command that is sent again (default: a new one)")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    if (arguments.action in ("get", "advance")) != (arguments.id is not None):
        raise CannotUse(f"{arguments.action}: {'needs the ID of a warning' if arguments.id is None else 'takes no ID'}")
    if arguments.action == "level" and not arguments.of:
        raise CannotUse("level: needs --of ENTITY KEY")
    if arguments.action != "level" and arguments.at is not None:
        raise CannotUse("--at: goes with level")
    return write_answers(arguments, terminal, _asked)


def _asked(arguments: argparse.Namespace, channel: Any) -> Iterator[str]:
    from proto.rulelang.v1 import warnings_pb2, warnings_pb2_grpc

    stub = warnings_pb2_grpc.WarningsStub(channel)
    who = token(arguments)
    wanted = warnings_pb2.WarningFilter(
        entity=arguments.of[0] if arguments.of else "",
        key=arguments.of[1] if arguments.of else "",
        levels=arguments.level,
        steps=arguments.step,
        statuses=arguments.status,
        overdue=arguments.overdue,
    )
    match arguments.action:
        case "list":
            page = ""
            while True:
                answer = stub.List(warnings_pb2.ListRequest(filter=wanted, page_token=page), metadata=who)
                yield from map(_line, answer.warnings)
                page = answer.next_page_token
                if not page:
                    return
        case "watch":
            for change in stub.Watch(warnings_pb2.WatchRequest(filter=wanted, cursor=arguments.cursor), metadata=who):
                yield json.dumps(_plain(change), ensure_ascii=False)
        case "get":
            found = stub.Get(warnings_pb2.GetRequest(id=arguments.id), metadata=who)
            yield json.dumps({**_plain(found), "evidence": json.loads(found.evidence)}, ensure_ascii=False, indent=2)
        case "level":
            yield from _level(arguments, channel, stub, who)
        case _:
            yield _advanced(arguments, stub, who)


def _level(arguments: argparse.Namespace, channel: Any, stub: Any, who: Any) -> Iterator[str]:
    """As `rulelang level` says it, in the rule set's zone."""
    from proto.rulelang.v1 import rulesets_pb2, rulesets_pb2_grpc, warnings_pb2

    described = rulesets_pb2_grpc.RuleSetsStub(channel).Describe(rulesets_pb2.DescribeRequest(), metadata=who)
    zone = Zone(described.rule_set.timezone)
    entity, key = arguments.of
    asked = warnings_pb2.LevelRequest(entity=entity, key=key)
    if arguments.at is not None:
        asked.at.FromMicroseconds(last_moment_us(arguments.at, zone, "--at"))
    standing = stub.Level(asked, metadata=who)
    # Of the same moment, so that both speak of the same points.
    coming = stub.Forecast(warnings_pb2.ForecastRequest(entity=entity, key=key, at=standing.at), metadata=who)
    forecasts = {told.ladder: told for told in coming.ladders}
    for ladder in standing.ladders:
        findings = {
            one.id: {"rule": one.rule, "time": one.time.ToJsonString()} for change in ladder.history for one in (*change.came, *change.left)
        }
        if ladder.left_out:
            yield f"{ladder.left_out} changes before these are left out"
        yield from course_lines(ladder.ladder, _told(forecasts[ladder.ladder]), list(map(_change, ladder.history)), findings, zone)


def _told(forecast: Any) -> dict[str, Any]:
    """As `Engine.forecast` has it."""
    return {
        "level": _set(forecast, "level"),
        "points": forecast.points,
        "falls": [
            {"level": _set(fall, "level"), "time": fall.time.ToJsonString(), "points": fall.points, "leaving": fall.leaving}
            for fall in forecast.falls
        ],
        "rises": [
            {"level": rise.level, "steps": [{"points": step.points, "before": _moment(step, "before")} for step in rise.steps]}
            for rise in forecast.rises
        ],
    }


def _change(change: Any) -> dict[str, Any]:
    """As `Engine.level_history` has it."""
    return {
        "time": change.time.ToJsonString(),
        "level": _set(change, "level"),
        "was": _set(change, "was"),
        "points": change.points,
        "came": [one.id for one in change.came],
        "left": [one.id for one in change.left],
        "warning": _set(change, "warning"),
    }


def _set(message: Any, name: str) -> Any:
    return getattr(message, name) if message.HasField(name) else None


def _moment(message: Any, name: str) -> str | None:
    return getattr(message, name).ToJsonString() if message.HasField(name) else None


def _advanced(arguments: argparse.Namespace, stub: Any, who: Any) -> str:
    from proto.rulelang.v1 import warnings_pb2

    now = stub.Get(warnings_pb2.GetRequest(id=arguments.id), metadata=who).warning
    command_id = arguments.command_id or uuid.uuid4().hex
    attached = [
        warnings_pb2.Attachment(name=path.name, sha256=hashlib.sha256(read_file("--attach", path)).hexdigest()) for path in arguments.attach
    ]
    request = warnings_pb2.AdvanceRequest(
        command_id=command_id,
        id=arguments.id,
        expected_version=now.version if arguments.seen is None else arguments.seen,
        step=arguments.step[-1] if arguments.step else now.awaits,
        result=arguments.result,
        role=arguments.role,
        note=arguments.note,
        attachments=attached,
    )
    return _line(stub.Advance(request, metadata=who).warning)


def _plain(message: Any) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict

    plain: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return plain


def _line(warning: Any) -> str:
    """`ID  red  officer P17  conduct  verification until 2026-03-02T09:30:00Z (late)`."""
    awaits = warning.awaits or warning.status
    if warning.awaits and warning.HasField("deadline"):
        awaits += f" until {warning.deadline.ToJsonString()}"
    late = " (late)" if warning.overdue or warning.action_overdue else ""
    shaken = "" if warning.stands and not warning.withdrawn_findings else " (withdrawn)"
    return "  ".join((warning.id, f"{warning.level:6}", f"{warning.entity} {warning.key}", warning.title, f"{awaits}{late}{shaken}"))
