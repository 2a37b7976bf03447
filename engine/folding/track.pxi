# A track: the events of one history that one question takes up, sorted by the moment they matter at.
#
# Every question that the fold asks of a history ("which settlements paid by somebody else", "which events are
# anchors of this rule", "which deadlines were set") is a `Taking`; per history key there is one `Track` for each,
# shared by all that ask the same. Windows are then two binary searches.
#
# Most questions take up every event of their types that has the field they ask for, and most events have it. Such a
# taking has a `base`, which takes up all; the track of the base is its own too, until an event comes that it does not take up.


cdef class Taking:
    """What is taken up: event types, each with conditions and a value; and the gap, for deadlines."""

    cdef readonly int index            # among the takings of its history
    cdef readonly int history
    cdef readonly bint has_values
    cdef readonly bint plain           # its values stand in the events as they are, so that no track need keep them
    cdef readonly bint asked           # a question of its own, not only the base of others
    cdef readonly Gap gap              # None: an entry's moment is its event's time
    cdef readonly dict choices         # event type -> tuple of (where code or -1, value code or -1)
    cdef readonly dict intakes         # event type -> Intake
    cdef Taking base                   # takes up all events of the same types; None: it is one, or its tracks share nothing
    cdef list uses                     # of Use: who must look again when the track changes
    cdef list uses_in_order            # the same, where nothing in the key's history is as late as the entry; but for the openers
    cdef list uses_that_wake           # the same, of which timers follow
    cdef list opening                  # the rules whose anchors it is, and whose tests are made as soon as an entry is put there
    cdef Opener *openers               # the same; first those that few events settle, from the one that needs the most
    cdef int openers_n
    cdef int settled_n                 # how many those are
    cdef int *slots                    # by event type: where its value stands; NULL: not `plain`

    def __cinit__(self, Machine machine, int index, int history, bint has_values, Gap gap, dict choices, bint shared=True):
        cdef Intake intake
        self.index = index
        self.history = history
        self.has_values = has_values
        self.gap = gap
        self.choices = choices
        self.intakes = {kind: Intake(self, machine, kind, options) for kind, options in choices.items()}
        self.base = None
        self.asked = False
        self.uses = []
        self.uses_in_order = []
        self.uses_that_wake = []
        self.opening = []
        self.openers = NULL
        self.openers_n = self.settled_n = 0
        self.slots = NULL
        self.plain = has_values and shared
        for intake in self.intakes.values():
            self.plain = self.plain and intake.n == 1 and intake.options[0].value_slot >= 0
        if self.plain:
            self.slots = <int *> calloc(machine.types_n, sizeof(int))
            if self.slots is NULL:
                raise MemoryError
            for kind, intake in self.intakes.items():
                self.slots[<int> kind] = intake.options[0].value_slot

    def __dealloc__(self):
        free(self.slots)
        free(self.openers)

    cdef int close(self) except -1:
        """All openers are known, or what few events come to has changed."""
        cdef Rule rule
        cdef Opener *opener
        self.opening.sort(key=fewest_to_open, reverse=True)
        self.openers_n = self.settled_n = 0
        free(self.openers)
        self.openers = <Opener *> calloc(max(len(self.opening), 1), sizeof(Opener))
        if self.openers is NULL:
            raise MemoryError
        for rule in self.opening:
            opener = &self.openers[self.openers_n]
            opener.rule = <PyObject *> rule
            opener.needed = fewest_to_open(rule)
            opener.place = rule.opener
            opener.unknown = rule.tested_whole and rule.tests[0].unknown
            self.openers_n += 1
            self.settled_n += opener.needed > 0
        return 0

    cdef inline int first_opener(self, int events) noexcept:
        """The first opener that so many events in a log do not settle: all before it need more."""
        cdef int low = 0, high = self.settled_n, middle
        while low < high:
            middle = (low + high) >> 1
            if self.openers[middle].needed > events:
                low = middle + 1
            else:
                high = middle
        return low

    cdef bint may_share(self):
        """Whether it takes up every event of its types, but for those without its field."""
        cdef Intake intake
        if self.gap is not None or (self.has_values and not self.plain):
            return False
        for intake in self.intakes.values():
            if not intake.is_open():
                return False
        return True

    cdef int takes(self, Machine machine, Frame frame, Event event, Value *value) except -1:
        """The same of its type's intake."""
        return (<Intake> self.intakes[event.type]).takes(machine, frame, event, value)


