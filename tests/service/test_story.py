"""A year of one unit, told through gRPC alone: levels rise and fall, warnings go through all their steps by several hands, somebody reviews himself
and is refused, deadlines are missed and escalate, a finding is withdrawn. The same year with a restart, or a crash, before everything that happens."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from proto.rulelang.v1 import warnings_pb2
from tests.cli.command import rulelang
from tests.service.inside import Failed
from tests.service.office import Office
from tests.warnings.scene import RULES


def refusal(answer: object) -> tuple[str, str]:
    assert isinstance(answer, Failed), answer
    return answer.code, answer.facts.get("refusal", answer.reason)


async def year(office: Office) -> None:
    """January: a first complaint, a talk."""
    await office.say("placed", "2026-01-04T08:00", unit="U1", city="C")
    await office.say("posting", "2026-01-05T08:00", officer="P17", unit="U1")
    await office.say("complaint", "2026-01-06T10:00", case="K1", officer="P17", grade=3)
    blue = await office.only("zhang", levels=["blue"])
    await office.do("zhang", blue)
    await office.do("li", blue)
    assert refusal(await office.do("li", blue)) == ("PERMISSION_DENIED", "SAME_ACTOR")
    await office.do("wang", blue)
    assert await office.history(blue) == [
        "issued → notification",
        "notification done → verification",
        "verification done → review",
        "review done → closed",
    ]
    assert await office.level("li", "officer", "P17") == "blue 3: blue"
    assert await office.falls("li", "officer", "P17") == ["none 2027-01-06T02:00:00Z"]
    await missed_deadlines(office)
    await grave(office)
    await falling(office)


async def missed_deadlines(office: Office) -> None:
    """February: the unit answers late, the reviewer too; the unit itself is warned for it."""
    await office.say("complaint", "2026-02-10T10:00", case="K2", officer="P17", grade=3)
    yellow = await office.only("zhang", levels=["yellow"])
    await office.do("zhang", yellow)
    await office.move("2026-02-14T00:00")
    assert [state.id for state in (await office.list("li", overdue=True)).warnings] == [yellow]
    await office.do("li", yellow)
    assert not (await office.list("zhang", entity="unit", key="U1", levels=["blue"], statuses=["open"])).warnings
    await office.move("2026-02-20T00:00")
    await office.do("wang", yellow)
    assert (await office.history(yellow))[1:] == [
        "notification done → verification",
        "verification overdue → verification",
        "verification done (late) → review",
        "review overdue → review",
        "review done (late) → closed",
    ]
    unit = await office.only("zhang", levels=["blue"], statuses=["open"])
    assert (await office.get("zhang", unit)).warning.entity == "unit"
    await office.do("li", unit)
    await office.do("wang", unit)
    assert (await office.history(unit))[-1] == "filing done → closed"
    assert await office.level("chen", "unit", "U1") == "blue 5: blue"


async def grave(office: Office) -> None:
    """March: a grave complaint. Nobody but a supervisor sees it before its release; P17's deputy may not touch it; all steps to accountability."""
    await office.say("complaint", "2026-03-02T10:00", case="K3", officer="P17", grade=60)
    assert not (await office.list("li", levels=["red"])).warnings
    red = await office.only("chen", levels=["red"])
    seen = (await office.get("chen", red)).warning
    done = await office.do("chen", red, step="release", expected_version=seen.version)
    assert isinstance(done, warnings_pb2.AdvanceResponse)
    await office.do("zhang", red)
    assert refusal(await office.do("deng", red)) == ("PERMISSION_DENIED", "SUBJECT")
    await office.do("li", red, role="unit_head")
    await office.do("wang", red, "returned", note="Whom did you ask?")
    await office.do(
        "li",
        red,
        role="unit_head",
        note="All who were on duty",
        attachments=[warnings_pb2.Attachment(name="minutes.pdf", sha256="ab" * 32)],
    )
    await office.do("wang", red)
    await office.do("li", red)
    await office.do("wang", red)
    assert (await office.history(red))[-1] == "accountability done → closed"
    assert await office.level("li", "officer", "P17") == "red 66: blue yellow red"
    # April: the complaint is withdrawn, with effect from before. The closed warning is open again, until somebody decides.
    await office.move("2026-04-01T10:00")
    await office.say("withdrawal", "2026-03-01T10:00", late=True, case="K3")
    assert (await office.history(red))[-2:] == ["finding withdrawn → decision", "withdrawn → decision"]
    await office.move("2026-04-05T00:00")
    await office.do("wang", red, "revoked", note="The complaint was withdrawn")
    assert (await office.history(red))[-2:] == ["decision overdue → decision", "decision revoked (late) → revoked"]
    evidence = (await office.get("chen", red)).evidence
    assert '"K3"' in evidence
    assert "rule bad" in evidence
    assert await office.level("li", "officer", "P17") == "yellow 6: blue yellow"
    assert await office.falls("li", "officer", "P17") == ["blue 2027-01-06T02:00:00Z", "none 2027-02-10T02:00:00Z"]


