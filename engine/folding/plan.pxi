# The rule set as the fold reads it: the program's plan, turned once into objects that point at each other.

cdef enum Role:
    ANCHOR                               # the entry is where the rule is looked at
    OPERAND                              # the condition (or an exception) reads it
    PRESENCE                             # its being there makes ends of periods anchors
    CONTENT                              # only what a finding says depends on it
    MEMBER                               # it says to which key of the parent entity a key belongs

cdef enum AnchorKind:
    EVENTS
    DEADLINES
    ENDS

cdef enum RepeatKind:
    REPEAT_ALWAYS
    REPEAT_SPAN
    REPEAT_PERIOD

cdef enum PatternKind:
    FOLLOWED_BY
    PRECEDED_BY
    NOT_PRECEDED_BY
    NOT_FOLLOWED_BY

ACTS = ("warning_step", "warning_overdue")
"""The event types that record what became of warnings."""

cdef dict REPEAT_KINDS = {"always": REPEAT_ALWAYS, "span": REPEAT_SPAN, "period": REPEAT_PERIOD}
cdef dict PATTERN_KINDS = {
    "followed by": FOLLOWED_BY, "preceded by": PRECEDED_BY, "not preceded by": NOT_PRECEDED_BY, "not followed by": NOT_FOLLOWED_BY,
}


cdef class Use:
    """Who must look again when a taking's track changes: a rule, and how far its findings may be touched."""

    cdef Rule rule
    cdef int role
    cdef bint own                        # the track belongs to the rule's own key
    cdef Window window                   # OPERAND, CONTENT: how long the entry is seen; None: as long as retained
    cdef bint previous
    cdef bint later                      # read as of the event that set a deadline, so seen until that deadline
    cdef int entity                      # MEMBER


cdef class Pattern:
    cdef readonly int index
    cdef readonly int kind
    cdef readonly int history
    cdef readonly Window window
    cdef readonly Taking looked_at       # the side whose event is the anchor
    cdef readonly Taking other
    cdef readonly Taking choice          # where the other side reads `this`: its condition; else None
    cdef Extreme foremost                # where that compares a field: the event that pairs if any does has the extreme of it; else None
    cdef int *slots                      # by event type: where the field stands

    def __dealloc__(self):
        free(self.slots)


cdef class Except_:
    cdef int condition
    cdef long long until_day
    cdef str because


cdef class Rule:
    cdef readonly int index
    cdef readonly str name
    cdef readonly str title
    cdef readonly str category
    cdef readonly int layer
    cdef readonly bint shadow
    cdef readonly bint scoped
    cdef readonly int history            # its own, or one made for it (unscoped rules)
    cdef readonly int ordinal            # among the rules of its history
    cdef readonly tuple entities         # of its key, by index
    cdef readonly int condition
    cdef readonly int kind               # AnchorKind
    cdef readonly dict anchor_choices    # event type -> ((where, -1), …)
    cdef readonly Taking anchors         # EVENTS, DEADLINES
    cdef readonly Taking presence        # ENDS
    cdef readonly str ends_of
    cdef readonly dict elsewhere         # other history -> Taking of this rule's anchors (ENDS: of events with its key)
    cdef readonly dict components        # other history -> per component: index in the own key, or -1: the anchor's
    cdef readonly int repeat
    cdef readonly long long repeat_us
    cdef readonly str repeat_period
    cdef readonly long long retain_us
    cdef readonly list operands          # ("aggregate" | "pattern" | "field", index or slots), as written
    cdef readonly tuple about            # ((entity index, {type: slot, …} by order), …)
    cdef readonly dict fallback          # entity index -> Taking of events that carry it (about)
    cdef readonly int points
    cdef readonly str level
    cdef readonly list message
    cdef readonly object fraction        # of sample, or None
    cdef readonly list sample_slots
    cdef readonly list excepts
    cdef readonly bint approval
    cdef readonly object since_day
    cdef readonly object until_day
    cdef readonly tuple span
    cdef Test *tests                     # of the condition: what a glance can tell of it
    cdef int tests_n
    cdef bint tested_whole               # the condition is one test
    cdef int opener                      # among the openers of its history
    cdef bint at_once                    # where an event comes last in the key's history, its tests may be made when it is put there
    cdef long long undecided             # how often its condition was unknown where it was looked at
    cdef bint same_for_all               # the condition reads nothing of the anchor event: anchors of one moment need one look

    def __dealloc__(self):
        free(self.tests)


