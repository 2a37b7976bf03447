"""What could not be delivered is listed, and sent again when somebody asks for it: by calls, and by `rulelang channels`."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest

from proto.rulelang.v1 import channels_pb2, channels_pb2_grpc
from tests.channels.receivers import WELL, Reply, receiver, webhook, write_channels
from tests.channels.test_webhook import one_warning, said, taken, told_of
from tests.service.inside import WAIT_S
from tests.service.office import Office, run, token, told
from tests.service.outside import ROOT


def stub_of(office: Office) -> Any:
    return channels_pb2_grpc.ChannelsStub(office.inside.channel)


async def given_up(office: Office, channel: str = "hook") -> list[channels_pb2.GivenUp]:
    answer = await stub_of(office).ListGivenUp(channels_pb2.ListGivenUpRequest(channel=channel), metadata=token("wang"))
    return list(answer.deliveries)


async def state(office: Office) -> channels_pb2.ChannelState:
    (found,) = (await stub_of(office).ListChannels(channels_pb2.ListChannelsRequest(), metadata=token("wang"))).channels
    return found


async def send_again(office: Office, *ids: str, channel: str = "hook") -> list[str]:
    answer = await stub_of(office).SendAgain(channels_pb2.SendAgainRequest(channel=channel, ids=ids), metadata=token("wang"))
    return list(answer.ids)


async def until_given_up(office: Office, count: int) -> list[channels_pb2.GivenUp]:
    async with asyncio.timeout(WAIT_S):
        while len(found := await given_up(office)) != count:
            await asyncio.sleep(0.02)
    return found


def test_what_was_given_up_is_listed_and_sent_again(tmp_path: Path) -> None:
    well: list[bool] = []
    with receiver(lambda got: WELL if well else Reply(410)) as hook:

        async def scenario(office: Office) -> None:
            warnings = [await one_warning(office, f"P{number}", f"1{number}:00") for number in range(3)]
            found = await until_given_up(office, 3)
            assert [(one.warning, one.attempts, one.why) for one in found] == [(warning, 1, "answered 410") for warning in warnings]
            assert [one.id for one in found] == [got.id for got in hook.got]
            failing = await state(office)
            assert (failing.kind, failing.at_work, failing.waiting, failing.given_up, failing.delivered) == ("webhook", True, 0, 3, 0)
            assert failing.failure == "answered 410"
            await office.restart()
            well.append(True)
            assert await send_again(office, found[1].id, "99.nothing") == [found[1].id]
            await taken(office, hook, 1)
            assert told_of(hook, warnings[1]) == [("issued",)]
            assert len(await until_given_up(office, 2)) == 2
            assert await send_again(office) == [found[0].id, found[2].id]
            assert await send_again(office) in ([], [found[2].id], [found[0].id, found[2].id])  # asked twice: the same
            await until_given_up(office, 0)
            await taken(office, hook, 3)
            assert await send_again(office) == []
            async with asyncio.timeout(WAIT_S):
                while (await state(office)).delivered < 3:
                    await asyncio.sleep(0.02)
            assert not (await state(office)).HasField("failing_since")

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(hook.url)))
        assert len(hook.taken) == 3


def test_what_is_sent_again_waits_for_room(tmp_path: Path) -> None:
    mood = [Reply(410)]
    with receiver(lambda got: mood[0]) as hook:

        async def scenario(office: Office) -> None:
            for number in range(4):
                await one_warning(office, f"P{number}", f"1{number}:00")
            await until_given_up(office, 4)
            mood[0] = Reply(500)
            await send_again(office)
            await until_given_up(office, 2)  # two wait, which is all that may
            mood[0] = WELL
            await taken(office, hook, 4)
            await until_given_up(office, 0)

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(hook.url)), limits__channel_waiting_max=2)


@pytest.mark.parametrize("person", ["li", None])
def test_only_who_sees_all_warnings_may_ask(person: str | None, tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        stub, who = stub_of(office), token(person) if person else ()
        for call in (
            stub.ListChannels(channels_pb2.ListChannelsRequest(), metadata=who),
            stub.ListGivenUp(channels_pb2.ListGivenUpRequest(channel="hook"), metadata=who),
            stub.SendAgain(channels_pb2.SendAgainRequest(channel="hook"), metadata=who),
        ):
            failed = await told(call)
            assert failed.reason == ("ACT_FORBIDDEN" if person else "NOT_KNOWN")
            assert failed.facts.get("refusal") == ("SEES_NOT_ALL" if person else None)

    run(tmp_path, scenario)


def test_a_channel_that_there_is_not_is_said(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        for call in (given_up(office, "nobody"), send_again(office, channel="nobody")):
            with pytest.raises(grpc.RpcError) as failed:
                await call
            assert failed.value.code() is grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]

    run(tmp_path, scenario)


# ---------------------------------------------------------------------- from a terminal


def typed(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "channels", *words], capture_output=True, encoding="utf-8", cwd=ROOT, timeout=WAIT_S
    )
    return done.returncode, done.stdout, done.stderr


def test_from_a_terminal(tmp_path: Path) -> None:
    well: list[bool] = []
    with receiver(lambda got: WELL if well else Reply(410)) as hook:

        async def scenario(office: Office) -> None:
            (office.folder / "wang.token").write_text("wang\n")
            where = ("--address", office.inside.address, "--token-file", str(office.folder / "wang.token"))
            warning = await one_warning(office)
            (one,) = await until_given_up(office, 1)
            code, out, _ = await asyncio.to_thread(typed, "list", *where)
            assert code == 0
            assert out.startswith(
                "hook  webhook  at work  behind 0, waiting 0, given up 1, delivered 0  failing since 2026-03-02T02:00:00Z: "
            )
            code, out, _ = await asyncio.to_thread(typed, "given-up", "hook", *where)
            assert json.loads(out) == {
                "id": one.id,
                "warning": warning,
                "time": "2026-03-02T02:00:00Z",
                "attempts": 1,
                "why": "answered 410",
            }
            well.append(True)
            assert await asyncio.to_thread(typed, "send-again", "hook", *where) == (0, f"{one.id}\n", "")
            await taken(office, hook, 1)
            await said(office, "sent again on request")
            code, _, err = await asyncio.to_thread(typed, "given-up", "nobody", *where)
            assert (code, err) == (
                1,
                "rulelang: NOT_FOUND: there is no channel 'nobody' in the file that the setting channels names\n",
            )

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(hook.url)))


def test_a_file_is_looked_over_before_it_is_used(tmp_path: Path) -> None:
    file = str(write_channels(tmp_path, webhook("http://127.0.0.1:1/", route='levels = ["red"]\nunits = ["unit U1"]')))
    assert typed("check", file) == (0, f"{file}: channels: 1, routes: 1\n", "")
    assert typed("route", file, "--of", "officer", "P17", "--of", "unit", "U1") == (0, "webhook  hook\n", "")
    assert typed("route", file, "--of", "unit", "U1", "--level", "blue") == (0, "", "no route leads anywhere: nobody would be told\n")
    write_channels(tmp_path, webhook("http://127.0.0.1:1/", route='level = ["red"]'))
    code, _, err = typed("check", file)
    assert code == 2
    assert err.startswith(f"rulelang: channels: {file}: route 1: there is no 'level' - did you mean levels?")


def test_what_is_asked_wrongly_is_said() -> None:
    assert typed("check")[::2] == (2, "rulelang: check: needs the name of a file\n")
    assert typed("given-up")[::2] == (2, "rulelang: given-up: needs the name of a channel\n")
    assert typed("list", "hook")[::2] == (2, "rulelang: list: takes no name\n")
    assert typed("given-up", "hook", "1.a")[::2] == (2, "rulelang: given-up: takes no IDs\n")