cdef struct Opener:
    PyObject *rule
    int needed                         # with fewer events in the log its condition is false; 0: that cannot be told
    int place                          # among the openers of its history
    bint unknown                       # its condition is a share, which is unknown of too few


def fewest_to_open(Rule rule):
    """With how many events less than this in the log its condition is false, whatever they are; 0: that cannot be told."""
    cdef int i
    cdef Py_ssize_t needed = 0
    cdef Test *test
    cdef Value nothing
    for i in range(rule.tests_n):
        test = &rule.tests[i]
        if test.sums:
            nothing.tag = test.constant.tag
            nothing.v.i = 0  # which is 0.0 too
            needed = max(needed, (<Sum> test.aggregate).entries_to(&nothing, &test.constant))
        elif not test.unknown:
            needed = max(needed, test.needed)
    return min(needed, EVENTS_MAX)


cdef enum:
    NO_VALUE = -1
    COMPUTED = -2
    BY_CODE = -1


cdef struct Option:
    int where                          # code of the condition; -1: none
    int tests_n                        # the same as tests, all of which must pass; BY_CODE: it is no such thing
    Test *tests
    int value                          # code of the value; -1: none
    int value_slot                     # where it stands; COMPUTED, NO_VALUE


@cython.final
cdef class Intake:
    """What one taking takes up of one event type: alternatives, each a condition and a value."""

    cdef readonly Taking taking
    cdef int n
    cdef Option *options

    def __cinit__(self, Taking taking, Machine machine, int type, tuple choices):
        cdef int i, code
        cdef Option *option
        self.taking = taking
        self.n = <int> len(choices)
        self.options = <Option *> calloc(self.n, sizeof(Option))
        if self.options is NULL:
            raise MemoryError
        for i in range(self.n):
            option = &self.options[i]
            option.where, option.value = choices[i]
            option.value_slot = NO_VALUE
            if option.where >= 0:
                self.read_tests(machine, type, option)
            if option.value >= 0:
                option.value_slot = COMPUTED
                tree = tree_of(machine, option.value)
                if tree[0] in ("field", "this"):
                    code = tree[1]
                    code = machine.accesses[code * machine.types_n + type]
                    option.value_slot = code if code >= 0 else COMPUTED

    cdef int read_tests(self, Machine machine, int type, Option *option) except -1:
        cdef int i
        parts = conjuncts(tree_of(machine, option.where))
        option.tests = <Test *> calloc(len(parts), sizeof(Test))
        if option.tests is NULL:
            raise MemoryError
        option.tests_n = <int> len(parts)
        for i in range(len(parts)):
            if not test_of_field(machine, parts[i], type, &option.tests[i]):
                option.tests_n = BY_CODE
                break
        return 0

    def __dealloc__(self):
        cdef int i
        if self.options is not NULL:
            for i in range(self.n):
                free(self.options[i].tests)
        free(self.options)

    cdef bint is_open(self):
        """Whether an alternative takes up every event that has the value it asks for."""
        cdef int i
        for i in range(self.n):
            if self.options[i].where < 0 and self.options[i].value_slot != COMPUTED:
                return True
        return False

    cdef int wants(self) except -3:
        """All that it asks of an event: a value in this slot; WHATEVER, AS_IT_SAYS."""
        if self.n > 1 or self.options[0].where >= 0 or self.options[0].value_slot == COMPUTED:
            return AS_IT_SAYS
        if self.options[0].value_slot == NO_VALUE:
            return WHATEVER
        return AS_IT_SAYS if self.taking.has_values and not self.taking.plain else self.options[0].value_slot

    cdef int takes(self, Machine machine, Frame frame, Event event, Value *value) except -1:
        """1 where the event is taken up (then `value` is set, owned by the caller; missing where it is `plain`), else 0."""
        cdef int i
        cdef Option *option
        value.tag = MISSING
        for i in range(self.n):
            option = &self.options[i]
            if option.where >= 0 and not is_met(option, machine, frame, event):
                continue
            if option.value_slot == NO_VALUE:
                return 1
            if option.value_slot >= 0:
                if event.slots[option.value_slot].tag == MISSING:
                    continue
                if self.taking.has_values and not self.taking.plain:
                    copy_value(value, &event.slots[option.value_slot])
                return 1
            machine.run(option.value, about(frame, event), value)
            if value.tag == MISSING:
                continue
            if not self.taking.has_values:
                release(value)
            return 1
        return 0


