"""`rulelang warnings`, a process of its own, against a service with people."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.command import ROOT, rulelang
from tests.service.office import Office
from tests.service.office import run as in_office
from tests.warnings.scene import RULES


async def typed(office: Office, person: str, *words: str) -> tuple[int, str, str]:
    """What a person is told who types this: exit code, standard output, standard error."""
    token = office.folder / f"{person}.token"
    token.write_text(f"{person}\n")
    command = [
        sys.executable,
        "-m",
        "services.cli.main",
        "warnings",
        *words,
        "--address",
        office.inside.address,
        "--token-file",
        str(token),
    ]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        capture_output=True,
        encoding="utf-8",
        cwd=office.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_warning_is_listed_looked_at_and_advanced(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await office.say("placed", "2026-01-04T08:00", unit="U1", city="C")
        await office.say("posting", "2026-01-05T08:00", officer="P17", unit="U1")
        await office.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=3)
        blue = await office.only("zhang")
        line = f"{blue}  blue    officer P17  conduct  notification until 2026-01-07T02:00:00Z\n"
        assert await typed(office, "li", "list", "--of", "unit", "U1", "--level", "blue") == (0, line, "")
        assert await typed(office, "li", "list", "--level", "red") == (0, "", "")
        (tmp_path / "minutes.txt").write_text("met on Tuesday")
        code, out, _ = await typed(office, "zhang", "advance", blue, "--attach", "minutes.txt", "--command-id", "c")
        assert (code, out) == (0, f"{blue}  blue    officer P17  conduct  verification until 2026-01-09T09:00:00Z\n")
        code, out, _ = await typed(office, "li", "get", blue)
        found = json.loads(out)
        assert [one["kind"] for one in found["history"]] == ["issued", "step"]
        assert found["history"][1]["attachments"][0]["name"] == "minutes.txt"
        assert [event["case"] for event in found["evidence"]["events"]] == ["K1"]
        code, _, err = await typed(office, "zhao", "advance", blue)
        assert (code, err) == (1, f"rulelang: NOT_FOUND: there is no warning '{blue}' that the caller may see\n")
        code, _, err = await typed(office, "li", "advance", blue, "--seen", "1")
        assert (code, err) == (1, "rulelang: ABORTED: the warning is at version 2, not 1: look at it again\n")

    in_office(tmp_path, scenario)


def test_what_is_asked_wrongly_or_of_nobody_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "services.cli.main", "warnings"]
    told = []
    for words in (
        ["get"],
        ["list", "x"],
        ["level"],
        ["list", "--at", "2026-01-06"],
        ["list", "--key", "k"],
        ["list", "--token-file", "nowhere"],
        ["list", "--address", "127.0.0.1:1"],
    ):
        done = subprocess.run(
            [*command, *words], capture_output=True, encoding="utf-8", cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=300
        )
        told.append((done.returncode, done.stderr.splitlines()[-1].partition(": ")[2][:40]))
    assert told == [
        (2, "get: needs the ID of a warning"),
        (2, "list: takes no ID"),
        (2, "level: needs --of ENTITY KEY"),
        (2, "--at: goes with level"),
        (2, "--certificate and --key go with --ca"),
        (2, "--token-file: nowhere cannot be read: No"),
        (2, "--address: 127.0.0.1:1 does not answer: "),
    ]


def test_a_level_is_told_as_from_a_store(tmp_path: Path) -> None:
    async def scenario(office: Office) -> None:
        await office.say("placed", "2026-01-04T08:00", unit="U1", city="C")
        await office.say("posting", "2026-01-05T08:00", officer="P17", unit="U1")
        await office.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=3)
        await office.say("complaint", "2026-01-07T10:00", case="K2", officer="P17", grade=4)
        code, out, err = await typed(office, "li", "level", "--of", "officer", "P17")
        assert (code, err) == (0, "")
        await office.close()
        rules = tmp_path / "rules.rules"  # the name of a text that has none
        rules.write_text(RULES, encoding="utf-8")
        words = ["level", str(rules), "--store", f"sqlite:{office.store}", "--entity", "officer", "--key", "P17"]
        done = await asyncio.to_thread(rulelang, *words)
        assert (done.stdout, done.stderr) == (out, "")
        assert [line.strip().partition(" ")[0] for line in out.splitlines()] == [
            "conduct:",
            "2026-01-06",
            "2026-01-07",
            "orange",
            "red",
            "back",
            "below",
        ]
        await office.open()
        code, out, _ = await typed(office, "li", "level", "--of", "officer", "P17", "--at", "2026-01-06")
        assert (code, out.splitlines()[0]) == (0, "conduct: blue, 3 points")
        assert await typed(office, "zhao", "level", "--of", "officer", "P17") == (
            1,
            "",
            "rulelang: NOT_FOUND: there is no officer 'P17' that the caller may see\n",
        )

    in_office(tmp_path, scenario)
