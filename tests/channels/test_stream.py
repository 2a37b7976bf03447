"""A Redis stream is told what happens to warnings, on every server that is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from redis import Redis

from tests.channels.receivers import write_channels
from tests.channels.test_webhook import one_warning, said
from tests.redis import servers
from tests.service.office import Office, run


def stream(url: str, **more: object) -> str:
    settings = {"first_pause_s": 0.05, "longest_pause_s": 0.2, "timeout_s": 60, **more}
    lines = ["[stream.line]", f'url = "{url}"', 'stream = "警告"', *(f"{key} = {value}" for key, value in settings.items())]
    return "\n".join([*lines, "[[route]]", 'to = ["line"]', ""])


def entries(server: servers.Server) -> list[dict[str, Any]]:
    with Redis(port=server.port, decode_responses=True) as client:
        return [dict(fields) for _, fields in client.xrange("警告")]


async def added(office: Office, server: servers.Server, count: int) -> list[dict[str, Any]]:
    await office.inside.until(lambda: len(entries(server)) >= count)
    return entries(server)


def test_a_stream_is_told_what_happens_in_order(binary: Path, tmp_path: Path) -> None:
    with servers.server(binary) as server:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office, "王五")
            await office.do("zhang", warning)
            issued, step = await added(office, server, 2)
            assert [json.loads(entry["data"])["happened"]["kinds"] for entry in (issued, step)] == [["issued"], ["step"]]
            assert json.loads(issued["data"])["key"] == "王五"
            assert issued["attempt"] == "1"
            cursors = [change.cursor for change in await office.watched("wang", 2)]
            assert [issued["id"], step["id"]] == cursors

        run(tmp_path, scenario, channels=write_channels(tmp_path, stream(f"redis://127.0.0.1:{server.port}")))


def test_a_stream_whose_server_is_away_is_told_when_it_is_back(binary: Path, tmp_path: Path) -> None:
    with servers.server(binary, ("appendonly", "yes"), ("appendfsync", "always")) as server:

        async def scenario(office: Office) -> None:
            warning = await one_warning(office)
            await added(office, server, 1)
            server.kill()
            await office.do("zhang", warning)
            await said(office, "delivery failed", 2)
            server.start()
            assert [entry["id"].split(".")[0] for entry in await added(office, server, 2)] == ["1", "2"]

        run(tmp_path, scenario, channels=write_channels(tmp_path, stream(f"redis://127.0.0.1:{server.port}")))


def test_a_stream_is_kept_as_short_as_it_is_told_to_be(binary: Path, tmp_path: Path) -> None:
    with servers.server(binary, ("stream-node-max-entries", "1")) as server:  # then the server cuts off exactly

        async def scenario(office: Office) -> None:
            for number in range(5):
                await one_warning(office, f"P{number}", f"1{number}:00")
            await said(office, "delivered", 5)
            assert [json.loads(entry["data"])["key"] for entry in entries(server)] == ["P3", "P4"]

        run(tmp_path, scenario, channels=write_channels(tmp_path, stream(f"redis://127.0.0.1:{server.port}", length_max=2)))
