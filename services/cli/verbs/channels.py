"""Look over the file of channels, and what a running service could not deliver.

check FILE: whether the service could use it. route FILE: who would be told of a warning that --level, --of, --category and --happening describe. list: the
channels of a running service, and how far they are. given-up CHANNEL: the deliveries that were given up (JSON Lines). send-again CHANNEL [ID…]: have these, or
all of them, made again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.warnings.procedure import LEVELS
from services.channels.happenings import KINDS
from services.cli.connection import add_connection, token, write_answers
from services.cli.terminal import WELL, CannotUse, Terminal

SUMMARY = "who is told of warnings, and what could not be delivered"
OF_FILES = ("check", "route")
OF_CHANNELS = ("given-up", "send-again")
ACTIONS = (*OF_FILES, "list", *OF_CHANNELS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=ACTIONS, metavar="|".join(ACTIONS))
    parser.add_argument(
        "name", nargs="?", metavar="FILE|CHANNEL", help="of check and route the file, of given-up and send-again the channel"
    )
    parser.add_argument("ids", nargs="*", metavar="ID", help="send-again: of deliveries (default: all that were given up)")
    add_connection(parser)
    parser.add_argument("--level", choices=LEVELS, default="red", metavar="LEVEL", help="route: of the warning (default: red)")
    parser.add_argument(
        "--of",
        nargs=2,
        action="append",
        default=[],
        metavar=("ENTITY", "KEY"),
        help="route: what the warning is for or belongs to; may be repeated, as in: --of officer P17 --of unit U1",
    )
    parser.add_argument("--category", action="append", default=[], metavar="NAME", help="route: of the warning's rules; may be repeated")
    parser.add_argument(
        "--happening", action="append", default=[], choices=tuple(KINDS), metavar="KIND", help="route: what happened (default: issued)"
    )


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    if (arguments.action != "list") != (arguments.name is not None):
        wants = "needs the name of a file" if arguments.action in OF_FILES else "needs the name of a channel"
        raise CannotUse(f"{arguments.action}: {wants if arguments.name is None else 'takes no name'}")
    if arguments.ids and arguments.action != "send-again":
        raise CannotUse(f"{arguments.action}: takes no IDs")
    if arguments.action in OF_FILES:
        lines = list(_of_file(arguments))
        for line in lines:
            terminal.write(line + "\n")
        if not lines:
            terminal.say("no route leads anywhere: nobody would be told")
        return WELL
    return write_answers(arguments, terminal, _asked)


def _of_file(arguments: argparse.Namespace) -> Iterator[str]:
    from services.channels.declared import ChannelsError, load_channels
    from services.channels.routing import Case, recipients

    try:
        channels = load_channels(Path(arguments.name))
    except ChannelsError as error:
        raise CannotUse(str(error)) from error
    if arguments.action == "check":
        yield f"{arguments.name}: channels: {len(channels.channels)}, routes: {len(channels.routes)}"
        return
    categories = frozenset(arguments.category)
    case = Case(arguments.level, arguments.happening or ("issued",), tuple(map(tuple, arguments.of)), lambda: categories)
    for channel in channels.channels:
        to = recipients(channels.routes, channel.name, case, channel.recipients)
        if to is not None:
            yield "  ".join((channel.kind, channel.name, *to))


def _asked(arguments: argparse.Namespace, connection: Any) -> Iterator[str]:
    from proto.rulelang.v1 import channels_pb2, channels_pb2_grpc

    stub, who = channels_pb2_grpc.ChannelsStub(connection), token(arguments)
    match arguments.action:
        case "list":
            yield from map(_line, stub.ListChannels(channels_pb2.ListChannelsRequest(), metadata=who).channels)
        case "given-up":
            answer = stub.ListGivenUp(channels_pb2.ListGivenUpRequest(channel=arguments.name), metadata=who)
            for one in answer.deliveries:
                shown = {
                    "id": one.id,
                    "warning": one.warning or None,
                    "time": one.time.ToJsonString(),
                    "attempts": one.attempts,
                    "why": one.why,
                }
                yield json.dumps(shown | ({"recipients": list(one.recipients)} if one.recipients else {}), ensure_ascii=False)
        case _:
            request = channels_pb2.SendAgainRequest(channel=arguments.name, ids=arguments.ids)
            yield from stub.SendAgain(request, metadata=who).ids


def _line(state: Any) -> str:
    """`duty_desk  webhook  at work  behind 0, waiting 2, given up 1, delivered 340  failing since 2026-03-02T02:00:00Z: answered 503`."""
    failing = f"failing since {state.failing_since.ToJsonString()}: {state.failure}" if state.HasField("failing_since") else ""
    counts = f"behind {state.behind}, waiting {state.waiting}, given up {state.given_up}, delivered {state.delivered}"
    parts = (state.name, state.kind, "at work" if state.at_work else "not at work", counts, failing)
    return "  ".join(part for part in parts if part)
