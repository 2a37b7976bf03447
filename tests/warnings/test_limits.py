"""Every bound on warnings of `engine.limits`: at it, and one past it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.limits import DEFAULT
from engine.warnings.dossier import Command
from tests.warnings.scene import Scene


def limited(**bounds: int) -> Scene:
    return Scene(limits=replace(DEFAULT, **bounds))


def test_findings_that_are_kept_with_a_warning_are_the_latest() -> None:
    scene = limited(frozen_findings_max=2)
    for number, grade in enumerate((1, 1, 1)):
        scene.say("complaint", f"2026-01-06T1{number}:00", case=f"K{number}", officer="P17", grade=grade)
    evidence = scene.engine.evidence(scene.dossier("conduct", "blue").id)
    assert ([finding["key"] for finding in evidence["findings"]], evidence["findings_left_out"]) == (["K1", "K2"], 1)
    scene = limited(frozen_findings_max=3)
    for number, grade in enumerate((1, 1, 1)):
        scene.say("complaint", f"2026-01-06T1{number}:00", case=f"K{number}", officer="P17", grade=grade)
    evidence = scene.engine.evidence(scene.dossier("conduct", "blue").id)
    assert (len(evidence["findings"]), evidence["findings_left_out"]) == (3, 0)


@pytest.mark.parametrize(("bound", "kept", "left_out"), [(3, ["K0", "K1", "K2"], 0), (2, ["K1", "K2"], 1)])
def test_events_that_are_kept_with_a_warning_are_those_of_the_latest_findings(bound: int, kept: list[str], left_out: int) -> None:
    scene = limited(frozen_events_max=bound)
    for number, grade in enumerate((1, 1, 1)):
        scene.say("complaint", f"2026-01-06T1{number}:00", case=f"K{number}", officer="P17", grade=grade)
    evidence = scene.engine.evidence(scene.dossier("conduct", "blue").id)
    assert ([event["case"] for event in evidence["events"]], evidence["events_left_out"]) == (kept, left_out)


def test_lines_of_a_dossier_that_people_write() -> None:
    scene = limited(dossier_lines_max=2)
    blue = scene.blue()
    assert scene.do(blue, "zhang", "duty_officer").status == "accepted"
    answer = scene.do(blue, "li", "unit_head")
    assert answer.refusal is not None
    assert answer.refusal.reason == "TOO_MANY_LINES"
    scene.tick("2026-03-01T00:00")  # what the service writes is written
    assert len(scene.engine.dossiers[blue].lines) == 3


@pytest.mark.parametrize("name", ["id", "step", "result", "actor", "role"])
def test_names_of_a_command(name: str) -> None:
    scene = limited(name_characters_max=12)
    blue = scene.blue()
    with pytest.raises(ValueError, match=rf"{name}: must have 1 to 12 characters \(limits.name_characters_max\), and has 13"):
        scene.engine.act(command(scene, blue, **{name: "x" * 13}))
    with pytest.raises(ValueError, match=rf"{name}: must have 1 to 12 characters"):
        scene.engine.act(command(scene, blue, **{name: ""}))
    assert scene.engine.act(command(scene, blue, **{name: "x" * 12})).status in ("accepted", "refused")


def test_the_note_of_a_command() -> None:
    scene = limited(note_characters_max=5)
    blue = scene.blue()
    with pytest.raises(ValueError, match=r"note: has 6 characters; limits.note_characters_max allows 5"):
        scene.engine.act(command(scene, blue, note="报报报报报报"))
    assert scene.engine.act(command(scene, blue, note="报报报报报")).status == "accepted"


def test_the_attachments_of_a_command() -> None:
    scene = limited(attachments_max=1, name_characters_max=12)
    blue = scene.blue()
    two = (("a", "0" * 64), ("b", "0" * 64))
    with pytest.raises(ValueError, match=r"attachments: 2 of them; limits.attachments_max allows 1"):
        scene.engine.act(command(scene, blue, attachments=two))
    with pytest.raises(ValueError, match=r"attachments: must have 1 to 12 characters"):
        scene.engine.act(command(scene, blue, attachments=(("x" * 13, "0" * 64),)))
    for digest in ("0" * 63, "G" * 64, "A" * 64):
        with pytest.raises(ValueError, match="the SHA-256 of 'a' must be 64 hexadecimal digits"):
            scene.engine.act(command(scene, blue, attachments=(("a", digest),)))
    assert scene.engine.act(command(scene, blue, attachments=two[:1])).status == "accepted"


@pytest.mark.parametrize(("bound", "says"), [(3, "the most that limits.records_max allows"), (9, "")])
def test_an_act_for_which_rules_have_no_room_is_written_down_and_says_so(bound: int, says: str) -> None:
    scene = limited(records_max=bound)
    blue = scene.blue()
    scene.tick("2026-01-08T00:00")
    scene.do(blue, "zhang", "duty_officer")
    scene.tick("2026-01-20T00:00")
    first, second = (line for line in scene.engine.dossiers[blue].lines if line.kind == "overdue")
    assert first.uncounted == ""
    assert second.uncounted.endswith(says)
    assert bool(second.uncounted) == bool(says)
    assert (scene.engine.feed[second.number - 1][1], scene.history(blue)[-1]) == (second, "verification overdue → verification")


def command(scene: Scene, warning: str, **other: object) -> Command:
    dossier = scene.engine.dossiers[warning]
    return replace(Command("c", warning, dossier.version, dossier.awaits, "done", "zhang", "duty_officer"), **other)  # type: ignore[arg-type]
