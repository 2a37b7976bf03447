# A track: the events of one history that one question takes up, sorted by the moment they matter at.
#
# Every question that the fold asks of a history ("which settlements paid by somebody else", "which events are
# anchors of this rule", "which deadlines were set") is a `Taking`; per history key there is one `Track` for each,
# shared by all that ask the same. Windows are then two binary searches.


cdef class Taking:
    """What is taken up: event types, each with conditions and a value; and the gap, for deadlines."""

    cdef readonly int index            # among the takings of the rule set
    cdef readonly int history
    cdef readonly bint has_values
    cdef readonly Gap gap              # None: an entry's moment is its event's time
    cdef readonly dict choices         # event type -> tuple of (where code or -1, value code or -1)
    cdef readonly dict intakes         # event type -> Intake
    cdef list uses                     # of Use: who must look again when the track changes

    def __init__(self, int index, int history, bint has_values, Gap gap, dict choices):
        self.index = index
        self.history = history
        self.has_values = has_values
        self.gap = gap
        self.choices = choices
        self.intakes = {kind: Intake(self, options) for kind, options in choices.items()}
        self.uses = []

    cdef int takes(self, Machine machine, Frame frame, Event event, Value *value) except -1:
        """The same of its type's intake."""
        return (<Intake> self.intakes[event.type]).takes(machine, frame, event, value)


cdef class Intake:
    """What one taking takes up of one event type: alternatives, each a condition (-1: none) and a value (-1: none)."""

    cdef readonly Taking taking
    cdef int n
    cdef int *wheres
    cdef int *values

    def __cinit__(self, Taking taking, tuple choices):
        cdef int i
        self.taking = taking
        self.n = <int> len(choices)
        self.wheres = <int *> malloc(self.n * sizeof(int))
        self.values = <int *> malloc(self.n * sizeof(int))
        if self.wheres is NULL or self.values is NULL:
            raise MemoryError
        for i in range(self.n):
            self.wheres[i], self.values[i] = choices[i]

    def __dealloc__(self):
        free(self.wheres)
        free(self.values)

    cdef int takes(self, Machine machine, Frame frame, Event event, Value *value) except -1:
        """1 where the event is taken up (then `value` is set, owned by the caller), else 0."""
        cdef int i
        cdef Value out
        value.tag = MISSING
        for i in range(self.n):
            if self.wheres[i] >= 0:
                out.tag = MISSING
                machine.run(self.wheres[i], about(frame, event), &out)
                if not (out.tag == BOOL and out.v.i):
                    release(&out)
                    continue
            if self.values[i] >= 0:
                machine.run(self.values[i], about(frame, event), value)
                if value.tag == MISSING:
                    continue
            return 1
        return 0


cdef inline Frame about(Frame frame, Event event):
    """The frame, for a condition about this event."""
    if frame.current is not event:
        frame.current = event
    if frame.this is not event:
        frame.this = event
    frame.moment = event.time
    return frame