cdef enum:
    WHATEVER = -1
    AS_IT_SAYS = -2


cdef struct Watched:
    int slot                           # of a field
    PyObject *sum                      # the Sum that adds it up, and whose bounds tests go by


cdef struct Step:
    PyObject *taking
    PyObject *intake
    int slot                           # what has a value here is taken up; WHATEVER: all is; AS_IT_SAYS: the intake must be asked
    bint shares                        # its track is that of a base, as long as this takes up all
    bint timed                         # entries have moments of their own
    bint marks                         # somebody must look again even where nothing is as late as the entry


@cython.final
cdef class Entrance:
    """How the events of one type enter the histories of one kind."""

    cdef readonly list sums            # slot of a field, and the Sum that adds it up and whose bounds tests go by
    cdef readonly list all_intakes     # those that share a track before that which they share it with
    cdef Step *steps                   # the same, in short
    cdef int n
    cdef int *taken                    # room for as many numbers
    cdef Watched *watched              # the same as sums
    cdef int watched_n
    cdef int slot                      # of a key that is one text; -1: it is none
    cdef int raw_slot                  # where it stands as it was spelled; -1: nowhere

    def __cinit__(self):
        self.all_intakes = []
        self.sums = []
        self.slot = self.raw_slot = -1

    cdef int close(self) except -1:
        """All intakes are there."""
        cdef int i
        cdef Step *step
        cdef Intake intake
        self.all_intakes.sort(key=is_base)
        self.n = <int> len(self.all_intakes)
        self.steps = <Step *> calloc(self.n, sizeof(Step))
        self.taken = <int *> calloc(self.n, sizeof(int))
        self.watched_n = <int> len(self.sums)
        self.watched = <Watched *> calloc(max(self.watched_n, 1), sizeof(Watched))
        if self.steps is NULL or self.taken is NULL or self.watched is NULL:
            raise MemoryError
        for i in range(self.watched_n):
            self.watched[i].slot = self.sums[i][0]
            self.watched[i].sum = <PyObject *> self.sums[i][1]
        for i in range(self.n):
            step = &self.steps[i]
            intake = <Intake> self.all_intakes[i]
            step.intake = <PyObject *> intake
            step.taking = <PyObject *> intake.taking
            step.slot = intake.wants()
            step.shares = intake.taking.base is not None
            step.timed = intake.taking.gap is not None
            step.marks = len(intake.taking.uses_in_order) > 0
        return 0

    def __dealloc__(self):
        free(self.steps)
        free(self.watched)
        free(self.taken)


def is_base(Intake intake):
    """The key by which what shares a track comes before what it is shared with."""
    return intake.taking.base is None


cdef inline int takes_up(Step *step, Machine machine, Frame frame, Event event, Value *value) except -1:
    """The same as its intake's `takes`."""
    if step.slot == AS_IT_SAYS:
        return (<Intake> step.intake).takes(machine, frame, event, value)
    value.tag = MISSING
    return step.slot == WHATEVER or event.slots[step.slot].tag != MISSING


