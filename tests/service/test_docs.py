"""docs/service.md: its tables are those of the code, and what it shows works."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import json_format

from proto.rulelang.v1 import evaluation_pb2
from services import settings
from tests.service.inside import WAIT_S
from tests.service.outside import ROOT, serving
from tools import generate_service_docs

PAGE = (ROOT / "docs" / "service.md").read_text("utf-8")


def test_its_tables_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate_service_docs.main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_table_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    stale = tmp_path / "docs" / "service.md"
    stale.write_text(PAGE.replace("`16777216`", "`16777217`"), "utf-8")
    monkeypatch.setattr(generate_service_docs, "ROOT", tmp_path)
    assert generate_service_docs.main(["--check"]) == 1
    assert "run python tools/generate_service_docs.py" in capsys.readouterr().err
    assert generate_service_docs.main([]) == 0
    assert stale.read_text("utf-8") == PAGE


def test_the_example_of_a_caller_finds_what_it_promises(tmp_path: Path) -> None:
    (script,) = re.findall(r"^```py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    with serving(tmp_path, ROOT / "rules", "--store", "memory:") as process:
        written = script.replace("127.0.0.1:50051", process.address)
        done = subprocess.run([sys.executable, "-c", written], capture_output=True, encoding="utf-8", timeout=WAIT_S, cwd=ROOT)
        assert process.stop() == 0
    assert done.returncode == 0, done.stderr
    assert "b-1 STATUS_ACCEPTED" in done.stdout
    assert "finding blood_contradicts_breath {'officer': 'P17'}" in done.stdout
    assert "warning orange officer P17" in done.stdout


def test_what_it_gives_grpcurl_is_a_request() -> None:
    (command,) = re.findall(r"^    (grpcurl -plaintext -d .*\\\n.*)$", PAGE, re.MULTILINE)
    words = shlex.split(command)
    request = json_format.Parse(words[words.index("-d") + 1], evaluation_pb2.EvaluateRequest())
    assert request.event.fields["alcohol_field"].number == 196
    assert json.loads(words[words.index("-d") + 1])["event"]["type"] == "breath_test"
    assert words[-1] == "rulelang.v1.Evaluation/Evaluate"


def test_the_settings_file_it_shows_is_read(tmp_path: Path) -> None:
    (text,) = [shown for shown in re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) if "listen" in shown]
    config = tmp_path / "service.toml"
    config.write_text(text, "utf-8")
    for name in ("server.pem", "server.key"):
        (tmp_path / name).write_text(name)
    made = settings.load(config, {})
    assert (made.listen, made.limits.batch_events_max) == ("0.0.0.0:50051", 2000)
    assert made.tls is not None
    assert made.tls.key == b"server.key"
