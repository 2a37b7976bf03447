"""What the service answers: events, rule sets, health, reflection; and what it says of itself in its log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from proto.rulelang.v1 import evaluation_pb2, event_pb2, rulesets_pb2
from tests.service.inside import Inside, chosen, failure, play, rule_set
from tests.service.scene import ago, blood, event, put, stop

ACCEPTED, DUPLICATE = evaluation_pb2.STATUS_ACCEPTED, evaluation_pb2.STATUS_DUPLICATE
CONFLICT, REFUSED = evaluation_pb2.STATUS_CONFLICT, evaluation_pb2.STATUS_REFUSED
TOO_LATE = evaluation_pb2.STATUS_TOO_LATE
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def batch(*events: event_pb2.Event) -> evaluation_pb2.EvaluateBatchRequest:
    return evaluation_pb2.EvaluateBatchRequest(events=events)


# ------------------------------------------------------------------ events


def test_one_event_and_then_another_give_a_finding_and_its_warnings() -> None:
    async def scenario(inside: Inside) -> None:
        breath, result = blood()
        first = await inside.evaluation.Evaluate(evaluation_pb2.EvaluateRequest(event=breath))
        assert first.outcome == evaluation_pb2.Outcome(status=ACCEPTED)
        assert first.rule_set == rule_set().declared.hash
        second = (await inside.evaluation.Evaluate(evaluation_pb2.EvaluateRequest(event=result))).outcome
        (found,) = second.findings
        assert (found.rule, list(found.key), dict(found.about)) == ("blood_contradicts_breath", ["C1"], {"officer": "P17"})
        assert [(name.source, name.id) for name in found.events] == [("", "C1-breath"), ("lab", "C1-blood")]
        assert sorted((w.level, w.ladder or w.rule) for w in second.warnings) == [
            ("orange", "blood_contradicts_breath"),
            ("yellow", "conduct"),
        ]

    play(scenario)


def test_one_bad_event_of_a_batch_is_its_own_affair() -> None:
    async def scenario(inside: Inside) -> None:
        breath, result = blood()
        conflicting = event("C1-breath", "breath_test", ago(20), case="C1", officer="P17", alcohol_field=1.0)
        bad = {
            "type": event("b1", "no_such_type", ago(1)),
            "time": event("b2", "stop", None, officer="P1"),
            "id": event("", "stop", ago(1), officer="P1"),
            "fine": event("b4", "stop", ago(1), officer="P1", fine="dear"),
            "vehicles": event("b5", "stop", ago(1), vehicles=1.5),
            "filmed": event("b6", "stop", ago(1), filmed=1),
            "lasted": event("b7", "stop", ago(1), lasted="2h"),
            "began": event("b8", "stop", ago(1), began=5),
            "officer": event("b9", "stop", ago(1), officer=17),
            "place": event("b10", "stop", ago(1), place=ago(1)),
            "source": event("b11", "stop", ago(1), source="rulelang"),
        }
        answer = await inside.evaluation.EvaluateBatch(
            batch(breath, *bad.values(), conflicting, event("old", "stop", ago(24 * 500), officer="P1"), result, result)
        )
        outcomes = list(answer.outcomes)
        assert [o.status for o in outcomes] == [ACCEPTED, *[REFUSED] * len(bad), CONFLICT, TOO_LATE, ACCEPTED, DUPLICATE]
        assert [o.error.field for o in outcomes[1 : 1 + len(bad)]] == list(bad)
        assert all(o.error.message for o in outcomes[1 : 3 + len(bad)])
        assert [f.rule for f in outcomes[-2].findings] == ["blood_contradicts_breath"]
        assert outcomes[-1].findings == outcomes[-2].findings

    play(scenario)


def test_what_is_not_a_number_is_refused_and_names_the_field() -> None:
    async def scenario(inside: Inside) -> None:
        events = [stop(f"e{value}", 1, fine=value) for value in (float("nan"), float("inf"), -float("inf"))]
        answer = await inside.evaluation.EvaluateBatch(batch(*events))
        assert [(o.status, o.error.field) for o in answer.outcomes] == [(REFUSED, "fine")] * 3

    play(scenario)


def test_the_kinds_of_the_wire_are_not_mixed_up() -> None:
    async def scenario(inside: Inside) -> None:
        pairs = [("fine", timedelta(seconds=5)), ("place", ago(1)), ("vehicles", timedelta(seconds=5)), ("lasted", ago(1))]
        answer = await inside.evaluation.EvaluateBatch(batch(*(stop(f"e{name}", 1, **{name: value}) for name, value in pairs)))
        assert [(o.status, o.error.field) for o in answer.outcomes] == [(REFUSED, name) for name, _ in pairs]
        kept = stop("kept", 1, fine=3, vehicles=3.0, lasted=7201, began=ago(2).isoformat())
        (outcome,) = (await inside.evaluation.EvaluateBatch(batch(kept))).outcomes
        assert outcome.status == ACCEPTED
        assert "long_stop" in [f.rule for f in outcome.findings]

    play(scenario)


def test_a_time_without_an_offset_is_on_the_rule_set_s_clock() -> None:
    async def scenario(inside: Inside) -> None:
        local = ago(5) + timedelta(hours=8)
        first = event("s1", "stop", local.replace(tzinfo=None).isoformat(), officer="P1", lasted=timedelta(hours=3))
        (outcome,) = (await inside.evaluation.EvaluateBatch(batch(first))).outcomes
        (found,) = (f for f in outcome.findings if f.rule == "long_stop")
        assert found.time.ToDatetime(ago(5).tzinfo) == ago(5)

    play(scenario)


def test_fields_that_are_not_declared_are_ignored_and_counted() -> None:
    async def scenario(inside: Inside) -> None:
        one = stop("e1", 1, colour="red", weight=3)
        one.fields["nothing"].SetInParent()
        (outcome,) = (await inside.evaluation.EvaluateBatch(batch(one))).outcomes
        assert (outcome.status, outcome.ignored) == (ACCEPTED, 2)
        counters = (await inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())).counters
        assert (counters["accepted"], counters["ignored_fields"]) == (1, 2)

    play(scenario)


def test_an_empty_batch_is_answered() -> None:
    async def scenario(inside: Inside) -> None:
        answer = await inside.evaluation.EvaluateBatch(batch())
        assert (list(answer.outcomes), answer.rule_set) == ([], rule_set().declared.hash)

    play(scenario)


def test_a_stream_is_answered_in_order_and_ends_when_its_caller_has_done() -> None:
    async def scenario(inside: Inside) -> None:
        async def requests() -> Any:
            for number in range(20):
                yield evaluation_pb2.EvaluateStreamRequest(
                    sequence=number * 7, events=[stop(f"{number}-{i}", 1, f"P{i}") for i in range(number)]
                )

        answers = [answer async for answer in inside.evaluation.EvaluateStream(requests())]
        assert [(a.sequence, len(a.outcomes)) for a in answers] == [(number * 7, number) for number in range(20)]
        assert {a.rule_set for a in answers} == {rule_set().declared.hash}

    play(scenario)


def test_deadlines_are_looked_at_while_no_event_comes() -> None:
    async def scenario(inside: Inside) -> None:
        (outcome,) = (await inside.evaluation.EvaluateBatch(batch(event("s1", "stop", datetime.now(UTC), officer="P9")))).outcomes
        assert not outcome.findings
        await inside.until(lambda: bool(inside.said("deadlines reached")))
        (line,) = inside.said("deadlines reached")
        assert len(line["findings"]) == 1
        assert line["rule_set"] == rule_set().declared.hash

    play(scenario, chosen(clock__tick_s=0.05))


def test_the_log_says_how_much_was_forgotten() -> None:
    rules = "entity officer retain 1s\nevent stop\n    officer: officer\nrule busy\n    when count(stop) >= 9 within officer over 1s\n"

    async def scenario(inside: Inside) -> None:
        await inside.evaluation.EvaluateBatch(batch(event("s1", "stop", datetime.now(UTC), officer="P9")))
        await inside.until(lambda: bool(inside.said("forgotten")))
        line = inside.said("forgotten")[0]
        assert (line["records"], line["forgotten"]) == (0, 1)

    play(scenario, chosen(clock__tick_s=0.05), rule_set(rules))


# ------------------------------------------------------------------ calls


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"\x0a\x05\x0a\x03\xc3\x28\x61"], ids=["no message", "no UTF-8"])
def test_bytes_that_are_no_message_are_an_invalid_argument(data: bytes) -> None:
    """A field's text that is no UTF-8 makes the whole message none: the events in it cannot be told apart."""

    async def scenario(inside: Inside) -> None:
        failed = await failure(inside.channel.unary_unary("/rulelang.v1.Evaluation/Evaluate")(data))
        assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "MALFORMED")
        stream = inside.channel.stream_stream("/rulelang.v1.Evaluation/EvaluateStream")()
        await stream.write(b"\x12" + data[1:])  # the events are its second field
        assert (await failure(stream.read())).reason == "MALFORMED"

    play(scenario)


