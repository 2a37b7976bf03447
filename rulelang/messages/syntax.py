"""E1xx: how a file is written."""

from rulelang import keywords
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
    "E119": Wording("'{word}' cannot follow a scope", "put the condition with its scope in parentheses: (… within ENTITY) {word} …"),
    "E120": Wording("'{word}' is no period of the calendar", "write day, week, month, quarter or year, as in: on end of month"),
    "E121": Wording("'{words}' needs a period of the calendar", "write day, week, month, quarter or year after it, as in: on end of month"),
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

# What the parser may have expected, in an analyst's words, the most telling first. Words that stand in none of these are shown as they are.
EXPECTED: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"FIELD_NAME"}), "a field (NAME: TYPE)"),
    (frozenset({"NAME"}), "a name"),
    (frozenset({"RUNG_NAME"}), "a rung (LEVEL at POINTS)"),
    (frozenset({"NUMBER"}), "a number"),
    (frozenset({"STRING", "MESSAGE_TEXT", "UNIT"}), "a text in quotes"),
    (frozenset({"KEY"}), "a key"),
    (frozenset({"SHIFT"}), "a shift such as +14h"),
    (frozenset({"DATE"}), "a date such as 2026-03-01"),
    (frozenset({"CLOCK_TIME"}), "hours such as 09:00"),
    (frozenset({"WEEKDAY"}), "a weekday (mon … sun)"),
    (frozenset({"ASSIGNMENT"}), "field=value"),
    (frozenset({"COMPARISON"}), "a comparison (== != < <= > >=)"),
    (frozenset({"PLUS"}), "+ - * /"),
    (frozenset({"AND", "OR"}), "and, or"),
    (frozenset({"WITHIN"}), "within ENTITY"),
    (frozenset({"OVER"}), "over WINDOW"),
    (frozenset({"LPAR"}), "("),
    (frozenset({"RPAR"}), ")"),
    (frozenset({"COMMA"}), "a comma"),
    (frozenset({"COLON"}), "a colon"),
    (frozenset({"DOT"}), "a dot"),
    (frozenset({"EQUALS"}), "="),
    (frozenset({"DOTS"}), ".."),
    (frozenset({"PERIOD"}), "day, week, month, quarter, year"),
    (frozenset({"TITLE", "WHEN"}), "a clause (title, when, about, points, …)"),
    (frozenset({"STEP_NAME", "CLOCK", "EXPECT"}), "a step (EVENT at TIME, clock, expect)"),
    (frozenset({"RULE", "ENTITY"}), "a declaration (entity, event, rule, …)"),
)

# Words that go without saying where one of the above is said.
IMPLIED: dict[str, frozenset[str]] = {
    "COMPARISON": frozenset({*keywords.OPERATORS} - {"TRUE", "FALSE"}),
    "PLUS": frozenset({"MOD", "OR_ELSE"}),
    "NUMBER": frozenset({"TRUE", "FALSE", "NOT", "PREVIOUS"}),
    "TITLE": frozenset(keywords.CLAUSES),
    "STEP_NAME": frozenset({"CLOCK", "EXPECT"}),
    "RULE": frozenset(keywords.DECLARATIONS),
}
