"""Spot checks as an auditor recomputes them: from the formula alone, not by the engine's code.

In: the secret, the rules, a list of draws, and where they are there the findings that there were to draw from.  Out: what is wrong with the list.

A key is drawn where the first 8 bytes of HMAC-SHA-256(secret, "RULE\\nKEY\\nDAY"), read as a big-endian number, are below the share of 2**64.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import rulelang
from rulelang import model
from rulelang.api import Checked

COLUMNS = ("day", "rule", "key", "share", "findings")


class WrongList(Exception):
    """The list of draws cannot be read."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A line of the list. `where` names it; `share` None: the list does not say."""

    day: str
    rule: str
    key: str
    share: float | None
    where: str

    @property
    def name(self) -> tuple[str, str, str]:
        return self.day, self.rule, self.key


def is_drawn(secret: bytes, rule: str, key: str, day: str, share: float) -> bool:
    """The formula."""
    code = hmac.new(secret, f"{rule}\n{key}\n{day}".encode(), hashlib.sha256).digest()
    return int.from_bytes(code[:8], "big") < Fraction(share) * 2**64


def read_draws(data: bytes, name: str) -> list[Draw]:
    """The list that `rulelang draws` writes: CSV with a head, or JSON Lines. Raises WrongList."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongList(f"{name}: is not UTF-8 text") from error
    rows = _json_rows(text, name) if text.lstrip().startswith("{") else _csv_rows(text, name)
    return [_draw(row, f"{name}:{line}") for line, row in rows]


def _json_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    for line, written in enumerate(text.splitlines(), 1):
        if written.strip():
            try:
                row = json.loads(written)
            except ValueError as error:
                raise WrongList(f"{name}:{line}: is not a JSON object") from error
            if not isinstance(row, dict):
                raise WrongList(f"{name}:{line}: is not a JSON object")
            yield line, row


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in COLUMNS[:3] if column not in (reader.fieldnames or ())]
    if missing:
        raise WrongList(f"{name}: the first line must name the columns day, rule and key; there is no {' and no '.join(missing)}")
    for row in reader:
        yield reader.line_num, row


def _draw(row: Mapping[str, object], where: str) -> Draw:
    day, rule, key = (row.get(column) for column in COLUMNS[:3])
    if not (isinstance(day, str) and isinstance(rule, str) and isinstance(key, str)):
        raise WrongList(f"{where}: day, rule and key must be texts")
    share = row.get("share")
    try:
        return Draw(day, rule, key, None if share in (None, "") else float(str(share)), where)
    except ValueError as error:
        raise WrongList(f"{where}: the share must be a number, not {share!r}") from error


def check_list(draws: Sequence[Draw], ruleset: model.RuleSet, secret: bytes) -> list[str]:
    """What is wrong with each line by itself, in words."""
    shares = shares_of(ruleset)
    wrong = []
    seen: dict[tuple[str, str, str], str] = {}
    for draw in draws:
        share = shares.get(draw.rule)
        if share is None:
            wrong.append(f"{draw.where}: the rules have no spot check {draw.rule!r}")
        elif draw.share is not None and draw.share != share:
            wrong.append(f"{draw.where}: {draw.rule} draws {share:.12g} of all keys, not {draw.share:.12g}")
        elif not is_drawn(secret, draw.rule, draw.key, draw.day, share):
            wrong.append(f"{draw.where}: {draw.rule} did not draw {draw.key!r} on {draw.day}")
        if draw.name in seen:
            wrong.append(f"{draw.where}: stands there twice, first in {seen[draw.name]}")
        seen.setdefault(draw.name, draw.where)
    return wrong


def check_complete(draws: Sequence[Draw], candidates: Iterable[tuple[str, str, str]], ruleset: model.RuleSet, secret: bytes) -> list[str]:
    """What is not in the list though it was drawn, and what is in it though nothing was there to draw from."""
    shares = shares_of(ruleset)
    listed = {draw.name for draw in draws}
    known = set(candidates)
    wrong = [
        f"not in the list: {rule} drew {key!r} on {day}"
        for day, rule, key in sorted(known - listed)
        if is_drawn(secret, rule, key, day, shares[rule])
    ]
    wrong += [
        f"{d.where}: by these events {d.rule} had nothing to draw from for {d.key!r} on {d.day}" for d in draws if d.name not in known
    ]
    return wrong


def shares_of(ruleset: model.RuleSet) -> dict[str, float]:
    """By rule with a spot check: the share that it draws."""
    return {rule.name: rule.sample.fraction for rule in ruleset.rules if rule.sample is not None and rule.state != "disabled"}


def drawing_all(checked: Checked) -> Iterator[tuple[frozenset[str], bytes]]:
    """Programs in which spot checks draw everything: the rules of which this is so, and the program.

    Rules over findings see what the spot checks before them have drawn, so that one layer after the other draws everything, the others as they do.
    """
    ruleset = checked.ruleset
    assert ruleset is not None
    for layer in sorted({rule.layer for rule in ruleset.rules if rule.sample is not None}):
        names = frozenset(rule.name for rule in ruleset.rules if rule.layer == layer and rule.sample is not None)
        rules = tuple(
            replace(rule, sample=replace(rule.sample, fraction=1.0)) if rule.sample is not None and rule.layer == layer else rule
            for rule in ruleset.rules
        )
        yield names, rulelang.compile_checked(replace(checked, ruleset=replace(ruleset, rules=rules)))
