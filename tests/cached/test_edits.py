"""Generated edits of generated rule sets: whatever is changed, the program and all messages are as without a cache.

The rule sets are those of tests/generated, spread over several files, with files of our own that use each other's declarations. The edits are those that
people make: numbers, names, words of the other language, declarations that come, go, move and come twice, files likewise, rows of tables, days, errors
of every kind, and going back to how it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from rulelang import keywords
from tests.cached.same import folder, same
from tests.generated.rulesets import make_rules
from tests.generated.schema import make_schema

Texts = dict[str, str]
EDITS_MAX = 10

OWN = {
    "lets.rules": """let high = 5

let 限额 = high + 1

let busy = n > high and least("a") < x""",
    "days.rules": """calendar quiet_days
    open mon..sun 08:00..20:00
    closed from "days.csv\"""",
    "days.csv": "date\n2026-01-01\n2026-05-01\n",
    "limits.csv": "word,value\na,3\nb,4\n",
    "limits.rules": """table limits(word: text): number from "limits.csv\"""",
    "own/one.rules": """rule own_busy
    on alpha
    when busy or n / 2 > 限额 and x > limits(word)
    about alpha.officer
    message "{n} von {限额}（{high + 1}）: {x}"
    points 2

rule own_quiet
    on alpha
    when (n / 2 > 限额 or flag) and time during quiet_days""",
    "own/two.rules": """rule own_again
    on alpha
    when n / 2 > 限额 and x - 1 > limits("b") and not flag
    about alpha.officer
    level yellow
    approval

test "own rules"
    alpha at 2026-03-02T10:00 case=C1 officer=P1 x=9 n=12 flag=true word="a"
    expect own_busy about officer P1""",
    "own/three.rules": """rule own_count
    when count(alpha where n / 2 > 3) > high within officer over 1h
    points high

规则 本周
    遇 alpha
    当 x - 1 > limits("b") 并且 （n / 2 > 3 或者 word 形如 "a*"）
    消息 "限额{限额}，{word}\"""",
    "procedures.rules": """procedure careful for own_again
    release by supervisor deadline 1d
    step look by unit_head deadline 2d

ladder own_ladder within officer over 1h
    blue at 2
    yellow at 4""",
}


def start(rng: Random) -> Texts:
    """A rule set that compiles."""
    head, *rules = [str(one) for one in make_rules(rng, make_schema(rng)).parts]
    files = {"schema.rules": head, **OWN}
    for rule in rules:
        name = rng.choice(("a.rules", "b.rules", "own/one.rules"))
        files[name] = f"{files[name]}\n\n{rule}" if name in files else rule
    return files


# ------------------------------------------------------------------ edits: each changes the files in one way


def _rules(files: Texts) -> list[str]:
    return [name for name in files if name.endswith(".rules")]


def _blocks(text: str) -> list[str]:
    return text.split("\n\n")


def number(rng: Random, files: Texts) -> None:
    name = rng.choice(list(files))
    found = list(re.finditer(r"\b\d+\b", files[name]))
    if found:
        at = rng.choice(found)
        changed = str(max(int(at[0]) + rng.choice((-1, 1)), 1)).zfill(len(at[0]))
        files[name] = files[name][: at.start()] + changed + files[name][at.end() :]


def operator(rng: Random, files: Texts) -> None:
    name = rng.choice(_rules(files))
    files[name] = re.sub(r" > ", rng.choice((" >= ", " < ", " != ")), files[name], count=rng.randint(1, 3))


def comment(rng: Random, files: Texts) -> None:
    name = rng.choice(_rules(files))
    files[name] = f"# {rng.randrange(1000)} own_busy high\n{files[name]}"


def other_language(rng: Random, files: Texts) -> None:
    name = rng.choice(_rules(files))
    word = rng.choice(
        ("AND", "NOT", "RULE", "WHEN", "LET", "TABLE", "ENTITY", "EVENT", "ABOUT", "MESSAGE", "DURING", "WITHIN", "TEST", "LADDER")
    )
    english, chinese = keywords.WORDS[word][:2]
    files[name] = re.sub(rf"(?<![\w.]){english}(?=[\s(])", chinese, files[name])


