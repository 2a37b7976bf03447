# Looking at a rule at an anchor: the frame that gives the machine its aggregates and patterns.


cdef struct Dirt:
    # A rule must look again at a key: at anchors in [start, end]; what findings say may differ up to `content`.
    bint there
    long long start
    long long end
    long long content


cdef class Log:
    """All that is kept of one key of one history: its tracks, and the findings of the rules whose scope it is."""

    cdef readonly History history
    cdef readonly tuple key
    cdef list tracks                     # by the taking's ordinal; None: nothing taken up yet
    cdef list standing                   # by the rule's ordinal: openings in order, also those not drawn; None: none
    cdef Py_ssize_t longest              # entries of its longest track
    cdef bint received                   # a received event has been put into it; derived ones alone do not count against the limits
    cdef Dirt *dirt                      # by the rule's ordinal

    def __cinit__(self, History history, tuple key):
        self.history = history
        self.key = key
        self.tracks = [None] * len(history.takings) if history is not None else []
        self.standing = [None] * len(history.rules) if history is not None else []
        self.longest = 0
        self.received = False
        self.dirt = NULL

    def __dealloc__(self):
        free(self.dirt)

    cdef Dirt *dirt_of(self, Rule rule) except NULL:
        """What the rule must look at again here."""
        if self.dirt is NULL:
            self.dirt = <Dirt *> calloc(len(self.history.rules), sizeof(Dirt))
            if self.dirt is NULL:
                raise MemoryError
        return &self.dirt[rule.ordinal]

    cdef Track track(self, Taking taking):
        """The track of a taking, made when it is first asked for."""
        while len(self.tracks) <= taking.index:
            self.tracks.append(None)
        cdef Track track = <Track> PyList_GET_ITEM(self.tracks, taking.index)
        if track is None:
            track = Track(taking)
            self.tracks[taking.index] = track
        return track

    cdef list openings(self, Rule rule):
        """The openings of a rule's findings, to be read and written."""
        if self.opened(rule) is None:
            while len(self.standing) <= rule.ordinal:
                self.standing.append(None)
            self.standing[rule.ordinal] = []
        return self.opened(rule)

    cdef list opened(self, Rule rule):
        """The same to be read; None: there are none."""
        if rule.ordinal >= len(self.standing):
            return None
        return <list> PyList_GET_ITEM(self.standing, rule.ordinal)