cdef class Ladder:
    cdef readonly int index
    cdef readonly str name
    cdef readonly int entity
    cdef readonly Window window
    cdef readonly list rungs             # dicts, rising
    cdef readonly list thresholds
    cdef readonly tuple categories
    cdef readonly double weight

    cdef bint counts(self, Rule rule):
        return not self.categories or (rule.category is not None and rule.category.startswith(self.categories))


cdef class Waker:
    """Knows how a key that sleeps is woken; see folding/sleep.pxi."""

    cdef Log wake(self, History history, object name):
        raise NotImplementedError


cdef class History:
    cdef readonly int index
    cdef readonly str name
    cdef readonly tuple entities
    cdef readonly long long retain_us
    cdef readonly dict slots             # event type -> slots of the key
    cdef readonly list takings           # every track of a log, by ordinal
    cdef readonly dict by_type           # event type -> Entrance, where something takes it up
    cdef readonly list rules             # those whose scope it is
    cdef int openers_n                   # rules whose tests are made as soon as an event is put into a log
    cdef int turn                        # what events less than are needed to come to has changed so often
    cdef dict logs                       # by `name_of` their key
    cdef dict asleep                     # the same of keys that sleep: Asleep; None: none does
    cdef dict awake_us                   # event type -> how long after its time a timer may follow from an event
    cdef PyObject *waker                 # a Waker, which owns this
    cdef Log nothing                     # what a key without events has

    cdef inline Log log(self, object name):
        """The log of a key, by the key's `name_of`; None: there is none."""
        cdef Log log = <Log> self.logs.get(name)
        return log if log is not None or self.asleep is None else (<Waker> self.waker).wake(self, name)

    cdef Log opened(self, object name):
        """A new log of a key that has none."""
        cdef Log log = Log(self, name if type(name) is tuple else (name,))
        self.logs[name] = log
        return log


cdef struct Door:
    PyObject *history
    PyObject *entrance
    int slot                             # of the key, where it is one text; SEVERAL: it is more


cdef enum:
    SEVERAL = -1


@cython.final
cdef class Doors:
    """The histories that events of one type enter by their keys."""

    cdef Door *items
    cdef int n

    def __cinit__(self, list histories, int type):
        cdef History history
        cdef Door *door
        self.items = <Door *> calloc(max(len(histories), 1), sizeof(Door))
        if self.items is NULL:
            raise MemoryError
        for history in histories:
            door = &self.items[self.n]
            door.history = <PyObject *> history
            door.entrance = <PyObject *> history.by_type[type]
            door.slot = (<Entrance> history.by_type[type]).slot
            self.n += 1

    def __dealloc__(self):
        free(self.items)


