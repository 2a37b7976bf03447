"""E2xx: names that are unknown, ambiguous or out of place."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {
    "E201": Wording("unknown field '{name}'{hint}", "{remedy}"),
    "E202": Wording("it is not clear which '{name}' is meant: it is a field of {events}", "{remedy}"),
    "E203": Wording("the event type '{event}' has no field '{name}'{hint}", "its fields are: {fields}"),
    "E205": Wording("'{name}' is the name of {what}, not of a value", "{remedy}"),
    "E206": Wording("'{name}' is a field of {events}; here one event of {here} is looked at", "use a field of that event type"),
    "E207": Wording("there is no function or table '{name}'{hint}", "{remedy}"),
    "E209": Wording("the let '{name}' goes round in a circle: {chain}", "write at least one of them without the other"),
    "E211": Wording("'this' has no field '{name}'{hint}", "this is the event at which the rule is looked at, here one of {events}"),
    "E212": Wording(
        "'this.{name}' may be of different types: it is a field of {events}", "say with `on EVENT` which events the rule is looked at"
    ),
    "E213": Wording("no event type has a field '{name}' that is a key of '{entity}'{hint}", "fields that are: {fields}"),
    "E214": Wording("'{name}' is neither an entity nor a field of the events that the rule looks at{hint}", "{remedy}"),
    "E215": Wording("'{name}' is a let and is used without parentheses", "write {name}"),
    "E216": Wording("here one event of {here} is looked at; '{event}' is another event type", "use a field of {here}, or `this.FIELD`"),
    "E217": Wording("'{event}' is not among the events that the rule is looked at, which are {here}", "name it in the clause `on`"),
    "E218": Wording(
        "'{name}' is a field of {events}, and none of that is in a history of {entity}",
        "look within an entity that both have a field of, or declare a field of {entity} in that event type",
    ),
    "E219": Wording(
        "'{name}' is a field of {events}; the rule is looked at on {here}",
        "name an event type that has it in the clause `on`, or look within an entity",
    ),
    "E220": Wording("'{name}' is an entity, not an event type", "write an event type before the dot, as in: {example}"),
}