@pytest.mark.parametrize("name", ["17", "a-b/c.D_e", "x" * 128])
def test_a_request_id_comes_back_with_the_answer(name: str) -> None:
    async def scenario(inside: Inside) -> None:
        call = inside.evaluation.Evaluate(evaluation_pb2.EvaluateRequest(event=stop("e1", 1)), metadata=(("x-request-id", name),))
        await call
        assert dict(await call.trailing_metadata())["x-request-id"] == name
        (line,) = inside.said("call answered")
        assert line["request_id"] == name

    play(scenario)


@pytest.mark.parametrize("given", [None, "x" * 129, "two words", ""])
def test_a_call_without_a_usable_request_id_gets_one(given: str | None) -> None:
    async def scenario(inside: Inside) -> None:
        metadata = () if given is None else (("x-request-id", given),)
        ids = set()
        for _ in range(2):
            call = inside.evaluation.Evaluate(evaluation_pb2.EvaluateRequest(event=stop("e1", 1)), metadata=metadata)
            await call
            ids.add(dict(await call.trailing_metadata())["x-request-id"])
        assert len(ids) == 2
        assert all(len(name) == 32 for name in ids)

    play(scenario)


def test_a_failed_call_has_its_request_id_too() -> None:
    async def scenario(inside: Inside) -> None:
        request = rulesets_pb2.CheckRequest(files=[rulesets_pb2.SourceFile(name="a.rules")] * 2)
        failed = await failure(inside.rule_sets.Check(request, metadata=(("x-request-id", "r1"),)))
        assert (failed.request_id, failed.reason, failed.wrong_fields) == ("r1", "WRONG_REQUEST", ["files[1].name"])
        (line,) = inside.said("call failed")
        assert (line["request_id"], line["code"], line["reason"]) == ("r1", "INVALID_ARGUMENT", "WRONG_REQUEST")

    play(scenario)


