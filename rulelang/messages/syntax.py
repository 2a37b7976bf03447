"""E1xx: how a file is written."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {
    "E101": Wording("this text is not closed on its line", 'close it with a " on the same line'),
    "E102": Wording("'{word}' cannot stand here{hint}", "here may stand {wanted}"),
    "E103": Wording("this ends too early", "after it may stand {wanted}"),
    "E104": Wording("a single = compares nothing", "write == to compare"),
    "E105": Wording("{mark} does not begin a text", 'write texts in straight quotes: "…"'),
    "E106": Wording(
        "{mark} has no meaning here", "leave it out: every declaration and clause begins with its own word, and nothing ends it"
    ),
    "E107": Wording("{mark} is not an operator", "write {word}"),
    "E108": Wording(
        "'{word}' is not a number, a duration, a date or a time", "write 80, 0.5, 80%, 30d, 12h, 2026-03-01 or 2026-03-01T22:10"
    ),
    "E109": Wording("there is no such {what}: {text}", "{remedy}"),
    "E110": Wording("more than {most} parentheses within each other", "give parts of the condition names with `let`"),
    "E111": Wording("the braces are empty", "write a field or an aggregate between them"),
    "E112": Wording("an invisible character ({character}) stands here", "delete it"),
    "E113": Wording("the clause '{clause}' stands twice in this {what}", "keep one of the two"),
    "E114": Wording(
        "the number {text} is too large", "numbers go up to 1.8e308, integers to 9223372036854775807, durations to about 292000 years"
    ),
    "E115": Wording("the field '{name}' has no value", "write field=value, a text with spaces in quotes, and `missing` for none"),
    "E116": Wording("{character} cannot stand in a name: {name}", "names are made of letters, digits and _, and do not begin with a digit"),
    "E117": Wording("'{word}' cannot stand before '{operator}'", "write it before the whole comparison: not (… {operator} …)"),
    "E118": Wording("'{word}' cannot follow another comparison", "write a < b and b < c, or b between a and c"),
}

# What other languages write, and what it is called here.
OPERATORS_OF_OTHERS = {
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not",
    "%": "mod",
    "<>": "!=",
    "=<": "<=",
    "=>": ">=",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "×": "*",
    "÷": "/",
    "−": "-",
    "–": "-",
    "is not missing": "is present",
    "is not present": "is missing",
    "is null": "is missing",
    "is not null": "is present",
}

# What the parser may have expected, in an analyst's words, the most telling first.
EXPECTED: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(terminals.split()), phrase)
    for terminals, phrase in (
        ("FIELD_NAME", "a field (NAME: TYPE)"),
        ("NAME", "a name"),
        ("RUNG_NAME", "a rung (LEVEL at POINTS)"),
        ("NUMBER", "a number"),
        ("STRING MESSAGE_TEXT", "a text in quotes"),
        ("KEY", "a key"),
        ("SHIFT", "a shift such as +14h"),
        ("DATE", "a date such as 2026-03-01"),
        ("CLOCK_TIME", "hours such as 09:00"),
        ("WEEKDAY", "a weekday (mon … sun)"),
        ("ASSIGNMENT", "field=value"),
        ("COMPARISON", "a comparison (== != < <= > >=)"),
        ("AND OR", "and, or"),
        ("WITHIN", "within ENTITY"),
        ("LPAR", "("),
        ("RPAR", ")"),
        ("COMMA", "a comma"),
        ("COLON", "a colon"),
        ("EQUALS", "="),
        ("DOTS", ".."),
        ("OVER", "over WINDOW"),
        ("PERIOD", "day, week, month, quarter, year"),
        ("WHEN TITLE", "a clause (title, when, about, points, …)"),
        ("STEP_NAME EXPECT CLOCK", "a step (EVENT at TIME, clock, expect)"),
        ("RULE ENTITY EVENT", "a declaration (entity, event, rule, …)"),
        ("UNTIL", "until DATE"),
        ("BECAUSE", 'because "…"'),
        ("AT", "at"),
        ("BY", "by"),
    )
)
