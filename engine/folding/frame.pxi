# Looking at a rule at an anchor: the frame that gives the machine its aggregates and patterns.


cdef Track EMPTY = Track(False)
cdef int EVENTS_MAX = 0x7FFFFFFF


# A log owns its findings and its events, none of which leads back to it, so the search for cycles need not know of it.
@cython.no_gc
@cython.final
cdef class Log:
    """All that is kept of one key of one history: its tracks, and the findings of the rules whose scope it is."""

    cdef PyObject *history               # which owns it; NULL: of rules that keep no log
    cdef readonly tuple key
    cdef PyObject **tracks               # owned Tracks by the taking's ordinal; NULL: it has none of its own
    cdef int tracks_n
    cdef int[3] dirt                     # by layer: its first entry among the fold's dirt; -1: none
    cdef bint parted                     # a taking that has a base has a track of its own
    cdef int events                      # how many were put into it; EVENTS_MAX: so many or more
    cdef int turn                        # the history's, when these were told:
    cdef int *rests                      # by opener: with fewer events its tests come to what they came to last; NULL: none rests
    cdef dict standing                   # by the rule's ordinal: openings in order, also those not drawn; None: none
    cdef Py_ssize_t longest              # entries of its longest track
    cdef long long latest                # time of its latest event
    cdef long long received              # of its latest received event; ALWAYS: none is there, and it does not count against the limits

    def __cinit__(self, History history, tuple key):
        self.history = NULL if history is None else <PyObject *> history
        self.key = key
        self.tracks = NULL
        self.tracks_n = 0
        self.dirt[0] = self.dirt[1] = self.dirt[2] = -1
        self.parted = False
        self.events = 0
        self.rests = NULL
        self.standing = None
        self.longest = 0
        self.latest = ALWAYS
        self.received = ALWAYS

    def __dealloc__(self):
        cdef int i
        for i in range(self.tracks_n):
            if self.tracks[i] is not NULL:
                Py_DECREF(<object> self.tracks[i])
        free(self.tracks)
        free(self.rests)

    cdef inline Track own_track(self, Taking taking):
        """The track that is of this taking alone, or of a base; None: there is none."""
        return <Track> self.tracks[taking.index] if taking.index < self.tracks_n and self.tracks[taking.index] is not NULL else None

    cdef inline Track track(self, Taking taking):
        """The track of a taking, made when it is first asked for."""
        if taking.index < self.tracks_n and self.tracks[taking.index] is not NULL:
            return <Track> self.tracks[taking.index]
        return self.new_track(taking) if taking.base is None else self.track_of_base(taking.base)

    cdef inline Track read(self, Taking taking):
        """The track of a taking, not to be written."""
        if taking.index < self.tracks_n and self.tracks[taking.index] is not NULL:
            return <Track> self.tracks[taking.index]
        cdef Track track = None if taking.base is None else self.own_track(taking.base)
        return EMPTY if track is None else track

    cdef Track track_of_base(self, Taking base):
        cdef Track track = self.own_track(base)
        return self.new_track(base) if track is None else track

    cdef Track new_track(self, Taking taking):
        return self.keep(taking, Track(taking.has_values and not taking.plain))

    cdef Track keep(self, Taking taking, Track track):
        """Let this be the taking's own track."""
        cdef int i
        cdef void *grown
        if taking.index >= self.tracks_n:
            grown = realloc(self.tracks, (taking.index + 1) * sizeof(PyObject *))
            if grown is NULL:
                raise MemoryError
            self.tracks = <PyObject **> grown
            for i in range(self.tracks_n, taking.index + 1):
                self.tracks[i] = NULL
            self.tracks_n = taking.index + 1
        Py_INCREF(track)
        self.tracks[taking.index] = <PyObject *> track
        return track

    cdef int part(self, Taking taking) except -1:
        """The next event is not taken up, while the base takes it: from here on the tracks are two."""
        cdef Track base
        if self.parted and self.own_track(taking) is not None:
            return 0
        base = self.track_of_base(taking.base)
        base.sums = None  # some may be the taking's
        self.keep(taking, base.copy())
        self.parted = True
        return 0

    cdef int rest(self, Opener *opener, int openers_n, Py_ssize_t events) except -1:
        """The opener's tests come to the same until so many events more have come. What is kept of that for each opener takes less room
        than the events do: where they are few, nothing is."""
        if self.rests is NULL:
            if 4 * <Py_ssize_t> self.events < openers_n:
                return 0
            self.rests = <int *> calloc(openers_n, sizeof(int))
            if self.rests is NULL:
                raise MemoryError
        elif self.turn != (<History> self.history).turn:
            memset(self.rests, 0, openers_n * sizeof(int))
        self.turn = (<History> self.history).turn
        self.rests[opener.place] = <int> min(self.events + events, <Py_ssize_t> EVENTS_MAX)
        return 0

    cdef list openings(self, Rule rule):
        """The openings of a rule's findings, to be read and written."""
        if self.standing is None:
            self.standing = {}
        if rule.ordinal not in self.standing:
            self.standing[rule.ordinal] = []
        return <list> self.standing[rule.ordinal]

    cdef list opened(self, Rule rule):
        """The same to be read; None: there are none."""
        return None if self.standing is None else <list> self.standing.get(rule.ordinal)