cdef class Plan:
    """Everything above, of one program."""

    cdef readonly dict raw
    cdef readonly list types             # dicts of the program
    cdef readonly list retains           # event type -> how long the longest-remembering of its entities retains, in microseconds
    cdef readonly int finding_type
    cdef readonly int warning_type
    cdef readonly int conflict_type
    cdef readonly list entities
    cdef readonly list histories
    cdef readonly list takings
    cdef readonly list aggregates
    cdef readonly list patterns
    cdef readonly list rules
    cdef readonly list ladders
    cdef readonly list unscoped_later    # unscoped rules whose anchors are deadlines
    cdef readonly list remembering       # these, and unscoped rules that count repeats: those with a log
    cdef readonly dict default_history   # entity -> History of its key
    cdef readonly dict members           # entity -> Taking of the events that say its parent
    cdef readonly dict member_slots      # entity -> {event type: slot of the parent's key}
    cdef readonly Log nowhere            # of rules that keep no log
    cdef list doors                      # by event type: Doors
    cdef dict known_takings
    cdef Machine machine
    cdef object limits

    def __init__(self, Machine machine, dict raw, object limits):
        self.machine = machine
        self.raw = raw
        self.limits = limits
        self.types = raw["types"]
        self.finding_type, self.warning_type, self.conflict_type = (self.type_index(n) for n in ("finding", "warning", "event_conflict"))
        self.entities = raw["entities"]
        self.retains = [self.retained(declared) for declared in self.types]
        self.known_takings = {}
        self.takings = []
        self.histories = [self.history(i, h) for i, h in enumerate(raw["histories"])]
        self.default_history = {
            h.entities[0]: h for h in self.histories if len(h.entities) == 1 and raw["histories"][h.index]["keys"][0]["by"] is None
        }
        self.aggregates = [self.aggregate(i, a) for i, a in enumerate(raw["aggregates"])]
        self.patterns = [self.pattern(i, p) for i, p in enumerate(raw["patterns"])]
        self.unscoped_later = []
        self.remembering = []
        self.rules = []
        for index, rule in enumerate(raw["rules"]):
            self.rules.append(self.rule(index, rule))
        self.ladders = [self.ladder(i, entry) for i, entry in enumerate(raw["ladders"])]
        self.members = {}
        self.member_slots = {}
        self.nowhere = Log(None, ())
        for index, entity in enumerate(self.entities):
            if entity["parent"] >= 0:
                self.member(index, entity)
        self.doors = [
            Doors([history for history in self.histories if kind in (<History> history).by_type and (<History> history).slots[kind]], kind)
            for kind in range(len(self.types))
        ]
        for history in self.histories:
            for taking in (<History> history).takings:
                self.open_at(taking)
            for entrance in (<History> history).by_type.values():
                (<Entrance> entrance).close()

    cdef int type_index(self, str name) except -1:
        for index, kind in enumerate(self.types):
            if kind["name"] == name:
                return index
        raise ValueError(f"the program has no event type {name}")

    cdef object retained(self, dict declared):
        entities = {field["entity"] for field in declared["fields"] if field["entity"] >= 0}
        return max([self.entities[entity]["retain_us"] for entity in entities], default=self.limits.unscoped_gap_us)

    cdef int layer_of(self, int type):
        return 1 if type == self.finding_type else 2 if type == self.warning_type else 0

    cdef History history(self, int index, dict raw):
        cdef History history = History()
        history.index = index
        history.name = raw["name"]
        history.entities = tuple(key["entity"] for key in raw["keys"])
        history.retain_us = raw["retain_us"]
        history.slots = {int(kind): tuple(slots) for kind, slots in raw["slots"].items()}
        history.takings = []
        history.by_type = {}
        history.rules = []
        history.logs = {}
        history.nothing = Log(history, ())
        return history

    cdef Gap gap(self, object raw, long long longest_us):
        if raw is None:
            return None
        cdef Gap gap = Gap()
        gap.kind = GAP_KINDS[raw["kind"]]
        gap.code = raw["code"]
        gap.days = raw["days"]
        gap.period = raw["period"]
        gap.longest_us = longest_us
        gap.constant = raw.get("us")
        gap.by_event = gap.code >= 0 and gap.constant is None
        gap.local = self.machine.local
        gap.hours = self.machine.hours[raw["calendar"]] if raw["calendar"] >= 0 else None
        return gap

    cdef Window window(self, dict raw, long long kept_us):
        cdef Window window = Window()
        window.kind = WINDOW_KINDS[raw["kind"]]
        window.closed = raw["kind"] != "retained"
        window.length_us = raw["length_us"]
        window.period = raw["period"]
        window.gap = self.gap(raw["gap"], NEVER)
        window.kept_us = kept_us
        window.local = self.machine.local
        return window

    cdef Taking taking(self, int history, dict choices, bint has_values, object raw_gap=None, long long longest_us=0, bint asked=True):
        """The taking of this history, one for all that ask the same; None where no event type of it is in the history."""
        cdef History where = self.histories[history]
        choices = {kind: tuple(options) for kind, options in choices.items() if kind in where.slots}
        if not choices:
            return None
        name = (history, has_values, canonical(raw_gap), longest_us if raw_gap else 0, tuple(sorted(choices.items())))
        cdef Taking taking = self.known_takings.get(name)
        if taking is None:
            taking = Taking(self.machine, -1, history, has_values, self.gap(raw_gap, longest_us), choices)
            self.known_takings[name] = taking
            base = {kind: ((-1, -1),) for kind in choices}
            if taking.may_share() and (has_values or choices != base):
                taking.base = self.taking(history, base, False, None, 0, False)
            taking.index = <int> len(where.takings)
            where.takings.append(taking)
            for kind in choices:
                if kind not in where.by_type:
                    where.by_type[kind] = self.entrance(where, kind)
                (<Entrance> where.by_type[kind]).all_intakes.append(taking.intakes[kind])
        taking.asked = taking.asked or asked
        return taking

    cdef Entrance entrance(self, History history, int type):
        cdef Entrance entrance = Entrance()
        cdef tuple slots = <tuple> history.slots[type]
        if len(slots) == 1:
            entrance.slot = slots[0]
            entrance.raw_slot = next(field["raw_slot"] for field in self.types[type]["fields"] if field["slot"] == slots[0])
        return entrance

    cdef dict carrying(self, int history, int layers):
        """Every event type of the history that layers below or at `layers` see, taken up whatever it says."""
        cdef History where = self.histories[history]
        return {kind: ((-1, -1),) for kind in where.slots if self.layer_of(kind) <= layers}

    cdef Aggregate aggregate(self, int index, dict raw):
        kind = raw["kind"]
        cdef Aggregate aggregate = AGGREGATES[kind]()
        if kind == "max":
            (<Extreme> aggregate).sign = 1
        elif kind == "min":
            (<Extreme> aggregate).sign = -1
        aggregate.index = index
        aggregate.history = raw["history"]
        aggregate.window = self.window(raw["window"], (<History> self.histories[aggregate.history]).retain_us)
        aggregate.previous = raw["previous"]
        aggregate.single = kind in ("latest", "first")
        aggregate.at_least = raw["at_least"] or 0
        aggregate.kind_out = KIND_TAGS[raw["kind_out"]]
        choices = {}
        for taken in raw["taken"]:
            choices.setdefault(taken["type"], []).append((taken["where"], taken["value"]))
        has_values = kind != "count"
        aggregate.choice = None
        if raw["uses_this"]:
            chosen = {kind: tuple(options) for kind, options in choices.items()}
            aggregate.choice = Taking(self.machine, -1, raw["history"], has_values, None, chosen, False)
            aggregate.taking = self.taking(raw["history"], {kind: [(-1, -1)] for kind in choices}, False)
        else:
            aggregate.taking = self.taking(raw["history"], choices, has_values)
            if aggregate.taking is not None:
                aggregate.slots = aggregate.taking.slots
        return aggregate

    cdef Pattern pattern(self, int index, dict raw):
        cdef Pattern pattern = Pattern()
        pattern.index = index
        pattern.kind = PATTERN_KINDS[raw["kind"]]
        pattern.history = raw["history"]
        pattern.window = self.window(raw["window"], (<History> self.histories[pattern.history]).retain_us)
        left = {raw["left"]["type"]: [(raw["left"]["where"], -1)]}
        right = {raw["right"]["type"]: [(raw["right"]["where"], -1)]}
        looked_at, other = (right, left) if pattern.kind == FOLLOWED_BY else (left, right)
        pattern.looked_at = self.taking(raw["history"], looked_at, False)
        pattern.choice = None
        if raw["uses_this"]:
            chosen = {kind: tuple(options) for kind, options in other.items()}
            pattern.choice = Taking(self.machine, -1, raw["history"], False, None, chosen)
            self.read_foremost(pattern, other)
            other = {kind: [(-1, -1)] for kind in other}
        pattern.other = self.taking(raw["history"], other, False)
        return pattern

    cdef int read_foremost(self, Pattern pattern, dict other) except -1:
        """Whether the other side is all events of a type of which a field is greater, or less, than what the anchor event says."""
        (type, ((where, _),)), = other.items()
        tree = tree_of(self.machine, where) if where >= 0 else OTHER
        if tree[0] != "compare":
            return 0
        op, operand, bound = tree[1:]
        if operand[0] != "field":
            op, operand, bound = MIRRORED[op], bound, operand
        if op not in DIRECTIONS or operand[0] != "field" or not says_anchor(bound):
            return 0
        pattern.slots = <int *> calloc(self.machine.types_n, sizeof(int))
        if pattern.slots is NULL:
            raise MemoryError
        pattern.slots[<int> type] = self.machine.accesses[<int> operand[1] * self.machine.types_n + <int> type]
        if pattern.slots[<int> type] < 0:
            return 0
        pattern.foremost = Extreme()
        pattern.foremost.sign = DIRECTIONS[op]
        pattern.foremost.index = -1 - pattern.index  # among what its track remembers
        pattern.foremost.slots = pattern.slots
        return 0

    cdef int use(
        self, Taking taking, Rule rule, int role, Window window=None, bint previous=False, bint later=False, int entity=-1
    ) except -1:
        if taking is None:
            return 0
        cdef Use use = Use()
        use.rule = rule
        use.role = role
        use.own = rule is None or taking.history == rule.history
        use.window = window
        use.previous = previous
        use.later = later
        use.entity = entity
        taking.uses.append(use)
        if role == PRESENCE or (role == ANCHOR and rule.kind == DEADLINES):
            taking.uses_that_wake.append(use)
        if role == ANCHOR or role == MEMBER or role == PRESENCE or rule.kind != EVENTS:
            # An event after which there is none is seen by no anchor but itself.
            taking.uses_in_order.append(use)
        return 0

    cdef int open_at(self, Taking taking) except -1:
        """Of the rules whose anchors it is, those that are tested at once need no mark."""
        cdef Use use
        cdef History history = self.histories[taking.history]
        for use in list(taking.uses_in_order):
            if use.role == ANCHOR and use.rule.at_once:
                use.rule.opener = history.openers_n
                history.openers_n += 1
                taking.opening.append(use.rule)
                self.bound_sums(use.rule)
                taking.uses_in_order.remove(use)
        return taking.close()

    cdef int bound_sums(self, Rule rule) except -1:
        """Let what enters the sums that the rule's tests go by be watched."""
        cdef int i
        cdef Sum aggregate
        for i in range(rule.tests_n):
            if rule.tests[i].sums:
                aggregate = <Sum> rule.tests[i].aggregate
                for kind in aggregate.taking.choices:
                    watched = (<Entrance> (<History> self.histories[aggregate.history]).by_type[kind]).sums
                    if (aggregate.slots[<int> kind], aggregate) not in watched:
                        watched.append((aggregate.slots[<int> kind], aggregate))
        return 0

    cdef dict giver_choices(self, dict raw):
        """The events that give something to the rule's scope: taken up by an aggregate, or looked at by a pattern."""
        choices = {}
        for index in raw["givers"]["aggregates"]:
            for taken in self.raw["aggregates"][index]["taken"]:
                choices.setdefault(taken["type"], []).append((taken["where"], taken["value"]))
        for index in raw["givers"]["patterns"]:
            pattern = self.raw["patterns"][index]
            side = pattern["right"] if pattern["kind"] == "followed by" else pattern["left"]
            choices.setdefault(side["type"], []).append((side["where"], -1))
        allowed = {event["type"] for event in raw["anchors"]["events"]}
        return {kind: options for kind, options in choices.items() if kind in allowed}

    cdef Rule rule(self, int index, dict raw):
        cdef Rule rule = Rule()
        cdef History history
        rule.index = index
        rule.name = raw["name"]
        rule.title = raw["title"]
        rule.category = raw["category"]
        rule.layer = raw["layer"]
        rule.shadow = raw["state"] == "shadow"
        rule.condition = raw["condition"]
        rule.operands = raw["operands"]
        rule.points = raw["points"]
        rule.level = raw["level"]
        rule.message = raw["message"]
        rule.approval = raw["approval"]
        rule.since_day = raw["since_day"]
        rule.until_day = raw["until_day"]
        rule.span = tuple(raw["span"])
        rule.about = tuple((about["entity"], {kind: slot for kind, slot in about["slots"]}) for about in raw["about"])
        rule.fraction = raw["sample"]["fraction"] if raw["sample"] else None
        rule.sample_slots = raw["sample"]["slots"] if raw["sample"] else []
        rule.repeat = REPEAT_KINDS[raw["repeat"]["kind"]]
        rule.repeat_us = raw["repeat"]["span_us"] or 0
        rule.repeat_period = raw["repeat"]["period"]
        rule.excepts = []
        for entry in raw["excepts"]:
            rule.excepts.append(self.exception(entry))
        rule.fallback = {}
        rule.elsewhere = {}
        rule.components = {}
        rule.scoped = raw["history"] >= 0
        anchors = raw["anchors"]
        rule.ends_of = anchors["period"] if anchors["kind"] == "ends" else None
        rule.kind = ENDS if anchors["kind"] == "ends" else DEADLINES if anchors["kind"] == "deadlines" else EVENTS
        if raw["state"] == "disabled":
            return rule
        choices = {}
        if anchors["kind"] == "givers":
            choices = self.giver_choices(raw)
        else:
            for event in anchors["events"]:
                choices.setdefault(event["type"], []).append((event["where"], -1))
        rule.anchor_choices = {kind: tuple(options) for kind, options in choices.items()}
        if not rule.scoped:
            self.unscoped(rule, raw)
            return rule
        rule.history = raw["history"]
        history = self.histories[rule.history]
        rule.ordinal = len(history.rules)
        history.rules.append(rule)
        rule.entities = history.entities
        rule.retain_us = history.retain_us
        rule.anchors = None
        rule.presence = None
        if rule.kind == ENDS:
            rule.presence = self.taking(rule.history, self.carrying(rule.history, rule.layer), False)
            self.use(rule.presence, rule, PRESENCE)
        else:
            rule.anchors = self.taking(rule.history, choices, False, anchors["gap"], rule.retain_us)
            self.use(rule.anchors, rule, ANCHOR)
        exceptions = [operand for entry in raw["excepts"] for operand in entry["operands"]]
        for operand in raw["operands"] + exceptions:
            self.operand(rule, operand, OPERAND)
        for operand in raw["content"]:
            self.operand(rule, operand, CONTENT)
        for entity, slots in rule.about:
            rule.fallback[entity] = self.taking(rule.history, {k: [(-1, -1)] for k in slots if self.layer_of(k) <= rule.layer}, False)
            self.use(rule.fallback[entity], rule, CONTENT)
        self.read_tests(rule)
        return rule

    cdef int read_tests(self, Rule rule) except -1:
        """What of the condition a glance at the rule's own tracks can tell."""
        cdef Test *test
        cdef Pattern pattern
        tree = tree_of(self.machine, rule.condition)
        parts = conjuncts(tree)
        rule.same_for_all = not rule.excepts and tree is not OTHER and not reads_anchor(self, rule.history, tree)
        rule.tests = <Test *> calloc(len(parts), sizeof(Test))
        if rule.tests is NULL:
            raise MemoryError
        # Those that need only count entries are tried first.
        for part in sorted(parts, key=self.is_costly):
            test = &rule.tests[rule.tests_n]
            memset(test, 0, sizeof(Test))  # a part that made no test may have begun one
            test.slot = -1
            found = comparison(part)
            if found is None:
                continue
            op, operand, constant = found
            test.op = op
            if operand[0] == "pattern" and op == IS_TRUE:
                pattern = self.patterns[operand[1]]
                # An event that is not looked at pairs with nothing.
                if pattern.history == rule.history and pattern.looked_at is not None:
                    test.pattern = <PyObject *> pattern
                    rule.tests_n += 1
            elif operand[0] == "aggregate" and constant is not None:
                test.constant = self.machine.constants[<int> constant]
                if self.read_aggregate(rule, test, self.aggregates[operand[1]]):
                    rule.tests_n += 1
        rule.tested_whole = rule.tests_n == 1 and len(parts) == 1
        # What is derived from the event, or stands in another history, is not there yet.
        rule.at_once = rule.kind == EVENTS and rule.layer == 0 and not rule.components and rule.tests_n > 0
        if rule.since_day is not None or rule.until_day is not None:
            rule.at_once = False
        return 0

    def is_costly(self, tuple part):
        found = comparison(part)
        return found is None or found[1][0] != "aggregate" or not isinstance(self.aggregates[found[1][1]], (Count, Distinct, Share))

    cdef bint read_aggregate(self, Rule rule, Test *test, Aggregate aggregate) except -1:
        """Whether a comparison of an aggregate makes a test; then `test` is it."""
        if aggregate.history != rule.history or aggregate.choice is not None or aggregate.taking is None:
            return False
        test.aggregate = <PyObject *> aggregate
        test.track = aggregate.taking.index
        test.base = -1 if aggregate.taking.base is None else aggregate.taking.base.index
        if aggregate.window.kind == SLIDING and not aggregate.previous:
            test.length_us = aggregate.window.length_us
        if isinstance(aggregate, (Count, Distinct)):
            if test.op == GREATER_INTEGER and test.constant.v.i < NEVER:
                test.needed = test.constant.v.i + 1
            elif test.op == GREATER_EQUAL_INTEGER or test.op == EQUAL_INTEGER:
                test.needed = test.constant.v.i
            test.counts = test.op != EQUAL_INTEGER and isinstance(aggregate, Count)
            return test.needed > 0
        if type(aggregate) is Sum and not aggregate.previous and aggregate.slots is not NULL:
            test.sums = test.op in (GREATER_INTEGER, GREATER_EQUAL_INTEGER, GREATER_NUMBER, GREATER_EQUAL_NUMBER)
        if isinstance(aggregate, Share):
            test.needed = max(aggregate.at_least, 1)
            test.unknown = True
            return True
        return test.constant.tag == INT or test.constant.tag == NUMBER or test.constant.tag == DURATION

    cdef Except_ exception(self, dict raw):
        cdef Except_ entry = Except_()
        entry.condition = raw["condition"]
        entry.until_day = raw["until_day"]
        entry.because = raw["because"]
        return entry

    cdef int operand(self, Rule rule, dict operand, int role) except -1:
        cdef Aggregate aggregate
        cdef Pattern pattern
        cdef Window window
        if "aggregate" in operand:
            aggregate = self.aggregates[operand["aggregate"]]
            self.use(aggregate.taking, rule, role, aggregate.window, aggregate.previous)
            self.see(rule, aggregate.history)
        elif "pattern" in operand:
            pattern = self.patterns[operand["pattern"]]
            later = rule.kind == DEADLINES and pattern.kind != NOT_FOLLOWED_BY
            self.use(pattern.looked_at, rule, role, pattern.window, False, later)
            self.use(pattern.other, rule, role, pattern.window, False, later)
            self.see(rule, pattern.history)
        return 0

    cdef int see(self, Rule rule, int history) except -1:
        """The rule reads another history: how its key is found there, and how the rule's anchors are found from there."""
        if history == rule.history or history in rule.components:
            return 0
        own = [(key["entity"], key["by"]) for key in self.raw["histories"][rule.history]["keys"]]
        keys = [(key["entity"], key["by"]) for key in self.raw["histories"][history]["keys"]]
        rule.components[history] = tuple(own.index(key) if key in own else -1 for key in keys)
        anchors = self.raw["rules"][rule.index]["anchors"]
        if rule.kind == ENDS:
            rule.elsewhere[history] = self.taking(history, self.carrying(history, rule.layer), False)
        else:
            rule.elsewhere[history] = self.taking(history, rule.anchor_choices, False, anchors["gap"], rule.retain_us)
        return 0

    cdef int unscoped(self, Rule rule, dict raw) except -1:
        """A rule about single events keeps a log only where something must be remembered: deadlines, or a repeat span."""
        rule.entities = (rule.about[0][0],) if rule.about else ()
        rule.retain_us = self.limits.unscoped_gap_us
        if rule.kind == EVENTS and rule.repeat == REPEAT_ALWAYS:
            rule.history = -1
            return 0
        cdef History history = History()
        history.index = len(self.histories)
        history.name = "rule " + rule.name
        history.entities = rule.entities
        history.retain_us = rule.retain_us
        history.slots = {kind: () for kind in rule.anchor_choices}
        history.takings = []
        history.by_type = {}
        history.rules = [rule]
        history.logs = {}
        history.nothing = Log(history, ())
        self.histories.append(history)
        rule.history = history.index
        rule.ordinal = 0
        rule.anchors = self.taking(rule.history, rule.anchor_choices, False, raw["anchors"]["gap"], rule.retain_us)
        self.use(rule.anchors, rule, ANCHOR)
        self.remembering.append(rule)
        if rule.kind == DEADLINES:
            self.unscoped_later.append(rule)
        return 0

    cdef Ladder ladder(self, int index, dict raw):
        cdef Ladder ladder = Ladder()
        ladder.index = index
        ladder.name = raw["name"]
        ladder.entity = raw["entity"]
        ladder.window = self.window(raw["window"], self.entities[ladder.entity]["retain_us"])
        ladder.rungs = raw["rungs"]
        ladder.thresholds = [rung["at"] for rung in raw["rungs"]]
        ladder.categories = tuple(raw["categories"])
        ladder.weight = raw["weight"]
        return ladder

    cdef int member(self, int index, dict entity) except -1:
        history = self.default_history.get(index)
        if history is None:
            raise ValueError(f"the program has no history of {entity['name']}, which is in another entity")
        self.member_slots[index] = parents = self.parent_slots(index)
        kinds = [kind for kind in parents if kind in history.slots]
        self.members[index] = self.taking(history.index, {kind: [(-1, -1)] for kind in kinds}, False)
        self.use(self.members[index], None, MEMBER, None, False, False, index)
        return 0

    cdef dict parent_slots(self, int entity):
        """Event type -> slot of the parent's key, of the received types that may say it."""
        raw = self.entities[entity]
        parent = raw["parent"]
        slots = {}
        for kind, declared in enumerate(self.types):
            # Acts carry the keys that were right when their warning was issued.
            if self.layer_of(kind) or declared["name"] in ACTS or (raw["from"] and kind not in raw["from"]):
                continue
            slot = default_slot(declared, parent, self.entities[parent]["name"])
            if slot >= 0:
                slots[kind] = slot
        return slots


