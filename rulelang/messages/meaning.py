"""E4xx: scopes, windows, patterns, anchors, clauses."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {
    "E401": Wording(
        "'{name}' looks at many events and needs a scope that says whose", "write after the condition: within {entity} over 30d"
    ),
    "E402": Wording("'{kind}' looks at many events and needs a scope that says whose", "{remedy}"),
    "E403": Wording("a scope stands inside another scope", "put each in parentheses, side by side: (… within …) and (… within …)"),
    "E404": Wording("events of '{event}' are in no history of {entity}: {why}", "{remedy}"),
    "E405": Wording(
        "no event type belongs to the history of {entity}", "declare a field of that entity in the events that the condition is about"
    ),
    "E406": Wording("no event type has all the fields of this condition: {both}", "{remedy}"),
    "E407": Wording("the window is {length} long, but only {kept} of '{entity}' are kept", "declare: entity {entity} retain {length}"),
    "E408": Wording(
        "with `previous` {length} are looked at, but only {kept} of '{entity}' are kept", "declare: entity {entity} retain {length}"
    ),
    "E409": Wording("this is the second `not followed by` in one scope", "each has its own deadline: write two rules"),
    "E410": Wording(
        "nobody could say when to look at this: at no moment is it known that nothing will follow",
        "write: {left} not followed by {right}, with `over`",
    ),
    "E411": Wording(
        "open time of '{name}' is counted from one event to another, and there is no pattern here",
        "leave out 'of {name}', or write A not followed by B",
    ),
    "E414": Wording("`not followed by` needs to know until when to wait", "write after the entity: over 30d"),
    "E415": Wording("this length of time is not above zero", "as in: 30d"),
    "E416": Wording(
        "`not followed by` says when the rule is looked at, and only its first scope can do that",
        "write this scope first, or `A not followed by B` as a rule of its own",
    ),
    "E417": Wording("both `on` and `not followed by` say when the rule is looked at", "leave out `on`, or count with `on EVENT after GAP`"),
    "E418": Wording(
        "'{name}' stands where one event is looked at, which has nothing to be counted or added up",
        "compare outside of the `where`, or use a field of the event or of `this`",
    ),
    "E419": Wording("a pattern stands where one event is looked at", "write the pattern outside of the `where`"),
    "E420": Wording("there is no level '{name}'{hint}", "the levels are blue, yellow, orange and red"),
    "E421": Wording("the rule '{name}' does not say when it holds", "write: when CONDITION"),
    "E422": Wording("nothing in this condition says which events to look at", "name a field, count events, or choose them with: on EVENT"),
    "E423": Wording(
        "'{name}' is read of the event at which the rule is looked at, but {events} has none",
        "write it inside the scope, or choose other events with `on`",
    ),
    "E424": Wording("`on end of {period}` needs to know of whom", "write after the condition: within ENTITY"),
    "E425": Wording(
        "there is no event here that a field could be read of",
        "at the end of a period there is only the moment; in an `on … where` write the field without `this`",
    ),
    "E426": Wording("`repeat after` needs to know for whom to wait", "say whom the rule is about, as in: about officer"),
    "E427": Wording("a sample is drawn by a key of the event, and at the end of a period there is none", "leave out `sample`"),
    "E428": Wording("a sample is more than nothing and at most all", "as in: sample 2% by officer"),
    "E429": Wording("the rule ends ({until}) before it begins ({since})", "write the earlier day after since"),
    "E430": Wording("an exception has an end and a reason", 'write: except CONDITION until 2026-12-31 because "…"'),
    "E431": Wording("a scope is of one entity or of a pair", "leave out all but two"),
    "E432": Wording("'{entity}' is there twice", "name two different entities, or use `by`"),
    "E433": Wording("the event type '{event}' is there twice", "write it once, joining its conditions with `or`"),
    "E434": Wording(
        "no event that the rule looks at carries '{entity}'", "it looks at {events}: name an entity that these have a field of"
    ),
    "E435": Wording("the finding is about two keys of '{entity}'", "keep one of the two"),
    "E436": Wording("the rule never looks at {what}", "for `{clause}` name a field of {events}"),
    "E437": Wording("`previous` stands before an aggregate", "as in: {example}"),
    "E438": Wording("only `share` takes `among` and `at least`", "put the condition into `where`"),
    "E439": Wording("`share` needs to know what is shared", "as in: share({event} where … at least 20)"),
    "E440": Wording("'{name}' does not say of which events", "name a field of one, as in: {name}(EVENT.FIELD)"),
    "E441": Wording(
        "no event type has all the fields in this '{name}': {fields}",
        "an aggregate takes up one event at a time: use fields of one event type",
    ),
    "E442": Wording("a pattern has no place in `{clause}`", "write it in the condition"),
    "E444": Wording("`previous` has no meaning beside open time: what would be just before?", "write the window without 'of CALENDAR'"),
    "E445": Wording("'{name}' takes a field; '{event}' is an event type", "{remedy}"),
    "E446": Wording("`not followed by` has no place in `{clause}`", "it says when a rule is looked at: write it in the condition"),
    "E448": Wording("the rule has no scope, so there can be none in `{clause}`", "give the condition a scope: when … within ENTITY"),
    "E449": Wording("a period has no open time of '{name}'", "write a length of time, as in: 3d of {name}"),
    "E492": Wording(
        "with its lets written out, the expression is nested more than {depth} deep or has more than {size} parts",
        "split the rule into several, or keep the values in a table",
    ),
    "E490": Wording("`previous` looks at the window just before, and the scope has none", "write after the entity: over 30d"),
    "E491": Wording("the brace '{mark}' has no partner", "a field in a message stands between {{ and }}"),
}
