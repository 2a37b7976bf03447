"""What becomes of a warning, step by step."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.texts import time_text
from tests.warnings.scene import RULES, Scene, compiled, moment


@pytest.fixture
def scene() -> Scene:
    return Scene()


def refused(answer: object) -> str:
    return answer.refusal.reason  # type: ignore[attr-defined, no-any-return]


def test_a_warning_goes_through_the_steps_of_its_level(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head")
    assert scene.do(blue, "wang", "reviewer").status == "accepted"
    assert scene.history(blue) == [
        "issued → notification",
        "notification done → verification",
        "verification done → review",
        "review done → closed",
    ]


def test_a_grave_level_needs_more_steps_and_a_release(scene: Scene) -> None:
    scene.blue()
    scene.say("complaint", "2026-01-07T10:00", case="K2", officer="P17", grade=9)
    steps = [step.name for step in scene.dossier("conduct", "red").route.steps]
    assert steps == ["release", "notification", "verification", "review", "rectification", "accountability"]


def test_a_rule_with_approval_needs_a_release_at_any_level(scene: Scene) -> None:
    rules = scene.rules.replace("level red\n", "level blue\n")
    scene = Scene(rules=rules)
    scene.say("complaint", "2026-01-07T10:00", case="K2", officer="P18", grade=95)
    assert scene.dossier("grave", "blue").awaits == "release"


def test_ladders_that_no_procedure_names_have_the_general_one(scene: Scene) -> None:
    scene.blue()
    scene.tick("2026-01-09T00:00")
    scene.do(scene.dossier("conduct", "blue").id, "zhang", "duty_officer")
    scene.tick("2026-02-09T00:00")
    assert scene.dossier("units", "blue").route.procedure == "others"


def test_where_no_procedure_is_written_there_is_one() -> None:
    rules = Scene().rules
    scene = Scene(rules=rules[: rules.index("procedure conduct_cases")])
    blue = scene.blue()
    route = scene.engine.dossiers[blue].route
    assert (route.procedure, [step.name for step in route.steps]) == ("default", ["notification", "verification", "review"])


# ---------------------------------------------------------------------- who may do what


def test_whoever_verified_does_not_review(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head")
    answer = scene.do(blue, "li", "reviewer")
    assert refused(answer) == "SAME_ACTOR"
    assert answer.refusal is not None
    assert answer.refusal.text == "li did 'verification', and so may not do 'review'"


def test_the_subject_of_a_warning_never_acts_on_it(scene: Scene) -> None:
    blue = scene.blue()
    assert refused(scene.do(blue, "chen", "duty_officer", own=(("officer", "P17"),))) == "SUBJECT"
    assert scene.do(blue, "chen", "duty_officer", own=(("officer", "P18"),)).status == "accepted"


def test_nobody_takes_a_warning_through_all_its_steps_alone(scene: Scene) -> None:
    blue = scene.blue()
    rules = scene.rules.replace("    step filing by clerk other than answer\n", "    step filing by unit_head\n")
    scene = Scene(rules=rules.replace("for conduct, grave", "for grave"))
    blue = scene.blue()
    scene.do(blue, "li", "unit_head")
    assert refused(scene.do(blue, "li", "unit_head")) == "SINGLE_HANDED"
    assert scene.do(blue, "wang", "unit_head").status == "accepted"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"step": "review"}, "WRONG_STEP"),
        ({"role": "reviewer"}, "WRONG_ROLE"),
        ({"result": "refuted", "note": "no"}, "WRONG_RESULT"),
        ({"result": "upheld", "note": "no"}, "WRONG_RESULT"),
        ({"version": 0}, "VERSION_CONFLICT"),
        ({"version": 2}, "VERSION_CONFLICT"),
        ({"warning": "none"}, "UNKNOWN_WARNING"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(scene: Scene, change: dict[str, object], reason: str) -> None:
    blue = scene.blue()
    before = scene.engine.dossiers[blue]
    assert refused(scene.do(blue, "zhang", "duty_officer", **change)) == reason
    assert scene.engine.dossiers[blue] == before


def test_a_refused_version_says_the_current_one(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    answer = scene.do(blue, "li", "unit_head", version=1)
    assert answer.refusal is not None
    assert answer.refusal.current == 2


def test_a_closed_warning_awaits_nothing(scene: Scene) -> None:
    blue = scene.blue()
    for actor, role in (("zhang", "duty_officer"), ("li", "unit_head"), ("wang", "reviewer")):
        scene.do(blue, actor, role)
    assert refused(scene.do(blue, "wang", "reviewer")) == "NOTHING_AWAITED"


# ---------------------------------------------------------------------- the same command again


def test_a_repeated_command_has_the_same_answer_and_no_effect(scene: Scene) -> None:
    blue = scene.blue()
    first = scene.do(blue, "zhang", "duty_officer", id="c", version=1)
    again = scene.do(blue, "zhang", "duty_officer", id="c", version=1, step="notification")
    assert (first.status, again.status) == ("accepted", "repeated")
    assert (again.number, again.dossier) == (first.number, first.dossier)


def test_another_command_under_the_same_id_is_refused(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer", id="c")
    assert refused(scene.do(blue, "li", "unit_head", id="c")) == "COMMAND_REUSED"


def test_a_refused_command_may_be_sent_again_when_it_fits(scene: Scene) -> None:
    blue = scene.blue()
    assert refused(scene.do(blue, "li", "unit_head", id="c", step="verification", version=1)) == "WRONG_STEP"
    scene.do(blue, "zhang", "duty_officer")
    assert scene.do(blue, "li", "unit_head", id="c").status == "accepted"


# ---------------------------------------------------------------------- unfounded warnings


def test_a_refutation_is_confirmed_by_another_step(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head", "refuted", note="he was on leave")
    assert scene.engine.dossiers[blue].refuting == "li"
    scene.do(blue, "wang", "reviewer", "refuted", note="seen the roster")
    assert scene.history(blue)[-2:] == ["verification refuted → review", "review refuted → refuted"]


def test_a_refutation_that_the_review_does_not_confirm_goes_on(scene: Scene) -> None:
    scene.blue()
    scene.say("complaint", "2026-01-07T10:00", case="K2", officer="P17", grade=6)
    orange = scene.dossier("conduct", "orange").id
    scene.do(orange, "zhang", "duty_officer")
    scene.do(orange, "li", "unit_head", "refuted", note="he was on leave")
    scene.do(orange, "wang", "reviewer")
    assert scene.history(orange)[-1] == "review done → rectification"
    assert scene.engine.dossiers[orange].refuting == ""


def test_a_review_may_send_back(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head")
    scene.do(blue, "wang", "reviewer", "returned", note="whom did you ask?")
    assert scene.history(blue)[-1] == "review returned → verification"
    scene.do(blue, "chen", "deputy")
    assert scene.do(blue, "li", "reviewer").status == "accepted"


@pytest.mark.parametrize("result", ["refuted", "returned"])
def test_what_is_not_simply_done_needs_a_reason(scene: Scene, result: str) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head")
    assert refused(scene.do(blue, "wang", "reviewer", result, note=" ")) == "NOTE_MISSING"


# ---------------------------------------------------------------------- deadlines


def test_what_is_done_at_its_deadline_is_in_time(scene: Scene) -> None:
    blue = scene.blue()
    scene.tick("2026-01-07T10:00")
    scene.do(blue, "zhang", "duty_officer")
    assert scene.history(blue)[-1] == "notification done → verification"


def test_a_missed_deadline_is_written_down_once_and_the_step_is_late(scene: Scene) -> None:
    blue = scene.blue()
    scene.tick("2026-01-07T10:01")
    scene.tick("2026-01-08T10:00")
    scene.do(blue, "zhang", "duty_officer")
    assert scene.history(blue)[1:] == ["notification overdue → notification", "notification done (late) → verification"]
    assert scene.engine.dossiers[blue].lines[1].due_us == moment("2026-01-07T10:00")


def test_deadlines_in_open_days_pass_over_the_weekend(scene: Scene) -> None:
    blue = scene.blue()
    scene.tick("2026-01-07T09:00")
    scene.do(blue, "zhang", "duty_officer")
    # Wednesday; three open days after it end on Monday.
    assert scene.engine.dossiers[blue].deadline_us == moment("2026-01-12T17:00")


def test_the_deadline_of_a_rung_is_that_of_all_steps(scene: Scene) -> None:
    scene.blue()
    scene.say("complaint", "2026-01-07T10:00", case="K2", officer="P17", grade=9)
    red = scene.dossier("conduct", "red").id
    scene.tick("2026-01-27T10:00")
    assert "closing overdue → release" not in scene.history(red)
    scene.tick("2026-01-27T10:01")
    assert scene.history(red)[-1] == "closing overdue → release"


def test_missed_deadlines_are_events_that_rules_count(scene: Scene) -> None:
    blue = scene.blue()
    scene.tick("2026-01-08T00:00")
    scene.do(blue, "zhang", "duty_officer")
    outcome = scene.tick("2026-01-20T00:00")
    assert [(finding["rule"], finding["about"], finding["time"]) for finding in outcome.findings] == [
        ("late_answers", {"unit": "U1"}, time_text(moment("2026-01-13T17:00")))
    ]
    assert [(warning["ladder"], warning["level"]) for warning in outcome.warnings] == [("units", "blue")]
    assert scene.dossier("units", "blue").issued_us == moment("2026-01-20T00:00")


def test_steps_are_events_that_rules_count(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.do(blue, "li", "unit_head", "refuted", note="no")
    assert [finding["rule"] for finding in scene.engine.standing() if finding["kind"] == "finding"] == ["bad", "own_mistakes"]


# ---------------------------------------------------------------------- withdrawals


def test_a_withdrawn_warning_asks_for_a_decision(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.say("withdrawal", "2026-01-06T09:00", case="K1")
    assert scene.history(blue)[2:] == ["finding withdrawn → decision", "withdrawn → decision"]
    assert not scene.engine.dossiers[blue].stands
    assert "no longer follows" in scene.engine.dossiers[blue].lines[-1].reason


def test_a_decision_may_uphold_and_the_steps_go_on(scene: Scene) -> None:
    blue = scene.blue()
    scene.do(blue, "zhang", "duty_officer")
    scene.say("withdrawal", "2026-01-06T09:00", case="K1")
    scene.do(blue, "wang", "reviewer", "upheld", note="he admits it")
    assert scene.history(blue)[-1] == "decision upheld → verification"


def test_a_decision_may_revoke(scene: Scene) -> None:
    blue = scene.blue()
    scene.say("withdrawal", "2026-01-06T09:00", case="K1")
    scene.do(blue, "wang", "reviewer", "revoked", note="no complaint")
    assert scene.history(blue)[-1] == "decision revoked → revoked"


def test_a_closed_warning_is_opened_again_when_a_finding_under_it_falls(scene: Scene) -> None:
    blue = scene.blue()
    for actor, role in (("zhang", "duty_officer"), ("li", "unit_head"), ("wang", "reviewer")):
        scene.do(blue, actor, role)
    scene.say("withdrawal", "2026-01-06T09:00", case="K1")
    assert scene.history(blue)[-2:] == ["finding withdrawn → decision", "withdrawn → decision"]
    scene.do(blue, "wang", "reviewer", "upheld", note="the talk was due all the same")
    assert scene.history(blue)[-1] == "decision upheld → closed"


def test_a_finding_that_falls_under_a_warning_that_stands_asks_for_a_decision(scene: Scene) -> None:
    scene.say("complaint", "2026-01-05T10:00", case="K0", officer="P17", grade=1)
    scene.blue()
    scene.say("complaint", "2026-01-07T10:00", case="K2", officer="P17", grade=3)
    yellow = scene.dossier("conduct", "yellow").id
    scene.say("withdrawal", "2026-01-05T09:00", case="K0")
    assert scene.engine.dossiers[yellow].stands
    assert scene.history(yellow) == ["issued → notification", "finding withdrawn → decision", "changed → decision"]
    assert [line.points for line in scene.engine.dossiers[yellow].lines] == [7.0, None, 6.0]


FLIPPING = """
entity officer
entity case