def rename(rng: Random, files: Texts) -> None:
    """A word of one file, or of all."""
    words = sorted({word for name in _rules(files) for word in re.findall(r"(?<![\w{])[^\W\d]\w+", files[name])})
    word = rng.choice([*words, "high", "限额", "busy", "limits", "own_again", "quiet_days", "least", "officer", "n"])
    new = rng.choice((f"{word}_2", "high", "n", "own_busy", "alpha"))
    for name in [rng.choice(_rules(files))] if rng.random() < 0.5 else _rules(files):
        files[name] = re.sub(rf"(?<!\w){word}(?!\w)", new, files[name])


def remove(rng: Random, files: Texts) -> None:
    name = rng.choice(_rules(files))
    blocks = _blocks(files[name])
    blocks.pop(rng.randrange(len(blocks)))
    files[name] = "\n\n".join(blocks)


def copy(rng: Random, files: Texts, *, away: bool = False) -> None:
    source, target = rng.choice(_rules(files)), rng.choice(_rules(files))
    blocks = _blocks(files[source])
    block = blocks.pop(rng.randrange(len(blocks)))
    if away:
        files[source] = "\n\n".join(blocks)
    into = _blocks(files[target])
    into.insert(rng.randint(0, len(into)), block)
    files[target] = "\n\n".join(into)


def move(rng: Random, files: Texts) -> None:
    copy(rng, files, away=True)


def another(rng: Random, files: Texts) -> None:
    """A declaration that is new, of a name that may be in use."""
    name = rng.choice([*_rules(files), "new.rules"])
    word = rng.choice(("high", "n", "limits", "word", "new_one", "own_busy", "quiet_days", "x"))
    block = rng.choice(
        (
            f"let {word} = 7",
            f'table {word}(word: text): number "mg"\n    "a": 3',
            f"calendar {word}\n    open mon 09:00..12:00",
            f"rule {word}\n    on alpha\n    when n / 2 > 3 and x - 1 > 2",
            f"event {word}\n    n: integer\n    officer: officer",
            f"entity {word}",
            f"ladder {word} within officer over 1h\n    red at 3",
            f"procedure {word} for own_busy\n    step look by reviewer deadline 3d",
            f'test "{word}"\n    alpha at 2026-03-02T10:00 case=C1 officer=P1 x=9\n    expect no {word}\n    expect officer P1 at none',
        )
    )
    files[name] = f"{files[name]}\n\n{block}" if name in files else block


def rename_file(rng: Random, files: Texts) -> None:
    name = rng.choice(list(files))
    files[f"{rng.choice('abyz')}_{name.replace('/', '_')}"] = files.pop(name)


def remove_file(rng: Random, files: Texts) -> None:
    if len(_rules(files)) > 2:
        del files[rng.choice(list(files))]


def many(rng: Random, files: Texts) -> None:
    """Enough rules that demand something of one computed thing for the index to keep it."""
    count = rng.choice((4, 7, 8))
    rules = [f"rule many_{rng.randrange(10**6)}\n    on alpha\n    when n * 3 > {rng.randint(1, 9)}" for _ in range(count)]
    name = rng.choice(("many.rules", "a.rules", "zz.rules"))
    files[name] = "\n\n".join([*_blocks(files.get(name, "")), *rules])


def broken(rng: Random, files: Texts) -> None:
    name = rng.choice(_rules(files))
    at = rng.randrange(len(files[name]) + 1)
    files[name] = files[name][:at] + rng.choice((" (( ", '"', " when ", "}", " ，", "\ufeff", "\n# ")) + files[name][at:]


EDITS: tuple[Callable[[Random, Texts], None], ...] = (
    *(
        number,
        number,
        operator,
        comment,
        other_language,
        rename,
        remove,
        copy,
        move,
        another,
        another,
        rename_file,
        remove_file,
        many,
        many,
        broken,
    ),
)


@pytest.mark.seeds(12)
def test_after_any_edits_all_is_as_without_a_cache(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    cache = folder(tmp_path / "cache")
    files = start(rng)
    first = same(files, cache)
    assert first.built is not None, first.errors
    well = before = dict(files)
    for _ in range(EDITS_MAX):
        edit = rng.choice(EDITS)
        print(f"seed {seed}: {edit.__name__}")
        edit(rng, files)
        if same(files, cache).built is not None:
            well, before = dict(files), well
        elif rng.random() < 0.8:
            files = dict(rng.choice((well, before)))
