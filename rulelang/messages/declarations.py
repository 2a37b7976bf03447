"""E25x, E35x, E45x: declarations, ladders and tests."""

from rulelang.messages.wording import Wording

WORDINGS: dict[str, Wording] = {
    "E250": Wording("{what} '{name}' is declared twice", "keep one of the two, or give one another name"),
    "E251": Wording("there is no entity '{name}'{hint}", "correct the name, or declare it with: entity {name}"),
    "E252": Wording("there is no event type '{name}'{hint}", "correct the name, or declare it with: event {name}"),
    "E253": Wording(
        "there is no type '{name}'{hint}",
        "a type is number, integer, text, boolean, time, duration, or the name of an entity",
    ),
    "E254": Wording("there is no calendar '{name}'{hint}", "correct the name, or declare it with: calendar {name}"),
    "E255": Wording("there is no rule '{name}'{hint}", "an expectation names a rule of this rule set"),
    "E256": Wording("there is no ladder '{name}'{hint}", "correct the name, or declare it with: ladder {name} within ENTITY"),
    "E257": Wording("the event type '{event}' has no field '{name}'{hint}", "its fields are: {fields}"),
    "E258": Wording("'{name}' is the name of an event type that the service makes itself", "give your event type another name"),
    "E259": Wording("'{name}' is the name of a type", "give the entity another name"),
    "E260": Wording("'{name}' is a field of every event", "leave it out: each event has an id, a time and a source without declaring them"),
    "E261": Wording("there is no time zone '{name}'{hint}", 'write a name of the IANA database, as "Asia/Shanghai"'),
    "E262": Wording("the rule set has two time zones", "keep one: days and times of all files are read in it"),
    "E263": Wording("the ladder '{ladder}' has no rung '{level}'", "its rungs are: {levels}"),
    "E264": Wording("'{name}' is the name of a function and cannot be the name of a table", "give the table another name"),
    "E265": Wording("'{name}' is the name of a field of every event or of findings and warnings", "give the entity another name"),
    "E266": Wording("there is no ladder within '{name}'", "declare one with: ladder NAME within {name}"),
    "E267": Wording("the ladder '{ladder}' is kept for '{entity}', not for '{name}'", "write: expect {entity} KEY at LEVEL of {ladder}"),
    "E268": Wording("'{name}' has a meaning of its own in conditions", "give the let another name"),
    "E350": Wording("the type '{name}' cannot carry a unit", "only number and integer have units"),
    "E351": Wording("a field holds one value, not a list", "leave out the parentheses around the type"),
    "E352": Wording("{value} is not {wanted}", "{remedy}"),
    "E353": Wording("this number is too large", "numbers go up to 1.8e308, durations to about 292000 years"),
    "E450": Wording("the entity '{name}' is in itself: {chain}", "an entity may be in another only as long as that is not in it again"),
    "E451": Wording(
        "the calendar '{name}' does not say the hours of its working day", "write the hours after the date, or an open line before"
    ),
    "E452": Wording("the opening hours overlap", "each minute of the week belongs to one stretch of hours"),
    "E453": Wording("the day {day} is worked with other hours in another line", "keep one of the two lines"),
    "E454": Wording("this ends before it begins", "write the earlier day first"),
    "E455": Wording("this is a stretch of {days} days", "a stretch has at most {limit} days"),
    "E456": Wording("what is kept of the entity '{name}' must be more than no time at all", "as in: retain 400d"),
    "E457": Wording(
        "table rows overlap: this key already has a value on {day}", "let one row end (until …) before the other begins (since …)"
    ),
    "E458": Wording("the row has {got}, the table {wanted}", "one key for each name in the parentheses, then the value"),
    "E459": Wording("a key of a table row is empty", "write the key, or leave the row out"),
    "E460": Wording(
        "events of '{event}' never carry both '{name}' and '{parent}'", "name an event type that has a field of each, or declare one"
    ),
    "E461": Wording("there is no ladder or rule '{name}'{hint}", "name the ladders and rules whose warnings the procedure is for"),
    "E462": Wording("{what} have two procedures", "keep one of them"),
    "E463": Wording("nobody is to do '{name}'", "say who, as in: by unit_head"),
    "E464": Wording("a step cannot be called '{name}', which has a meaning of its own", "give the step another name"),
    "E465": Wording(
        "there is no step '{name}' before '{step}'{hint}", "name an earlier step, whose actor may not be the one who does this one"
    ),
    "E466": Wording("the procedure has no steps", "write one, as in: step verification by unit_head deadline 3d"),
    "E467": Wording(
        "the rule '{rule}' needs approval, and nobody releases warnings in its procedure '{procedure}'",
        "write who does, as in: release by supervisor from red",
    ),
    "E468": Wording("at '{name}' this has no place", "a release goes on or waits, and a decision is asked at every level"),
    "E469": Wording(
        "a single person could refute a warning: '{name}' is the last step that may, and whoever did the steps before may do it too",
        "say whose step it may not be, as in: other than verification",
    ),
    "E470": Wording("the ladder has no rungs", "write one, as in: blue at 3"),
    "E471": Wording(
        "the rungs do not rise: {level} at {at} comes after {before} at {limit}", "write the rungs from the lowest to the highest"
    ),
    "E472": Wording("the rung '{level}' is there twice", "each level has one rung"),
    "E473": Wording("a rung begins above 0", "below that, everybody would stand on it"),
    "E474": Wording("the weight of a ladder is not negative", "as in: weight 20%"),
    "E475": Wording("a ladder is kept for the entity itself; 'by' has no meaning here", "leave out 'by {name}'"),
    "E476": Wording("the ladder looks back {length}, but only {retain} of '{entity}' are kept", "declare: entity {entity} retain {remedy}"),
    "E477": Wording("a ladder's window counts all time, not the hours of a calendar", "leave out 'of {name}'"),
    "E478": Wording("a ladder's window is longer than no time at all", "as in: over 365d"),
    "E479": Wording("a deadline is later than the warning", "as in: deadline 5d of working_hours"),
    "E488": Wording("a period has no place here", "write a length of time, as in: 30d"),
    "E480": Wording("a test begins with a time of its own, not with '+'", "write the date, as in: at 2026-03-02T10:00"),
    "E481": Wording("the field '{name}' is given twice", "keep one of the two"),
    "E482": Wording(
        "the event type '{name}' is made by the service and cannot be a step of a test", "write the events that it follows from"
    ),
    "E483": Wording(
        "the clock would go back, from {before} to {after}",
        "a step comes after the one before; write 'late' after an event that arrives later than it happened",
    ),
    "E484": Wording("{level} at {at} comes after {before}, which is graver", "the levels rise from blue over yellow and orange to red"),
    "E485": Wording(
        "'of CALENDAR' counts days, hours, minutes and seconds, not weeks", "write the number of open days, as in: 5d of {name}"
    ),
    "E486": Wording("open days are counted as a whole number from 1 on", "as in: 3d of {name}"),
}
