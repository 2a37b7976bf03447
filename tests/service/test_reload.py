"""SIGHUP: the rules are read again; the new set takes over with the whole history, or the old one goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

import pytest

import rulelang
from proto.rulelang.v1 import evaluation_pb2, evaluation_pb2_grpc, rulesets_pb2
from rulelang.effective import outline
from services.server.rulesets import rule_set as rule_set_told
from tests.service.inside import Inside, chosen, play, rule_set
from tests.service.outside import describe, evaluate, serving
from tests.service.scene import RULES, blood, standing, stop, write_rules

FEWER = RULES.replace("count(stop) >= 3", "count(stop) >= 2")
WRONG = RULES.replace("count(stop) >= 3", "count(stopp) >= 3")


def batch(*events: object) -> evaluation_pb2.EvaluateBatchRequest:
    return evaluation_pb2.EvaluateBatchRequest(events=events)


async def reload(inside: Inside) -> rulesets_pb2.DescribeResponse:
    before = inside.service.reloads.last
    inside.service.reload()
    await inside.until(lambda: inside.service.reloads.last is not before)
    return await inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_a_new_set_takes_over_with_the_whole_history(store: str, tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario(inside: Inside) -> None:
        before = await inside.evaluation.EvaluateBatch(batch(stop("a", 5), stop("b", 4)))
        assert "many_stops" not in [f.rule for o in before.outcomes for f in o.findings]
        write_rules(rules, FEWER)
        told = await reload(inside)
        assert told.last_reload.accepted, told.last_reload
        assert told.last_reload.hash == told.rule_set.hash == rulelang.load(str(rules)).hash != before.rule_set
        answer = await inside.evaluation.EvaluateBatch(batch(stop("c", 4.5), stop("a", 5)))
        assert answer.rule_set == told.rule_set.hash
        # That of a and b stood since the reload; with an event between them it is found earlier.
        (found,) = [f for f in answer.outcomes[0].findings if f.rule == "many_stops"]
        (gone,) = [f for f in answer.outcomes[0].withdrawn if f.rule == "many_stops"]
        assert [[name.id for name in f.events] for f in (found, gone)] == [["a", "c"], ["a", "b"]]
        assert answer.outcomes[1].status == evaluation_pb2.STATUS_DUPLICATE

    url = "memory:" if store == "memory" else f"sqlite:{tmp_path / 'store.db'}"
    play(scenario, chosen(url), paths=[str(rules)])


def test_a_set_that_does_not_check_changes_nothing_and_says_what_is_wrong(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario(inside: Inside) -> None:
        at_work = (await inside.evaluation.EvaluateBatch(batch(*blood()))).rule_set
        write_rules(rules, WRONG)
        told = await reload(inside)
        assert (told.last_reload.accepted, told.rule_set.hash) == (False, at_work)
        (error,) = told.last_reload.diagnostics
        assert (error.severity, error.line) == ("error", WRONG[: WRONG.index("count(stopp)")].count("\n") + 1)
        assert "stopp" in error.message
        (line,) = inside.said("reload refused")
        assert line["goes_on_with"] == at_work
        assert "stopp" in line["errors"][0]
        again = await inside.evaluation.EvaluateBatch(batch(*blood(), stop("a", 1)))
        assert again.rule_set == at_work
        assert [o.status for o in again.outcomes] == [evaluation_pb2.STATUS_DUPLICATE] * 2 + [evaluation_pb2.STATUS_ACCEPTED]

    play(scenario, paths=[str(rules)])


def test_a_folder_that_is_gone_changes_nothing(tmp_path: Path) -> None:
    async def scenario(inside: Inside) -> None:
        told = await reload(inside)
        assert not told.last_reload.accepted
        assert [d.code for d in told.last_reload.diagnostics] == ["E500"]

    play(scenario, paths=[str(tmp_path / "nowhere")])


def test_the_same_rules_again_are_no_change(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")

    async def scenario(inside: Inside) -> None:
        write_rules(rules, FEWER)
        first = await reload(inside)
        second = await reload(inside)
        assert second.last_reload.accepted
        assert second.since == first.since
        assert inside.said("reload: nothing has changed")

    play(scenario, paths=[str(rules)])


def test_a_reload_with_a_cache_compiles_what_has_changed(tmp_path: Path) -> None:
    rules, cache = write_rules(tmp_path / "rules"), tmp_path / "cache"
    more = rules / "more.rules"

    async def scenario(inside: Inside) -> None:
        more.write_text("rule stop_in_the_night\n    when hour(stop.time) < 6\n", "utf-8")
        first = await reload(inside)
        more.write_text("rule stop_in_the_night\n    when hour(stop.time) < 5\n", "utf-8")
        second = await reload(inside)
        more.write_text("rule stop_in_the_night\n    when hour(stopp.time) < 5\n", "utf-8")
        third = await reload(inside)
        assert [told.last_reload.accepted for told in (first, second, third)] == [True, True, False]
        assert first.rule_set.hash != second.rule_set.hash == third.rule_set.hash
        assert [(line["files"], line["anew"]) for line in inside.said("compiled")] == [(2, 2), (2, 1)]
        assert "stopp" in third.last_reload.diagnostics[0].message
        more.write_text("rule stop_in_the_night\n    when hour(stop.time) < 5\n", "utf-8")
        assert second.rule_set == rule_set_message(rules)
        cache.chmod(0o777)
        assert (await reload(inside)).last_reload.accepted
        assert "others may write" in inside.said("cache")[0]["said"]

    play(scenario, chosen(cache=cache), paths=[str(rules)])


def rule_set_message(rules: Path) -> rulesets_pb2.RuleSet:
    """What is told of rules that were compiled without a cache, before there were events."""
    return rule_set_told(outline(rulelang.load(str(rules))), None)


def test_a_set_that_draws_samples_gets_a_secret_when_it_needs_one(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", RULES.replace("rule long_stop\n", "rule long_stop\n    sample 50% by officer\n"))

    async def scenario(inside: Inside) -> None:
        assert not (tmp_path / "kept.db.secret").exists()
        told = await reload(inside)
        assert told.last_reload.accepted
        assert len((tmp_path / "kept.db.secret").read_bytes().strip()) == 64

    play(scenario, chosen(f"sqlite:{tmp_path / 'kept.db'}"), paths=[str(rules)])


def test_a_set_that_draws_samples_under_a_damaged_secret_is_not_taken(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", RULES.replace("rule long_stop\n", "rule long_stop\n    sample 50% by officer\n"))
    (tmp_path / "kept.db.secret").write_text("0123456789abcde\n")

    async def scenario(inside: Inside) -> None:
        told = await reload(inside)
        assert not told.last_reload.accepted
        assert "kept.db.secret: the secret of the spot checks has less than 16 bytes" in told.last_reload.error

    play(scenario, chosen(f"sqlite:{tmp_path / 'kept.db'}"), paths=[str(rules)])


def test_events_of_a_type_that_the_new_set_has_no_more_are_passed_over(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")
    without = RULES[: RULES.index("event breath_test")] + RULES[RULES.index("event stop") : RULES.index("rule blood")]
    without += RULES[RULES.index("rule long_stop") :]

    async def scenario(inside: Inside) -> None:
        await inside.evaluation.EvaluateBatch(batch(*blood(), stop("a", 5), stop("b", 4)))
        write_rules(rules, without)
        told = await reload(inside)
        assert told.last_reload.accepted, told.last_reload
        answer = await inside.evaluation.EvaluateBatch(batch(blood()[0], stop("c", 3)))
        assert [o.status for o in answer.outcomes] == [evaluation_pb2.STATUS_REFUSED, evaluation_pb2.STATUS_ACCEPTED]
        assert "many_stops" in [f.rule for f in answer.outcomes[1].findings]
        write_rules(rules, FEWER)
        assert (await reload(inside)).last_reload.accepted
        again = await inside.evaluation.EvaluateBatch(batch(*blood()))  # they were never lost
        assert [o.status for o in again.outcomes] == [evaluation_pb2.STATUS_DUPLICATE] * 2

    play(scenario, paths=[str(rules)])


def test_calls_see_one_set_or_the_other_and_never_a_mix(tmp_path: Path) -> None:
    """Each answer says which set gave it, and its findings are that set's: one has a rule that the other has under another name."""
    rules = write_rules(tmp_path / "rules")
    other = RULES.replace("rule long_stop", "rule lengthy_stop")
    names = {rulelang.load_text(text).hash: name for text, name in ((RULES, "long_stop"), (other, "lengthy_stop"))}
    by_file = {rulelang.load_text(text, "first.rules").hash: name for text, name in ((RULES, "long_stop"), (other, "lengthy_stop"))}
    names |= by_file

    async def scenario(inside: Inside) -> None:
        seen = set()
        done = False

        async def send(sender: int) -> None:
            number = 0
            while not done:
                events = [stop(f"{sender}-{number}-{i}", 1, f"P{sender}", lasted=timedelta(hours=3)) for i in range(10)]
                answer = await inside.evaluation.EvaluateBatch(batch(*events))
                found = {f.rule for o in answer.outcomes for f in o.findings} & set(names.values())
                assert found == {names[answer.rule_set]}
                seen.add(answer.rule_set)
                number += 1

        senders = [asyncio.create_task(send(sender)) for sender in range(6)]
        for turn in range(6):
            write_rules(rules, other if turn % 2 == 0 else RULES)
            assert (await reload(inside)).last_reload.accepted
            await asyncio.sleep(0.05)
        done = True
        await asyncio.gather(*senders)
        assert seen >= by_file.keys()

    play(scenario, chosen(f"sqlite:{tmp_path / 'store.db'}"), rule_set(), paths=[str(rules)])