# ------------------------------------------------------------------ the log


def test_the_log_names_events_rule_set_and_request_but_not_what_events_contain() -> None:
    async def scenario(inside: Inside) -> None:
        secret = stop("s9", 1, officer="P-SECRET", place="SECRET", lasted=timedelta(hours=3))
        wrong = stop("s8", 1, officer="P-SECRET", fine="SECRET")
        call = inside.evaluation.EvaluateBatch(batch(secret, wrong), metadata=(("x-request-id", "r1"),))
        (outcome, _) = (await call).outcomes
        await inside.until(lambda: bool(inside.said("call answered")))
        (line,) = inside.said("call answered")
        assert (line["request_id"], line["rule_set"]) == ("r1", rule_set().declared.hash)
        assert (line["events"], line["accepted"], line["refused"]) == (2, 1, 1)
        assert line["refused_events"] == [["", "s8", "fine"]]
        assert line["names"] == [["", "s9"], ["", "s8"]]
        assert line["findings"] == [f.id for f in outcome.findings]
        assert "SECRET" not in inside.log.getvalue()

    play(scenario)


def test_a_line_of_the_log_lists_no_more_than_a_hundred_ids() -> None:
    async def scenario(inside: Inside) -> None:
        events = [stop(f"s{n}", 1, f"P{n}", lasted=timedelta(hours=3)) for n in range(101)]
        await inside.evaluation.EvaluateBatch(batch(*events[:100]))
        await inside.evaluation.EvaluateBatch(batch(*(stop(f"t{n}", 2, f"Q{n}", lasted=timedelta(hours=3)) for n in range(101))))
        await inside.until(lambda: len(inside.said("call answered")) == 2)
        full, over = inside.said("call answered")
        reported = 2 * 100  # long_stop, and stop_not_reported, whose deadline has passed
        assert (len(full["findings"]), full["findings_count"]) == (100, reported)
        assert (len(over["findings"]), over["findings_count"]) == (100, reported + 2)

    play(scenario)


# ------------------------------------------------------------------ rule sets


def test_describe_tells_what_is_running() -> None:
    async def scenario(inside: Inside) -> None:
        told = await inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())
        assert (told.rule_set.hash, told.rule_set.timezone) == (rule_set().declared.hash, "Asia/Shanghai")
        assert next((r.name, r.title, r.category, r.level, r.state) for r in told.rule_set.rules) == (
            "blood_contradicts_breath",
            "Blood result contradicts the roadside breath test",
            "alcohol",
            "orange",
            "enabled",
        )
        assert not told.rule_set.rules[1].HasField("level")
        (ladder,) = told.rule_set.ladders
        assert [(rung.level, rung.at, rung.action) for rung in ladder.rungs] == [
            ("blue", 3, "Written reminder"),
            ("yellow", 6, "Talk with the unit head"),
            ("red", 40, ""),
        ]
        assert [e.name for e in told.rule_set.event_types] == ["breath_test", "blood_test", "stop", "report"]
        kinds = {f.name: (f.kind, f.entity, f.unit) for f in told.rule_set.event_types[2].fields}
        assert kinds["officer"] == ("key", "officer", "")
        assert kinds["fine"] == ("number", "", "yuan")
        assert kinds["lasted"][0] == "duration"
        assert not told.HasField("last_reload")
        assert abs(told.since.ToDatetime(ago(0).tzinfo) - ago(0)) < timedelta(hours=1)

    play(scenario)