# A track holds nothing that could lead back to it, so the search for cycles need not know of it: there are millions.
@cython.no_gc
cdef class Track:
    """Entries in the order of (moment, event): parallel arrays, so that a search touches only the moments."""

    cdef Taking taking
    cdef Py_ssize_t n
    cdef Py_ssize_t capacity
    cdef long long *moments
    cdef PyObject **events
    cdef Value *values                 # NULL where the taking has no values
    cdef int summed_by                 # the aggregate that `sums` belongs to; most tracks have no other
    cdef Summary sums
    cdef dict more_sums                # aggregate index -> Summary, of further ones

    def __cinit__(self, Taking taking):
        self.taking = taking
        self.n = 0
        self.capacity = 0
        self.moments = NULL
        self.events = NULL
        self.values = NULL
        self.summed_by = -1

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.n):
            Py_DECREF(<object> self.events[i])
            if self.values is not NULL:
                release(&self.values[i])
        free(self.moments)
        free(self.events)
        free(self.values)

    cdef int grow(self) except -1:
        cdef Py_ssize_t capacity = 4 if self.capacity == 0 else self.capacity * 2
        cdef void *moments = realloc(self.moments, capacity * sizeof(long long))
        if moments is NULL:
            raise MemoryError
        self.moments = <long long *> moments
        cdef void *events = realloc(self.events, capacity * sizeof(PyObject *))
        if events is NULL:
            raise MemoryError
        self.events = <PyObject **> events
        cdef void *values
        if self.taking.has_values:
            values = realloc(self.values, capacity * sizeof(Value))
            if values is NULL:
                raise MemoryError
            self.values = <Value *> values
        self.capacity = capacity
        return 0

    cdef inline Event event(self, Py_ssize_t i):
        return <Event> self.events[i]

    cdef Py_ssize_t from_moment(self, long long moment) noexcept:
        """The first position at or after `moment`."""
        cdef Py_ssize_t low = 0, high = self.n, middle
        if high == 0 or self.moments[high - 1] < moment:
            return high
        while low < high:
            middle = (low + high) >> 1
            if self.moments[middle] < moment:
                low = middle + 1
            else:
                high = middle
        return low

    cdef Py_ssize_t after_moment(self, long long moment) noexcept:
        """The first position after `moment`."""
        cdef Py_ssize_t low = 0, high = self.n, middle
        if high == 0 or self.moments[high - 1] <= moment:
            return high
        while low < high:
            middle = (low + high) >> 1
            if self.moments[middle] <= moment:
                low = middle + 1
            else:
                high = middle
        return low

    cdef Py_ssize_t position(self, long long moment, Event event) except -1:
        """Where the entry belongs: after all that come before it in order."""
        cdef Py_ssize_t at = self.after_moment(moment)
        while at > 0 and self.moments[at - 1] == moment and event_before(event, self.event(at - 1)):
            at -= 1
        return at

    cdef Py_ssize_t add(self, long long moment, Event event, Value *value) except -1:
        """Put an entry in its place; takes over the reference that `value` owns. Gives the place."""
        cdef Py_ssize_t at = self.position(moment, event)
        if self.n == self.capacity:
            self.grow()
        cdef Py_ssize_t rest = self.n - at
        if rest:
            memmove(self.moments + at + 1, self.moments + at, rest * sizeof(long long))
            memmove(self.events + at + 1, self.events + at, rest * sizeof(PyObject *))
        self.moments[at] = moment
        self.events[at] = <PyObject *> event
        Py_INCREF(event)
        if self.values is not NULL:
            if rest:
                memmove(self.values + at + 1, self.values + at, rest * sizeof(Value))
            self.values[at] = value[0]
        self.n += 1
        if rest:
            self.forget(at)
        return at

    cdef int remove(self, long long moment, Event event) except -1:
        """Take the entry of this event out. It must be there."""
        cdef Py_ssize_t at = self.from_moment(moment)
        while at < self.n and self.event(at) is not event:
            at += 1
        if at == self.n:
            raise AssertionError(f"the event {event.id} is not in its track")
        if self.values is not NULL:
            release(&self.values[at])
        cdef Py_ssize_t rest = self.n - at - 1
        self.n -= 1
        if rest:
            memmove(self.moments + at, self.moments + at + 1, rest * sizeof(long long))
            memmove(self.events + at, self.events + at + 1, rest * sizeof(PyObject *))
            if self.values is not NULL:
                memmove(self.values + at, self.values + at + 1, rest * sizeof(Value))
        self.forget(at)
        Py_DECREF(event)
        return 0

    cdef int forget(self, Py_ssize_t at) except -1:
        """What was summed up from position `at` on no longer holds."""
        cdef Summary summary
        if self.sums is not None:
            self.sums.forget(at)
        if self.more_sums is not None:
            for summary in self.more_sums.values():
                summary.forget(at)
        return 0

    cdef Summary summary(self, int aggregate):
        """What the aggregate remembers here, or None."""
        if self.summed_by == aggregate:
            return self.sums
        return None if self.more_sums is None else <Summary> self.more_sums.get(aggregate)

    cdef int remember(self, int aggregate, Summary summary) except -1:
        """Keep what an aggregate has summed up, for its next question."""
        if self.summed_by < 0:
            self.summed_by = aggregate
            self.sums = summary
        else:
            if self.more_sums is None:
                self.more_sums = {}
            self.more_sums[aggregate] = summary
        return 0


cdef class Summary:
    """What an aggregate remembers about a track, so that the next window costs only what is new in it."""

    cdef int forget(self, Py_ssize_t at) except -1:
        """Entries at position `at` and after have changed."""
        raise NotImplementedError
