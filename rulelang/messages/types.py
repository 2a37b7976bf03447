"""E3xx: types and units."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {
    "E301": Wording("{left} and {right} cannot be compared", "{remedy}"),
    "E302": Wording("two different units: {left} and {right}", "convert one of them, or correct the unit where the field is declared"),
    "E303": Wording("{what} has no order that '{op}' could ask for", "use == or !="),
    "E304": Wording("a key of {left} and a key of {right} are names of different things", "compare keys of one entity"),
    "E305": Wording("'{op}' does not go with {left} and {right}", "{remedy}"),
    "E306": Wording("'{op}' needs {wanted}; this is {what}", "leave the sign out"),
    "E307": Wording("this is {what}, not a condition", "compare it with something, as in: … > 0"),
    "E308": Wording("a list has no place here", "a list stands to the right of `in` or `not in`"),
    "E309": Wording("the list begins with {first}, and here is {other}", "a list holds values of one type"),
    "E310": Wording("'{name}' takes {wanted}; given: {got}", "{remedy}"),
    "E311": Wording("'{name}' takes {wanted}; this is {what}", "give it {wanted}{how}"),
    "E312": Wording("'{name}' compares values of one type that have an order", "give it numbers, or times, or durations, or texts"),
    "E313": Wording("'{op}' compares texts; this is {what}", "use == < > with numbers and times"),
    "E314": Wording("what '{op}' compares with is a text in quotes, known beforehand", 'write the pattern in quotes, as in: {op} "湘A*"'),
    "E315": Wording(
        "this is no regular expression: {reason}", "RE2 syntax; a character that has a meaning of its own takes a \\\\ before it"
    ),
    "E316": Wording("'{op}' is asked of a time; this is {what}", "as in: time {op} working_hours"),
    "E317": Wording("'{name}' takes {wanted}; this is {what}", "count with `count` or `distinct`, or choose another field"),
    "E318": Wording("here the value must be known beforehand; this depends on events", "write a number, a duration or a `let` of such"),
    "E319": Wording("this comes to no value", "it divides by zero, or goes beyond the range of numbers"),
    "E322": Wording("only a field that is a key has a spelling", "as in: spelling(login.account)"),
    "E323": Wording("'{name}' is a function of values and takes no `where`", "only aggregates do, as in: count(EVENT where …)"),
    "E324": Wording("'{name}' is {what}; a finding is about a key", "name an entity, or a field that is a key of one"),
    "E325": Wording("'{name}' is {what}; a sample is drawn by a key or a text", "name an entity, or a field that is a key or a text"),
    "E326": Wording("'{name}' counts events and takes the name of an event type", "{remedy}"),
    "E327": Wording("here a length of time is wanted; this is {what}", "write it as 30d, 12h, 15m or 90s"),
    "E329": Wording("the default is {right}, the value before it {left}", "give it a default of its own type"),
    "E328": Wording("points are a number; this is {what}", "as in: points 2"),
}