event complaint
    case: case
    officer: officer

event ruling
    case: case
    valid: boolean

rule bad
    on complaint after 1d
    when latest(ruling.valid) or else true within case
    about complaint.officer
    level yellow
"""


def test_what_follows_again_before_anybody_decided_needs_no_decision() -> None:
    scene = Scene(rules=FLIPPING)
    scene.say("complaint", "2026-01-06T10:00", case="K1", officer="P17")
    scene.tick("2026-01-08T10:00")
    warning = scene.dossier("bad", "yellow").id
    scene.say("ruling", "2026-01-06T11:00", case="K1", valid=False)
    assert scene.history(warning) == ["issued → notification", "finding withdrawn → decision", "withdrawn → decision"]
    scene.say("ruling", "2026-01-06T12:00", case="K1", valid=True)
    assert scene.history(warning)[3:] == ["finding restored → decision", "restored → notification"]


def test_what_follows_again_after_it_was_revoked_asks_again() -> None:
    scene = Scene(rules=FLIPPING)
    scene.say("complaint", "2026-01-06T10:00", case="K1", officer="P17")
    scene.tick("2026-01-08T10:00")
    warning = scene.dossier("bad", "yellow").id
    scene.say("ruling", "2026-01-06T11:00", case="K1", valid=False)
    scene.do(warning, "wang", "reviewer", "revoked", note="the ruling was quashed")
    scene.say("ruling", "2026-01-06T12:00", case="K1", valid=True)
    assert scene.history(warning)[3:] == ["decision revoked → revoked", "finding restored → revoked", "restored → decision"]
    scene.do(warning, "wang", "reviewer", "upheld", note="it stands after all")
    assert scene.history(warning)[-1] == "decision upheld → notification"


# ---------------------------------------------------------------------- evidence


def test_the_evidence_is_frozen_with_events_and_rules(scene: Scene) -> None:
    blue = scene.blue()
    evidence = scene.engine.evidence(blue)
    assert evidence["rule_set"] == scene.engine.dossiers[blue].rule_set == scene.engine.program.plan["hash"]
    assert [event["id"] for event in evidence["events"]] == ["k1"]
    assert evidence["events"][0] | {"id": "k1"} == {
        "type": "complaint",
        "source": "",
        "id": "k1",
        "time": "2026-01-06T02:00:00Z",
        "case": "K1",
        "officer": "P17",
        "grade": 3,
    }
    assert [(finding["rule"], finding["counted"]) for finding in evidence["findings"]] == [("bad", 3.0)]
    (rule,) = evidence["rules"]
    assert rule["text"].startswith("rule bad\n")
    assert rule["text"].endswith("points complaint.grade")
    assert evidence["ladder"]["text"].startswith("ladder conduct within officer over 365d\n")


def test_the_evidence_stays_as_it_was_when_its_finding_falls(scene: Scene) -> None:
    blue = scene.blue()
    before = scene.engine.evidence(blue)
    scene.say("withdrawal", "2026-01-06T09:00", case="K1")
    assert scene.engine.evidence(blue) == before


# ---------------------------------------------------------------------- the feed


def test_the_feed_has_every_line_in_order_and_each_is_chained_to_the_one_before(scene: Scene) -> None:
    blue = scene.blue()
    scene.tick("2026-01-08T00:00")
    scene.do(blue, "zhang", "duty_officer")
    assert [line.number for _, line in scene.engine.feed] == [1, 2, 3]
    assert [line for name, line in scene.engine.feed if name == blue] == list(scene.engine.dossiers[blue].lines)
    assert len({line.chain for _, line in scene.engine.feed}) == 3


def test_an_engine_that_keeps_no_life_cycle_takes_what_was_recorded() -> None:
    engine = Engine(compiled(RULES))
    for number in (1, 2):
        sent = {"id": f"a.{number}", "source": "rulelang", "type": "warning_overdue", "time": "2026-01-08T00:00:00+08:00", "unit": "U1"}
        outcome = engine.evaluate(sent)
    assert [finding["rule"] for finding in outcome.findings] == ["late_answers"]


def test_nobody_may_send_what_the_service_records(scene: Scene) -> None:
    sent = {"id": "a.1", "type": "warning_overdue", "time": "2026-01-08T00:00:00+08:00", "unit": "U1"}
    outcome = scene.engine.evaluate(sent)
    assert (outcome.status, outcome.wrong_field) == ("refused", "type")