def test_check_says_what_the_command_line_says() -> None:
    async def scenario(inside: Inside) -> None:
        good = rulesets_pb2.SourceFile(
            name="a.rules",
            text='timezone "Asia/Shanghai"\nentity officer\nevent fine\n    officer: officer\n    amount: number\n'
            'table least(a: text): number from "least.csv"\nrule low\n    when amount < least("x")\n',
        )
        table = rulesets_pb2.SourceFile(name="least.csv", text="a,value\nx,5\n")
        accepted = await inside.rule_sets.Check(rulesets_pb2.CheckRequest(files=[good, table]))
        assert accepted.accepted, accepted
        assert len(accepted.hash) == 64
        bad = rulesets_pb2.SourceFile(name=good.name, text=good.text.replace("amount <", "\tamuont <"))
        refused = await inside.rule_sets.Check(rulesets_pb2.CheckRequest(files=[bad, table]))
        assert not refused.accepted
        assert not refused.hash
        (error,) = [d for d in refused.diagnostics if d.severity == "error"]
        assert (error.file, error.line, error.column, error.end_line, error.end_column) == ("a.rules", 8, 11, 8, 17)
        assert "amuont" in error.message
        assert "amount" in error.message + error.remedy

    play(scenario)


def test_check_leaves_what_is_running_alone() -> None:
    async def scenario(inside: Inside) -> None:
        answer = await inside.rule_sets.Check(rulesets_pb2.CheckRequest(files=[rulesets_pb2.SourceFile(name="a.rules", text="rule")]))
        assert not answer.accepted
        told = await inside.rule_sets.Describe(rulesets_pb2.DescribeRequest())
        assert told.rule_set.hash == rule_set().declared.hash

    play(scenario)


# ------------------------------------------------------------------ health and reflection


def test_health_is_told_for_the_whole_and_for_each_service() -> None:
    async def scenario(inside: Inside) -> None:
        stub = health_pb2_grpc.HealthStub(inside.channel)
        for name in ("", "rulelang.v1.Evaluation", "rulelang.v1.RuleSets", "rulelang.v1.Warnings"):
            assert (await stub.Check(health_pb2.HealthCheckRequest(service=name))).status == SERVING
        assert (await failure(stub.Check(health_pb2.HealthCheckRequest(service="other")))).code == "NOT_FOUND"
        watch = stub.Watch(health_pb2.HealthCheckRequest())
        assert (await watch.read()).status == SERVING

    play(scenario)


def test_reflection_lists_the_services_and_knows_their_messages() -> None:
    async def scenario(inside: Inside) -> None:
        stub = reflection_pb2_grpc.ServerReflectionStub(inside.channel)

        async def ask(**question: str) -> reflection_pb2.ServerReflectionResponse:
            call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(**question)]))
            answer = await call.read()
            assert await call.read() is aio.EOF
            return answer

        listed = {service.name for service in (await ask(list_services="")).list_services_response.service}
        assert listed == {
            "rulelang.v1.Evaluation",
            "rulelang.v1.RuleSets",
            "rulelang.v1.Warnings",
            "rulelang.v1.Channels",
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection",
        }
        found = await ask(file_containing_symbol="rulelang.v1.Evaluation")
        files = [descriptor_pb2.FileDescriptorProto.FromString(f) for f in found.file_descriptor_response.file_descriptor_proto]
        assert "Evaluation" in [service.name for file in files for service in file.service]

    play(scenario)


def test_a_method_that_is_not_there_is_unimplemented() -> None:
    async def scenario(inside: Inside) -> None:
        assert (await failure(inside.channel.unary_unary("/rulelang.v1.Evaluation/Guess")(b""))).code == "UNIMPLEMENTED"

    play(scenario)


# ------------------------------------------------------------------ many at once


def test_a_call_sees_all_its_events_whatever_other_calls_are_at_work() -> None:
    """Calls that are put on disk together are answered each with its own outcomes."""

    async def scenario(inside: Inside) -> None:
        async def one(number: int) -> None:
            count = number % 5
            good = [stop(f"{number}-{i}", 1, f"P{number}", lasted=timedelta(hours=3)) for i in range(count)]
            if number % 3 == 0:
                put((bad := stop(f"{number}-bad", 1)).fields["fine"], "x")
                good.insert(count // 2, bad)
            answer = await inside.evaluation.EvaluateBatch(batch(*good))
            for sent, outcome in zip(good, answer.outcomes, strict=True):
                if sent.id.endswith("bad"):
                    assert outcome.status == REFUSED
                else:
                    assert [f.events[0].id for f in outcome.findings if f.rule == "long_stop"] == [sent.id]

        await asyncio.gather(*(one(number) for number in range(60)))

    play(scenario)