cdef extern from *:
    """
    /* Ask for what will be read soon, and go on. A cache line has 64 bytes. */
    #if defined(__GNUC__)
    #define fetch(at) __builtin_prefetch(at)
    #else
    #define fetch(at) ((void)0)
    #endif
    """
    void fetch(const void *at) noexcept


cdef inline void fetch_log(Log log) noexcept:
    """The log itself."""
    fetch(<PyObject *> log)
    fetch(<char *> <PyObject *> log + 64)
    fetch(<char *> <PyObject *> log + 128)


cdef inline int fetch_track(Log log) except -1:
    """The track that nearly every event goes into: that of the first taking, which most others share."""
    if log.tracks_n:
        fetch(log.tracks[0])
    return 0


cdef inline PyObject *track_at(Log log, int own, int base) except? NULL:
    """The track of a taking, by its number and by that of its base (-1: none); NULL: nothing was taken up. Lent, not given."""
    if own < log.tracks_n and log.tracks[own] is not NULL:
        return log.tracks[own]
    return log.tracks[base] if 0 <= base < log.tracks_n else NULL


cdef bint falls_short(Test *test, Log log, long long moment, Py_ssize_t *rest) except -1:
    """Whether fewer entries than are needed are in the window; then `rest`: until the log has so many more events, there will be fewer at
    any later moment. Windows only move on, so that what is behind them does not come back."""
    cdef Aggregate aggregate
    cdef PyObject *found = track_at(log, test.track, test.base)
    cdef Py_ssize_t n = 0 if found is NULL else (<Track> found).n, low, high
    if n < test.needed:
        rest[0] = test.needed - n
        return True
    aggregate = <Aggregate> test.aggregate
    if test.length_us and (<Track> found).entries[n - 1].moment <= moment:
        # Are so many of the latest entries in the window?
        if (<Track> found).entries[n - test.needed].moment > moment - test.length_us:
            return False
        low, high = (<Track> found).after_moment(moment - test.length_us), n
    else:
        aggregate.window.bounds(<Track> found, moment, aggregate.previous, False, &low, &high)
        if high - low >= test.needed:
            return False
    rest[0] = max(test.needed - (n - low), 0)  # of the window before this one, what is in this comes to be
    return True


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

    cdef Verdict glance(self, Rule rule, Log log, Event this, long long moment, Py_ssize_t *rest) except *:
        """What the rule's tests tell of its condition at an anchor. `rest`: until the log has so many more events, they will tell the same
        of anchors in order; 0: that cannot be told."""
        cdef Test *test
        cdef int i
        for i in range(rule.tests_n):
            test = &rule.tests[i]
            rest[0] = 0
            if test.needed and falls_short(test, log, moment, rest):
                if not test.unknown:
                    return NO
                if rule.tested_whole:
                    return UNKNOWN
            elif not test.counts and self.fails(test, rule, log, this, moment, rest):
                return NO
        rest[0] = 0
        return PERHAPS

    cdef bint fails(self, Test *test, Rule rule, Log log, Event this, long long moment, Py_ssize_t *rest) except -1:
        """Whether a test that needs more than to count is false."""
        cdef Aggregate aggregate
        cdef Track track
        cdef Value value
        cdef Py_ssize_t low, high
        if test.pattern is not NULL:
            self.at(rule, log, this, moment)
            return not self.shows(<Pattern> test.pattern, log)
        aggregate = <Aggregate> test.aggregate
        track = log.read(aggregate.taking)
        aggregate.window.bounds(track, moment, aggregate.previous, False, &low, &high)
        value.tag = MISSING
        aggregate.result(track, low, high, &value)
        if value.tag != test.constant.tag:
            release(&value)
            return False
        if fulfils(test, &value):
            return False
        if test.sums:
            rest[0] = (<Sum> aggregate).entries_to(&value, &test.constant)
        elif test.needed and not test.unknown and not aggregate.previous and value.v.i < test.needed:
            rest[0] = test.needed - value.v.i  # an entry more is at most a value more
        return True

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
            found = other.log(name_of(tuple(key)))
            if found is None:
                found = other.nothing
        self.others[history] = found
        return found

    cdef Track chosen(self, Taking choice, Track track, Py_ssize_t low, Py_ssize_t high):
        """What of these entries is taken up at this anchor: for conditions that read `this`."""
        cdef Track taken = Track(choice.has_values)
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
            return EMPTY
        track = log.read(aggregate.taking)
        aggregate.window.bounds(track, self.moment, aggregate.previous, False, low, high)
        if aggregate.choice is not None:
            track = self.chosen(aggregate.choice, track, low[0], high[0])
            low[0] = 0
            high[0] = track.n
        return track

    cdef bint looks_at(self, Pattern pattern) except -1:
        """Whether the anchor event is the one on which this pattern is looked at."""
        cdef Value value
        cdef Intake intake
        if pattern.looked_at is None or self.this is None:
            return False
        intake = pattern.looked_at.intakes.get(self.this.type)
        return intake is not None and intake.takes(self.machine, self.inner, self.this, &value) != 0

    cdef Event pair(self, Pattern pattern, Log log):
        """The last of the events that pair with the anchor event; None: there is none."""
        cdef Track track
        cdef Py_ssize_t low, high, i
        cdef Event event
        if pattern.other is None:
            return None
        track = log.read(pattern.other)
        if pattern.kind == NOT_FOLLOWED_BY:
            low = track.from_moment(self.this.time)
            high = track.after_moment(self.moment)
        else:
            # A window that is all that is retained is left-open; one written with `over` bounds the gap, both ends included.
            pattern.window.bounds(track, self.this.time, False, pattern.window.closed, &low, &high)
        if pattern.foremost is not None and high - low > 1:
            event = track.event(pattern.foremost.place(track, low, high))
            if not self.pairs(pattern.choice, event):
                return None
        for i in range(high - 1, low - 1, -1):
            event = track.event(i)
            if event.time == self.this.time and is_same(event, self.this):
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
        out.v.i = self.shows(pattern, log)
        return 0

    cdef bint shows(self, Pattern pattern, Log log) except -1:
        """Whether the pattern is there at the anchor event."""
        if not self.looks_at(pattern):
            return False
        return (self.pair(pattern, log) is not None) == (pattern.kind == FOLLOWED_BY or pattern.kind == PRECEDED_BY)

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


cdef inline bint is_same(Event a, Event b):
    return a is b or (b is not None and a.id == b.id and a.source == b.source and a.rank == b.rank)


cdef inline object slot_text(Event event, int slot):
    """The text at a slot, or None."""
    if event.slots[slot].tag != TEXT:
        return None
    return <object> event.slots[slot].v.s
