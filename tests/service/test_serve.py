"""`rulelang serve` as it is typed: what it prints, what it logs, and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

import rulelang
from tests.cli.command import rulelang as typed
from tests.service.inside import WAIT_S
from tests.service.outside import ROOT, Process, describe, evaluate, serving
from tests.service.scene import RULES, blood, stop, write_rules


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "rules")


def refused(*words: object, cwd: Path = ROOT, **environment: str) -> tuple[int, str, str]:
    """A service that does not come up: exit code, standard output, standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "services.cli.main", "serve", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    return done.returncode, done.stdout, done.stderr


def test_it_says_where_it_listens_and_ends_well(rules: Path, tmp_path: Path) -> None:
    with serving(tmp_path, rules, "--store", "memory:") as process:
        host, _, port = process.address.partition(":")
        assert host == "127.0.0.1"
        assert 0 < int(port) < 65536
        assert [f.rule for o in evaluate(process, *blood()).outcomes for f in o.findings] == ["blood_contradicts_breath"]
        assert process.stop() == 0
        assert process.process.stdout is not None
        assert process.process.stdout.read() == ""


def test_every_line_of_its_log_is_an_object_with_time_level_and_message(rules: Path, tmp_path: Path) -> None:
    with serving(tmp_path, rules, "--store", "memory:") as process:
        evaluate(process, *blood())
        process.stop()
        found = [json.loads(line) for line in process.log.read_text("utf-8").splitlines()]
    assert [line["message"] for line in found] == ["store opened", "serving", "call answered", "told to stop", "ended"]
    assert all(line["level"] == "info" and line["time"].endswith("Z") for line in found)
    assert (found[0]["store"], found[0]["durable"]) == ("memory:", False)
    assert found[1]["rule_set"] == rulelang.load(str(rules)).hash
    assert found[1]["address"] == process.address


def test_its_log_can_be_turned_down(rules: Path, tmp_path: Path) -> None:
    with serving(tmp_path, rules, "--store", "memory:", RULELANG_LOG_LEVEL="error") as process:
        evaluate(process, *blood())
        assert process.stop() == 0
        assert process.log.read_text() == ""


def test_settings_come_from_a_file_the_environment_and_options_each_beating_those_before(rules: Path, tmp_path: Path) -> None:
    config = tmp_path / "service.toml"
    config.write_text('listen = "127.0.0.9:1"\nlog_level = "error"\n[limits]\nbatch_events_max = 1\n')
    with serving(tmp_path, rules, "--config", str(config), "--store", "memory:", RULELANG_LOG_LEVEL="warning") as process:
        assert process.address.startswith("127.0.0.1:")
        with pytest.raises(Exception, match=r"limits\.batch_events_max allows 1"):
            evaluate(process, *blood())
        process.stop()
        (line,) = (json.loads(line) for line in process.log.read_text("utf-8").splitlines())
        assert (line["level"], line["reason"]) == ("warning", "BATCH_TOO_LARGE")


def test_the_default_store_is_a_file_beside_it(rules: Path, tmp_path: Path) -> None:
    code, _, _ = refused(rules, "--listen", "127.0.0.1:70000", cwd=tmp_path)
    assert code == 2
    assert not (tmp_path / "rulelang.db").exists()
    process = subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", "serve", str(rules), "--listen", "127.0.0.1:0"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"listening on ")
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0
    assert (tmp_path / "rulelang.db").exists()