async def falling(office: Office) -> None:
    """January again: the first complaint has left the window, and a new one lifts to yellow once more."""
    outcome = await office.say("complaint", "2027-01-20T10:00", case="K4", officer="P17", grade=3)
    assert [(warning.level, warning.points) for warning in outcome.warnings] == [("yellow", 6.0)]
    assert len((await office.list("zhang", entity="officer", key="P17")).warnings) == 4
    assert await office.level("li", "officer", "P17") == "yellow 6: blue yellow blue yellow"


@dataclass(frozen=True, slots=True)
class Told:
    """All warnings with their histories, the last change as a watcher has it, and the bulletin of the month in which deadlines were missed: text by file."""

    warnings: list[warnings_pb2.GetResponse]
    last: list[warnings_pb2.WatchResponse]
    bulletin: dict[str, str]


def told(folder: Path, interruption: str, url: str = "") -> Told:
    async def all_of_it() -> Told:
        office = Office(folder, url=url)
        await office.open()
        try:
            office.interrupt = {"none": None, "restart": office.restart, "crash": office.crash}[interruption]
            await year(office)
            office.interrupt = None
            everything = await office.everything()
            last = max(line.number for warning in everything for line in warning.history)
            watched = await office.watched("chen", last)
        finally:
            await office.close()
        return Told(everything, watched, bulletin(folder, office.url or f"sqlite:{office.store}"))

    return asyncio.run(all_of_it())


def bulletin(folder: Path, store: str) -> dict[str, str]:
    rules = folder / "rules.rules"  # the name of a text that has none
    rules.write_text(RULES, encoding="utf-8")
    done = rulelang("report", rules, "--store", store, "--month", "2026-02", "--output", folder / "bulletin", "--units", "unit")
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_text("utf-8-sig") for path in (folder / "bulletin").iterdir()}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(tmp_path_factory.mktemp("year"), "none")


def test_a_year_of_one_unit(uninterrupted: Told) -> None:
    assert [state.warning.status for state in uninterrupted.warnings] == ["open", "revoked", "closed", "closed", "closed"]
    rows = list(csv.DictReader(uninterrupted.bulletin["warnings.csv"].splitlines()))
    assert [(row["level"], row["key"], row["awaits"]) for row in rows] == [("yellow", "P17", "closed"), ("blue", "U1", "closed")]
    missed = list(csv.DictReader(uninterrupted.bulletin["overdue.csv"].splitlines()))
    assert [(row["step"], row["unit"], row["done"]) for row in missed] == [("verification", "U1", "yes"), ("review", "U1", "yes")]


@pytest.mark.parametrize("interruption", ["restart", "crash"])
def test_the_same_year_with_an_interruption_before_everything_that_happens(tmp_path: Path, uninterrupted: Told, interruption: str) -> None:
    assert told(tmp_path, interruption) == uninterrupted
