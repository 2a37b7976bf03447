"""Copies that a service makes of its store: read while it goes on, put back after a loss, refused where they make no sense."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from services.server.reload import CannotServe
from tests.cli.command import rulelang
from tests.service.inside import WAIT_S, chosen, service
from tests.service.office import Office, run
from tests.warnings.scene import RULES


async def copied(office: Office) -> None:
    """A copy was begun and finished from here on."""
    begun = len(office.inside.said("store copied")) + 2  # one may be on its way
    async with asyncio.timeout(WAIT_S):
        while len(office.inside.said("store copied")) < begun:
            await asyncio.sleep(0.05)


def test_a_copy_is_read_while_the_service_goes_on_and_may_be_put_back(tmp_path: Path) -> None:
    rules, copy = tmp_path / "rules.rules", tmp_path / "copy.db"  # the name of a text that has none
    rules.write_text(RULES, encoding="utf-8")

    async def level() -> str:
        words = ("level", rules, "--store", f"sqlite:{copy}", "--entity", "officer", "--key", "P17")
        done = await asyncio.to_thread(rulelang, *words)
        assert done.returncode == 0, done.stderr
        return str(done.stdout.splitlines()[0])

    async def scenario(office: Office) -> None:
        await office.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=3)
        await copied(office)
        assert await level() == "conduct: blue, 3 points"
        await office.say("complaint", "2026-01-07T10:00", case="K2", officer="P17", grade=3)
        await copied(office)
        assert await level() == "conduct: yellow, 6 points"
        kept = await office.everything()
        await office.close()
        office.stores += 1
        shutil.copy(copy, office.store)
        await office.open()
        assert await office.everything() == kept

    run(tmp_path, scenario, copy__file=copy, copy__every_s=1)


def test_a_copy_that_cannot_be_made_is_in_the_log_and_stops_nothing(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        async with asyncio.timeout(WAIT_S):
            while not (said := office.inside.said("the store could not be copied")):
                await asyncio.sleep(0.05)
        assert "nowhere/copy.db: the copy cannot be begun" in said[0]["error"]
        await office.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=3)

    run(tmp_path, scenario, copy__file=tmp_path / "nowhere" / "copy.db")


@pytest.mark.parametrize(
    ("store", "copy", "says"),
    [
        ("memory:", "copy.db", "only a SQLite store is copied by its service"),
        ("sqlite:{folder}/kept.db", "{folder}/../{name}/kept.db", "copy.file: is the store itself"),
    ],
)
def test_where_no_copy_can_be_made_the_service_does_not_start(tmp_path: Path, store: str, copy: str, says: str) -> None:
    async def scenario() -> None:
        named = {"folder": tmp_path, "name": tmp_path.name}
        with pytest.raises(CannotServe) as error:
            async with service(chosen(store.format(**named), copy__file=copy.format(**named))):
                pass
        assert says in str(error.value)

    asyncio.run(scenario())