cdef inline bint is_met(Option *option, Machine machine, Frame frame, Event event) except -1:
    """Whether the condition of an alternative is true."""
    cdef int i
    cdef Test *test
    cdef Value out
    cdef bint truth
    if option.tests_n == BY_CODE:
        machine.run(option.where, about(frame, event), &out)
        truth = out.tag == BOOL and out.v.i != 0
        release(&out)
        return truth
    for i in range(option.tests_n):
        test = &option.tests[i]
        if test.slot < 0 or event.slots[test.slot].tag == MISSING or not fulfils(test, &event.slots[test.slot]):
            return False
    return True


cdef inline Frame about(Frame frame, Event event):
    """The frame, for a condition about this event."""
    if frame.current is not event:
        frame.current = event
    if frame.this is not event:
        frame.this = event
    frame.moment = event.time
    return frame


cdef struct Entry:
    long long moment
    PyObject *event                    # owned


# A track holds nothing that could lead back to it, so the search for cycles need not know of it: there are millions.
@cython.no_gc
@cython.final
cdef class Track:
    """Entries in the order of (moment, event)."""

    cdef Py_ssize_t n
    cdef Py_ssize_t capacity
    cdef Entry *entries
    cdef bint has_values
    cdef Value *values                 # in parallel; NULL: there are none, or they stand in the events
    cdef Summary sums                  # what aggregates remember here: the first of a chain

    def __cinit__(self, bint has_values):
        self.n = 0
        self.capacity = 0
        self.entries = NULL
        self.values = NULL
        self.has_values = has_values

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.n):
            Py_DECREF(<object> self.entries[i].event)
            if self.values is not NULL:
                release(&self.values[i])
        free(self.entries)
        free(self.values)

    cdef int reserve(self, Py_ssize_t capacity) except -1:
        cdef void *entries = realloc(self.entries, capacity * sizeof(Entry))
        cdef void *values
        if entries is NULL:
            raise MemoryError
        self.entries = <Entry *> entries
        if self.has_values:
            values = realloc(self.values, capacity * sizeof(Value))
            if values is NULL:
                raise MemoryError
            self.values = <Value *> values
        self.capacity = capacity
        return 0

    cdef Track copy(self):
        """Another one with the same entries, which have no values."""
        cdef Track other = Track(False)
        cdef Py_ssize_t i
        if self.n:
            other.reserve(self.n)
            memcpy(other.entries, self.entries, self.n * sizeof(Entry))
            for i in range(self.n):
                Py_INCREF(<object> self.entries[i].event)
            other.n = self.n
        return other

    cdef inline Event event(self, Py_ssize_t i):
        return <Event> self.entries[i].event

    cdef Py_ssize_t from_moment(self, long long moment) noexcept:
        """The first position at or after `moment`."""
        return self.after_moment(moment - 1)

    cdef Py_ssize_t after_moment(self, long long moment) noexcept:
        """The first position after `moment`. Searched from the end: mostly it is near, and what is near is in the processor's cache."""
        cdef Py_ssize_t low, high = self.n, step = 1, middle
        while step <= high and self.entries[high - step].moment > moment:
            high -= step
            step <<= 1
        low = 0 if step > high else high - step + 1
        while low < high:
            middle = (low + high) >> 1
            if self.entries[middle].moment <= moment:
                low = middle + 1
            else:
                high = middle
        return low

    cdef Py_ssize_t position(self, long long moment, Event event) except -1:
        """Where the entry belongs: after all that come before it in order."""
        cdef Py_ssize_t high = self.after_moment(moment), low, middle
        if high == 0 or self.entries[high - 1].moment != moment:
            return high
        low = self.from_moment(moment)
        while low < high:
            middle = (low + high) >> 1
            if event_before(event, self.event(middle)):
                high = middle
            else:
                low = middle + 1
        return low

    cdef Py_ssize_t add(self, long long moment, Event event, Value *value) except -1:
        """Put an entry in its place; takes over the reference that `value` owns. Gives the place."""
        cdef Py_ssize_t at = self.n, rest = 0
        if at and self.entries[at - 1].moment >= moment:
            at = self.position(moment, event)
            rest = self.n - at
        if self.n == self.capacity:
            self.reserve(self.n + 1 if self.n < 4 else self.n + (self.n >> 1))
        if rest:
            memmove(self.entries + at + 1, self.entries + at, rest * sizeof(Entry))
        self.entries[at].moment = moment
        self.entries[at].event = <PyObject *> event
        Py_INCREF(event)
        if self.values is not NULL:
            if rest:
                memmove(self.values + at + 1, self.values + at, rest * sizeof(Value))
            self.values[at] = value[0]
        self.n += 1
        cdef Summary summary
        if rest:
            summary = self.sums
            while summary is not None:
                summary.came(self, at)
                summary = summary.others
        return at

    cdef int remove(self, long long moment, Event event) except -1:
        """Take the entry of this event out. It must be there."""
        cdef Py_ssize_t at = self.from_moment(moment)
        cdef Summary summary = self.sums
        while at < self.n and self.event(at) is not event:
            at += 1
        if at == self.n:
            raise AssertionError(f"the event {event.id} is not in its track")
        while summary is not None:
            summary.goes(self, at)
            summary = summary.others
        if self.values is not NULL:
            release(&self.values[at])
        cdef Py_ssize_t rest = self.n - at - 1
        self.n -= 1
        if rest:
            memmove(self.entries + at, self.entries + at + 1, rest * sizeof(Entry))
            if self.values is not NULL:
                memmove(self.values + at, self.values + at + 1, rest * sizeof(Value))
        Py_DECREF(event)
        return 0

    cdef Py_ssize_t forget(self, long long time, Gap gap, dict parents) except -1:
        """Drop the entries of events of this time or before it; how many were dropped. `gap`: by which moments are later than their
        events; None: none are. `parents`: by event type the slot of a text, and the first entry of each run with the same text stays; None:
        nothing stays."""
        cdef Py_ssize_t i, kept = 0, last = self.after_moment(time if gap is None else time + gap.longest_us), dropped
        cdef Event event
        cdef object parent, before = None
        for i in range(last):
            event = self.event(i)
            if event.time > time:
                stays = True
            elif parents is None:
                stays = False
            else:
                parent = slot_text(event, <int> parents[event.type])
                stays = parent is not None and parent != before
                if stays:
                    before = parent
            if stays:
                self.entries[kept] = self.entries[i]
                if self.values is not NULL:
                    self.values[kept] = self.values[i]
                kept += 1
            else:
                if self.values is not NULL:
                    release(&self.values[i])
                Py_DECREF(<object> self.entries[i].event)
        dropped = last - kept
        if not dropped:
            return 0
        memmove(self.entries + kept, self.entries + last, (self.n - last) * sizeof(Entry))
        if self.values is not NULL:
            memmove(self.values + kept, self.values + last, (self.n - last) * sizeof(Value))
        self.n -= dropped
        self.sums = None  # they know places
        if 2 * self.n < self.capacity:
            self.reserve(max(self.n, <Py_ssize_t> 1))
        return dropped

    cdef Summary summary(self, int aggregate):
        """What the aggregate remembers here, or None."""
        cdef Summary summary = self.sums
        while summary is not None and summary.aggregate != aggregate:
            summary = summary.others
        return summary

    cdef int remember(self, int aggregate, Summary summary) except -1:
        """Keep what an aggregate has summed up, for its next question."""
        summary.aggregate = aggregate
        summary.others = self.sums
        self.sums = summary
        return 0


@cython.no_gc
cdef class Summary:
    """What an aggregate remembers about a window of a track, so that the next one costs only what is new in it."""

    cdef int aggregate
    cdef Summary others                # of the same track

    cdef int came(self, Track track, Py_ssize_t at) except -1:
        """An entry was put in at this position, and there are later ones."""
        raise NotImplementedError

    cdef int goes(self, Track track, Py_ssize_t at) except -1:
        """The entry at this position is about to be taken out."""
        raise NotImplementedError