cdef class Look(Frame):
    """One rule, one key, one anchor. `this`: the anchor event (None at the end of a period); `moment`: looked at."""

    cdef Plan plan
    cdef Machine machine
    cdef Rule rule
    cdef Log log
    cdef dict others                     # history -> Log of another scope, or None where its key is not known
    cdef Frame inner                     # for conditions about single events

    def __init__(self, Plan plan, Machine machine):
        self.plan = plan
        self.machine = machine
        self.others = {}
        self.inner = Frame()

    cdef int at(self, Rule rule, Log log, Event this, long long moment) except -1:
        self.rule = rule
        self.log = log
        self.this = this
        self.current = this
        self.moment = moment
        if self.others:
            self.others.clear()
        return 0

    cdef Log log_of(self, int history):
        """The log that a scope reads here; None where a part of its key is missing."""
        if history == self.rule.history:
            return self.log
        if history in self.others:
            return <Log> self.others[history]
        cdef History other = self.plan.histories[history]
        cdef tuple slots = other.slots.get(self.this.type) if self.this is not None else None
        cdef Log found = None
        key = []
        for place, component in enumerate(<tuple> self.rule.components[history]):
            if component >= 0:
                key.append(self.log.key[component])
            elif slots is not None:
                key.append(slot_text(self.this, slots[place]))
            else:
                key.append(None)
        if None not in key:
            found = other.logs.get(tuple(key), other.nothing)
        self.others[history] = found
        return found

    cdef Track chosen(self, Taking choice, Track track, Py_ssize_t low, Py_ssize_t high):
        """What of these entries is taken up at this anchor: for conditions that read `this`."""
        cdef Track taken = Track(choice)
        cdef Value value
        cdef Py_ssize_t i
        cdef Event event
        cdef int where, value_code
        for i in range(low, high):
            event = track.event(i)
            for where, value_code in <tuple> choice.choices[event.type]:
                if where >= 0 and not self.holds_for(where, event):
                    continue
                value.tag = MISSING
                if value_code >= 0:
                    self.turn(event)
                    self.machine.run(value_code, self.inner, &value)
                    if value.tag == MISSING:
                        continue
                taken.add(event.time, event, &value)
                break
        return taken

    cdef int turn(self, Event event) except -1:
        self.inner.current = event
        self.inner.this = self.this
        self.inner.moment = event.time
        return 0

    cdef bint holds_for(self, int code, Event event) except -1:
        cdef Value out
        cdef bint holds
        out.tag = MISSING
        self.turn(event)
        self.machine.run(code, self.inner, &out)
        holds = out.tag == BOOL and out.v.i != 0
        release(&out)
        return holds

    cdef int aggregate(self, int index, Value *out) except -1:
        cdef Aggregate aggregate = <Aggregate> PyList_GET_ITEM(self.plan.aggregates, index)
        cdef Log log = self.log if aggregate.history == self.rule.history else self.log_of(aggregate.history)
        cdef Track track
        cdef Py_ssize_t low, high
        if log is None:
            out.tag = MISSING
            return 0
        track = self.stretch(aggregate, log, &low, &high)
        return aggregate.result(track, low, high, out)

    cdef Track stretch(self, Aggregate aggregate, Log log, Py_ssize_t *low, Py_ssize_t *high):
        """The track that an aggregate reads here, and the positions in it."""
        cdef Track track
        if aggregate.taking is None:
            low[0] = high[0] = 0
            return Track(NOTHING_WITH_VALUES)
        track = log.track(aggregate.taking)
        aggregate.window.bounds(track, self.moment, aggregate.previous, False, low, high)
        if aggregate.choice is not None:
            track = self.chosen(aggregate.choice, track, low[0], high[0])
            low[0] = 0
            high[0] = track.n
        return track

    cdef bint looks_at(self, Pattern pattern) except -1:
        """Whether the anchor event is the one on which this pattern is looked at."""
        cdef Value value
        if pattern.looked_at is None or self.this is None or self.this.type not in pattern.looked_at.choices:
            return False
        return pattern.looked_at.takes(self.machine, self.inner, self.this, &value) != 0

    cdef Event pair(self, Pattern pattern, Log log):
        """The last of the events that pair with the anchor event; None: there is none."""
        cdef Track track
        cdef Py_ssize_t low, high, i
        cdef Event event
        if pattern.other is None:
            return None
        track = log.track(pattern.other)
        if pattern.kind == NOT_FOLLOWED_BY:
            low = track.from_moment(self.this.time)
            high = track.after_moment(self.moment)
        else:
            # A window that is all that is retained is left-open; one written with `over` bounds the gap, both ends included.
            pattern.window.bounds(track, self.this.time, False, pattern.window.closed, &low, &high)
        for i in range(high - 1, low - 1, -1):
            event = track.event(i)
            if is_same(event, self.this):
                continue
            if pattern.choice is None or self.pairs(pattern.choice, event):
                return event
        return None

    cdef bint pairs(self, Taking choice, Event event) except -1:
        cdef int where, value_code
        for where, value_code in <tuple> choice.choices[event.type]:
            if where < 0 or self.holds_for(where, event):
                return True
        return False

    cdef int pattern(self, int index, Value *out) except -1:
        cdef Pattern pattern = <Pattern> self.plan.patterns[index]
        cdef Log log = self.log_of(pattern.history)
        if log is None:
            out.tag = MISSING
            return 0
        out.tag = BOOL
        out.v.i = 0
        if self.looks_at(pattern):
            out.v.i = (self.pair(pattern, log) is not None) == (pattern.kind == FOLLOWED_BY or pattern.kind == PRECEDED_BY)
        return 0

    cdef list evidence(self):
        """The events that the condition rests on here, in order, each once."""
        found = {}
        cdef Track track
        cdef Py_ssize_t low, high, i
        cdef Aggregate aggregate
        cdef Pattern pattern
        cdef Log log
        cdef Event event
        if self.this is not None:
            found[(self.this.source, self.this.id)] = self.this
        for operand in self.rule.operands:
            if "aggregate" in operand:
                aggregate = <Aggregate> self.plan.aggregates[operand["aggregate"]]
                log = self.log_of(aggregate.history)
                if log is None:
                    continue
                track = self.stretch(aggregate, log, &low, &high)
                if aggregate.single and high > low:
                    low = aggregate.source(low, high)
                    high = low + 1
                for i in range(low, high):
                    event = track.event(i)
                    found[(event.source, event.id)] = event
            elif "pattern" in operand:
                pattern = <Pattern> self.plan.patterns[operand["pattern"]]
                log = self.log_of(pattern.history)
                if log is None or not self.looks_at(pattern) or pattern.kind in (NOT_PRECEDED_BY, NOT_FOLLOWED_BY):
                    continue
                event = self.pair(pattern, log)
                if event is not None:
                    found[(event.source, event.id)] = event
        return sorted(found.values(), key=EVENT_ORDER)


cdef Taking NOTHING_WITH_VALUES = Taking(-1, -1, True, None, {})


cdef inline bint is_same(Event a, Event b):
    return a is b or (b is not None and a.id == b.id and a.source == b.source and a.rank == b.rank)


cdef inline object slot_text(Event event, int slot):
    """The text at a slot, or None."""
    if event.slots[slot].tag != TEXT:
        return None
    return <object> event.slots[slot].v.s