cdef bint reads_anchor(Plan plan, int history, tuple tree):
    """Whether an expression may be something else at another anchor of the same key of `history` and of the same moment."""
    cdef Aggregate aggregate
    if tree[0] == "aggregate":
        aggregate = plan.aggregates[tree[1]]
        return aggregate.choice is not None or aggregate.history != history
    if tree[0] in ("field", "this", "pattern"):
        return True
    return any([reads_anchor(plan, history, part) for part in tree[1:] if isinstance(part, tuple)])


cdef bint says_anchor(tuple tree):
    """Whether an expression is the same whatever other event it is read beside."""
    if tree[0] == "other":
        return len(tree) > 1 and all([says_anchor(part) for part in tree[1:]])
    return tree[0] in ("this", "constant")


cdef int default_slot(dict declared, int entity, str name) except -2:
    """The slot by which an event of this type belongs to the history of an entity; -1: to none."""
    fields = [field for field in declared["fields"] if field["entity"] == entity]
    if len(fields) != 1:
        fields = [field for field in fields if field["name"] == name]
    return fields[0]["slot"] if fields else -1


cdef dict AGGREGATES = {
    "count": Count, "sum": Sum, "avg": Average, "min": Extreme, "max": Extreme,
    "first": First, "latest": Latest, "distinct": Distinct, "share": Share,
}
cdef dict KIND_TAGS = {
    "number": NUMBER, "integer": INT, "text": TEXT, "key": TEXT, "boolean": BOOL, "time": TIME, "duration": DURATION, "date": DATE,
}