def test_a_signal_reloads_and_a_restart_agrees(tmp_path: Path) -> None:
    rules, store = write_rules(tmp_path / "rules"), tmp_path / "store.db"
    with serving(tmp_path, rules, "--store", f"sqlite:{store}") as process:
        evaluate(process, stop("a", 5), stop("b", 4))
        write_rules(rules, WRONG)
        process.signal(signal.SIGHUP)
        process.until_said("reload refused")
        write_rules(rules, FEWER)
        process.signal(signal.SIGHUP)
        process.until_said("reloaded")
        assert describe(process).last_reload.accepted
        evaluate(process, stop("c", 3))
        assert process.stop() == 0
    program = rulelang.compile(str(rules))
    found = [f for f in standing(program, store) if f.get("rule") == "many_stops"]
    assert [f["events"] for f in found] == [[["", "a"], ["", "b"]]]
    with serving(tmp_path, rules, "--store", f"sqlite:{store}") as process:
        assert evaluate(process, stop("c", 3)).outcomes[0].status == evaluation_pb2.STATUS_DUPLICATE


def test_a_service_killed_while_it_reloads_comes_up_with_all_that_was_acknowledged(tmp_path: Path) -> None:
    rules, store = write_rules(tmp_path / "rules"), tmp_path / "store.db"
    sent = 0
    for turn in range(3):
        with serving(tmp_path, rules, "--store", f"sqlite:{store}") as process:
            with process.channel() as channel:
                stub = evaluation_pb2_grpc.EvaluationStub(channel)
                for _ in range(10):
                    stub.EvaluateBatch(batch(*(stop(f"e{sent + i}", 20 - (sent + i) / 100, f"P{(sent + i) % 40}") for i in range(40))))
                    sent += 40
            write_rules(rules, FEWER if turn % 2 == 0 else RULES)
            process.signal(signal.SIGHUP)
            killer = threading.Timer(0.05 * turn + 0.02, lambda pid=process.pid: os.kill(pid, signal.SIGKILL))
            killer.start()
            process.wait()
    found = standing(rulelang.compile(str(rules)), store)
    assert {f["key"] for f in found if f.get("rule") == "many_stops"} == {f"P{n}" for n in range(40)}