def test_errors_in_the_rules_are_shown_and_nothing_is_served(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules", RULES.replace("alcohol_field > 80", "alcohol_feild > 80"))
    code, out, err = refused(rules, "--store", "memory:", "--listen", "127.0.0.1:0")
    assert (code, out) == (1, "")
    assert "alcohol_feild" in err
    assert "did you mean" in err


@pytest.mark.parametrize(
    ("words", "environment", "told"),
    [
        (["--listen", "nowhere"], {}, "listen: must be HOST:PORT"),
        (["--listen", "127.0.0.1:65536"], {}, "listen: must be HOST:PORT"),
        (["--listen", "no.such.host.invalid:0"], {}, "listen: no.such.host.invalid:0: "),
        (["--store", "postgres://x"], {}, "unknown store 'postgres://x'"),
        (["--store", "memory:x"], {}, "memory: takes nothing"),
        (["--store", "sqlite:/no/such/folder/x.db"], {}, "/no/such/folder/x.db: it cannot be opened"),
        (["--config", "/no/such/file.toml"], {}, "/no/such/file.toml: cannot be read"),
        ([], {"RULELANG_LIMITS_CALLS": "5"}, "RULELANG_LIMITS_CALLS: there is no such setting"),
        (["--guess"], {}, "unrecognized arguments: --guess"),
    ],
)
def test_wrong_usage_is_exit_code_two_and_says_what_is_wrong(
    words: list[str], environment: dict[str, str], told: str, rules: Path, tmp_path: Path
) -> None:
    given = [*words]
    if "--store" not in words:
        given += ["--store", "memory:"]
    if "--listen" not in words:
        given += ["--listen", "127.0.0.1:0"]
    code, out, err = refused(rules, *given, **environment)
    assert (code, out) == (2, ""), err
    assert told in err
    assert "Traceback" not in err


def test_rules_that_are_not_there_are_exit_code_two(tmp_path: Path) -> None:
    code, _, err = refused(tmp_path / "nowhere", "--store", "memory:")
    assert code == 2
    assert "nowhere" in err


def test_a_port_in_use_is_exit_code_two_and_named(rules: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, _, err = refused(rules, "--store", "memory:", "--listen", address)
    assert code == 2
    assert err == f"rulelang: listen: {address}: Address already in use\n"


def test_two_services_do_not_share_a_port(rules: Path, tmp_path: Path) -> None:
    with serving(tmp_path, rules, "--store", "memory:") as process:
        code, _, err = refused(rules, "--store", "memory:", "--listen", process.address)
        assert code == 2
        assert "Address already in use" in err


def test_a_store_that_another_service_has_open_is_exit_code_two_and_leaves_that_one_alone(rules: Path, tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'store.db'}"
    with serving(tmp_path, rules, "--store", store) as process:
        evaluate(process, *blood())
        code, _, err = refused(rules, "--store", store, "--listen", "127.0.0.1:0")
        assert code == 2
        assert "another process has it open" in err
        assert describe(process).counters["accepted"] == 2


DRAWING = RULES.replace("rule long_stop\n", "rule long_stop\n    sample 50% by officer\n")


def test_a_given_secret_is_the_one_and_is_nowhere_in_the_log(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef\n")
    store = f"sqlite:{tmp_path / 'kept.db'}"
    with serving(tmp_path, write_rules(tmp_path / "rules", DRAWING), "--store", store, RULELANG_SECRET_FILE=str(secret)) as process:
        assert process.stop() == 0
        assert "0123456789abcdef" not in process.log.read_text()
    assert not (tmp_path / "kept.db.secret").exists()


def test_who_gives_no_secret_has_one_made_beside_the_store_once_by_which_draws_are_recomputed(tmp_path: Path) -> None:
    rules, store, made = write_rules(tmp_path / "rules", DRAWING), f"sqlite:{tmp_path / 'kept.db'}", tmp_path / "kept.db.secret"
    with serving(tmp_path, rules, "--store", store) as process:
        evaluate(process, *(stop(f"s{number}", 3, f"P{number}", lasted=timedelta(hours=3)) for number in range(20)))
        assert process.stop() == 0
        kept = made.read_bytes()
        assert kept.strip().decode() not in process.log.read_text()
    assert made.stat().st_mode & 0o777 == 0o600
    with serving(tmp_path, rules, "--store", store) as process:
        assert process.stop() == 0
    assert made.read_bytes() == kept
    drawn = typed("draws", rules, "--store", store, "--day", "all", "--output", tmp_path / "draws.csv")
    assert drawn.returncode == 0, drawn.stderr
    assert len((tmp_path / "draws.csv").read_text().splitlines()) > 1
    verified = typed("verify-sample", rules, "--draws", tmp_path / "draws.csv", "--secret-file", made)
    assert verified.returncode == 0, verified.stdout


def test_a_store_of_several_services_needs_a_secret_that_is_given(tmp_path: Path) -> None:
    code, _, err = refused(write_rules(tmp_path / "rules", DRAWING), "--store", "redis://127.0.0.1:1", "--listen", "127.0.0.1:0")
    assert code == 2
    assert "long_stop draws a sample: give all services on this store the same secret" in err


def test_a_signal_that_comes_while_it_starts_is_heard(rules: Path, tmp_path: Path) -> None:
    """However early: it ends, and well where it got so far as to say so."""
    for delay_s in (0.0, 0.3, 0.6, 0.9, 1.2):
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "services.cli.main",
                "serve",
                str(rules),
                "--listen",
                "127.0.0.1:0",
                "--store",
                f"sqlite:{tmp_path}/s.db",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        time.sleep(delay_s)
        process.send_signal(signal.SIGTERM)
        code = process.wait(WAIT_S)
        assert process.stdout is not None
        assert code == 0 or (code == -signal.SIGTERM and not process.stdout.read())


def test_what_is_served_is_one_rule_set_of_several_paths(tmp_path: Path) -> None:
    first = write_rules(tmp_path / "rules")
    more = tmp_path / "more.rules"
    more.write_text('rule any_report\n    category stops\n    when report.officer == "P1"\n')
    process = Process(tmp_path, first, str(more), "--store", "memory:")
    try:
        assert "any_report" in [rule.name for rule in describe(process).rule_set.rules]
    finally:
        process.stop()
