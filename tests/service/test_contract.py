"""The wire contract: ours is the one that is imported, and the generated code is what the contract gives."""

from __future__ import annotations

from pathlib import Path

import proto
from proto.rulelang.v1 import evaluation_pb2, finding_pb2, rulesets_pb2
from tools import generate_proto

ROOT = Path(__file__).resolve().parents[2]


def test_the_package_proto_is_ours_and_not_that_of_proto_plus() -> None:
    assert Path(proto.__file__ or "").resolve() == ROOT / "proto" / "__init__.py"


def test_the_generated_code_is_fresh() -> None:
    assert generate_proto.main(["--check"]) == 0


def test_generated_files_are_marked() -> None:
    generated = list((ROOT / "proto" / "rulelang" / "v1").glob("*_pb2*.py*"))
    assert generated
    assert all(path.read_text(encoding="utf-8").startswith("# @generated") for path in generated)


def test_the_services_bear_the_names_others_rely_on() -> None:
    evaluation = evaluation_pb2.DESCRIPTOR.services_by_name["Evaluation"]
    assert evaluation.full_name == "rulelang.v1.Evaluation"
    assert list(evaluation.methods_by_name) == ["Evaluate", "EvaluateBatch", "EvaluateStream"]
    assert list(rulesets_pb2.DESCRIPTOR.services_by_name["RuleSets"].methods_by_name) == ["Describe", "Check"]


def test_findings_and_warnings_have_the_fields_of_the_json_lines() -> None:
    finding = {"status", "id", "rule", "entity", "key", "time", "about", "points", "level", "events", "message"}
    warning = {"status", "id", "ladder", "rule", "entity", "key", "level", "points", "time", "finding"}
    assert finding <= set(finding_pb2.Finding.DESCRIPTOR.fields_by_name)
    assert warning <= set(finding_pb2.Warning.DESCRIPTOR.fields_by_name)
