"""Ids of findings and warnings, written in compiled code, are what `json` and `hashlib` say."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from engine.texts import identity, identity_at


def by_the_library(parts: list[object]) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@pytest.mark.parametrize("length", range(300))
def test_an_id_is_the_first_half_of_a_hash_over_its_parts_however_long_they_are(length: int) -> None:
    chance = random.Random(length)
    text = "".join(chance.choices('abc 0189{}字𝄞\ud800\n"\\', k=length))
    assert identity([text]) == by_the_library([text])
    assert identity(["x" * length]) == by_the_library(["x" * length])


@pytest.mark.parametrize("key", [None, "P1", ["P1", "字"], [None, "x"]])
@pytest.mark.parametrize("moment", [0, -1, 9, 10, 1_772_352_000_000_000, -(2**63), 2**63 - 1])
def test_the_id_of_a_finding_at_an_event_is_one_of_these(key: object, moment: int) -> None:
    for name in ("", "e1", 'a "quoted" name', "x" * 500):
        assert identity_at("rule", key, moment, "source", name) == by_the_library(["rule", key, [moment, "source", name]])
