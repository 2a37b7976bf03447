"""What is made anew after an edit: the file itself, and those whose rules mean something else now. Nothing else, and never too little."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cached.same import Files, anew, folder

FILES: Files = {
    "schema.rules": """timezone "Asia/Shanghai"

calendar office
    open mon..fri 09:00..12:00

entity officer

event e
    officer: officer
    n: integer
    x: number "mg"
    t: text

table least(t: text): number "mg"
    "a": 1
""",
    "lets.rules": 'let high = 5\nlet higher = high + 1\nlet 限额 = least("a")\n',
    "plain.rules": "rule plain\n    on e\n    when n > 3\n",
    "let.rules": "rule uses_let\n    on e\n    when n > higher\n",
    "message.rules": 'rule uses_let_in_message\n    on e\n    when n > 4\n    message "{n}，{（限额）}"\n',
    "table.rules": "rule uses_table\n    on e\n    when x > least(t) and time during office\n",
    "scoped.rules": "rule scoped\n    when count(e where n > 7) > 2 within officer over 3d\n    points 2\n",
    "tests.rules": 'test "one"\n    e at 2026-03-02T10:00 officer=P1 n=4 x=1 t="a"\n    expect plain\n    expect officer P1 at none\n',
    "ladders.rules": "ladder conduct within officer over 30d\n    blue at 3\n    yellow at 6\n",
}
ALL = tuple(sorted(FILES))
MEANING = [name for name in ALL if name not in ("ladders.rules", "lets.rules")]
"""The files that a change of the schema concerns: the schema, and those with rules or tests."""

# name: (file, what stands there, what it becomes, what is made anew)
EDITS = {
    "a number in a rule": ("plain.rules", "3", "4", ["plain.rules"]),
    "a comment before a rule": ("plain.rules", "rule", "# why\nrule", ["plain.rules"]),
    "another name for a rule that nobody names": ("let.rules", "uses_let", "uses_lets", ["let.rules"]),
    "Chinese words": ("table.rules", " and ", " 并且 ", ["table.rules"]),
    "a let": ("lets.rules", "high = 5", "high = 6", ["let.rules", "lets.rules"]),
    "a let in a message": ("lets.rules", 'least("a")', 'least("b")', ["lets.rules", "message.rules"]),
    # What follows the comment is elsewhere now, and so are the places that programs tell of it.
    "the place of a let": ("lets.rules", "let 限额", "# \nlet 限额", ["lets.rules", "message.rules"]),
    "a row of a table": ("schema.rules", '"a": 1', '"a": 2', ["schema.rules"]),
    "a key of a table": ("schema.rules", '"a": 1', '"b": 1', ["schema.rules"]),
    "the hours of a calendar": ("schema.rules", "09:00", "08:00", ["schema.rules"]),
    "the title of an event": ("schema.rules", "event e\n", 'event e "An event"\n', ["schema.rules"]),
    "a comment in the schema": ("schema.rules", "entity", "# who\nentity", ["schema.rules"]),
    "a field": ("schema.rules", "    t: text\n", "    t: text\n    u: text\n", MEANING),
    "a field's unit": ("schema.rules", "    n: integer\n", '    n: integer "g"\n', MEANING),
    "what an entity retains": ("schema.rules", "entity officer", "entity officer retain 30d", MEANING),
    "another entity": ("schema.rules", "entity officer", "entity officer\nentity case", MEANING),
    "the zone": ("schema.rules", "Asia/Shanghai", "Europe/Berlin", MEANING),
    "a level of a ladder": ("ladders.rules", "yellow at 6", "orange at 6", ["ladders.rules", "tests.rules"]),
    "points of a ladder": ("ladders.rules", "yellow at 6", "yellow at 7", ["ladders.rules"]),
    "a step of a test": ("tests.rules", "n=4", "n=5", ["tests.rules"]),
    "a procedure for a rule": ("ladders.rules", "ladder", "procedure p for plain\n    step look by head\n\nladder", ["ladders.rules"]),
    "a part in common": ("plain.rules", "n > 3", "n > 3 and x * 2 > least(t)", ["plain.rules"]),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_makes_anew_what_depends_on_it(tmp_path: Path, edit: str) -> None:
    name, before, after, expected = EDITS[edit]
    cache = folder(tmp_path)
    assert anew(FILES, cache) == ALL
    assert before in FILES[name]
    assert anew({**FILES, name: FILES[name].replace(before, after, 1)}, cache) == tuple(expected)
    assert set(anew(FILES, cache)) <= set(expected), "what was made before the edit is still there, but for what was made in its place"


def test_a_part_that_another_file_has_too_is_computed_once_from_then_on(tmp_path: Path) -> None:
    cache = folder(tmp_path)
    apart = {**FILES, "other.rules": "rule other\n    on e\n    when n * 2 > 9 and n < 50\n"}
    anew(apart, cache)
    # A third file of a part that two have in common changes nothing for the two.
    assert anew({**apart, "second.rules": "rule second\n    on e\n    when n * 2 > 9 and n < 60\n"}, cache) == (
        "other.rules",
        "second.rules",
    )
    three = {
        name: f"rule {name[:-6]}\n    on e\n    when n * 2 > 9 and n < {60 + number}\n"
        for number, name in enumerate(("second.rules", "third.rules"))
    }
    assert anew({**apart, **three}, cache) == ("third.rules",)


@pytest.mark.parametrize(
    "declared", ["let n_max = 5", 'table n_max(t: text): integer\n    "a": 5', "calendar n_max\n    open mon 09:00..10:00"]
)
def test_a_name_that_means_something_now_is_looked_at_again(tmp_path: Path, declared: str) -> None:
    """`n_max` is a field; who names it reads the declaration, too."""
    cache = folder(tmp_path)
    files = {**FILES, "more.rules": "event f\n    n_max: integer\n", "named.rules": "rule named\n    on f\n    when f.n_max > 3\n"}
    anew(files, cache)
    assert anew({**files, "new.rules": f"{declared}\n"}, cache) == ("named.rules", "new.rules")


def test_files_that_come_go_and_are_renamed(tmp_path: Path) -> None:
    cache = folder(tmp_path)
    anew(FILES, cache)
    assert anew({**FILES, "0.rules": "rule first\n    on e\n    when n > 3 or n < 1\n"}, cache) == ("0.rules",)
    assert anew({name: text for name, text in FILES.items() if name != "scoped.rules"}, cache) == ()
    assert anew({("z.rules" if name == "plain.rules" else name): text for name, text in FILES.items()}, cache) == ("z.rules",)


def test_two_rule_sets_may_use_one_folder(tmp_path: Path) -> None:
    cache = folder(tmp_path)
    other = {**FILES, "plain.rules": FILES["plain.rules"].replace("3", "8")}
    anew(FILES, cache)
    assert anew(other, cache) == ("plain.rules",)
    assert anew(FILES, cache) == anew(other, cache) == ()


def test_a_file_may_have_no_rules_or_nothing_at_all(tmp_path: Path) -> None:
    cache = folder(tmp_path)
    files = {"a.rules": "", "b.rules": "# nothing\n", "c.rules": "event e\n    n: integer\n"}
    assert anew(files, cache) == ("a.rules", "b.rules", "c.rules")
    assert anew(files, cache) == ()
