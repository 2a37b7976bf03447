"""docs/channels.md: what it shows works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from services.channels.declared import load_channels
from tests.channels.receivers import OLD_SECRET, SECRET, receiver, webhook, write_channels
from tests.channels.test_webhook import one_warning, taken
from tests.service.office import Office, run
from tests.service.outside import ROOT

PAGE = (ROOT / "docs" / "channels.md").read_text("utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"^```{language}[^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_its_file_can_be_used(tmp_path: Path) -> None:
    file = write_channels(tmp_path, block("toml"), duty_desk=SECRET, mail="open sesame")
    assert [channel.name for channel in load_channels(file).channels] == ["duty_desk", "unit_heads", "archive"]


def test_what_it_tells_receivers_verifies_what_the_service_sends(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(block("py"), names)
    verified, inbox = names["verified"], names["Inbox"]()
    with receiver() as told:

        async def scenario(office: Office) -> None:
            await one_warning(office)
            (got,) = await taken(office, told, 1)
            now = office.now / 1_000_000
            assert verified(got.headers, got.raw, SECRET, now)
            assert not verified(got.headers, got.raw, OLD_SECRET, now)
            assert not verified(got.headers, got.raw + b" ", SECRET, now)
            assert not verified({**got.headers, "webhook-id": "1.another"}, got.raw, SECRET, now)
            assert not verified(got.headers, got.raw, SECRET, now + 301)
            assert [inbox.is_new(got.headers) for _ in range(2)] == [True, False]

        run(tmp_path, scenario, channels=write_channels(tmp_path, webhook(told.url)))
