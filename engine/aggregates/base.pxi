# What every aggregate is made of. One file beside this one adds one aggregate; its first comment is its documentation.


cdef class Aggregate:
    """One aggregate of the rule set, with its window. `result` reads entries [low, high) of a track."""

    cdef readonly int index
    cdef readonly int history
    cdef readonly Taking taking          # where it reads `this`: all events of its types
    cdef readonly Taking choice          # where it reads `this`: what is chosen of them, anew at each anchor; else None
    cdef readonly Window window
    cdef readonly bint previous
    cdef readonly bint single            # its evidence is the one event that its value comes from
    cdef long long at_least
    cdef int kind_out                    # a Tag
    cdef int *slots                      # by event type: where the values stand; NULL: in the track

    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        raise NotImplementedError

    cdef inline Value *value(self, Track track, Py_ssize_t i):
        """The value of an entry."""
        if self.slots is NULL:
            return &track.values[i]
        return &track.event(i).slots[self.slots[track.event(i).type]]

    cdef Py_ssize_t source(self, Py_ssize_t low, Py_ssize_t high) noexcept:
        """The entry that a `single` aggregate takes its value from."""
        return high - 1


cdef enum:
    FEW = 8                              # windows of so many entries are looked at anew each time: that costs less than to remember


@cython.no_gc
cdef class WindowSummary(Summary):
    """What a window [low, high) of a track comes to, for aggregates that entries can enter and leave in any order."""

    cdef Aggregate of
    cdef Py_ssize_t low
    cdef Py_ssize_t high

    def __cinit__(self, Aggregate of):
        self.of = of
        self.low = self.high = 0

    cdef int enter(self, Value *value) except -1:
        raise NotImplementedError

    cdef int leave(self, Value *value) except -1:
        raise NotImplementedError

    cdef int clear(self) except -1:
        """Make it that of no entries."""
        raise NotImplementedError

    cdef int move(self, Track track, Py_ssize_t low, Py_ssize_t high) except -1:
        """Make it that of another window, by what differs."""
        cdef Py_ssize_t differing = abs(low - self.low) + abs(high - self.high)
        if differing > high - low:
            self.clear()
            self.low = self.high = low
        while self.low > low:
            self.low -= 1
            self.enter(self.of.value(track, self.low))
        while self.high < high:
            self.enter(self.of.value(track, self.high))
            self.high += 1
        while self.low < low:
            self.leave(self.of.value(track, self.low))
            self.low += 1
        while self.high > high:
            self.high -= 1
            self.leave(self.of.value(track, self.high))
        return 0

    cdef int came(self, Track track, Py_ssize_t at) except -1:
        if at < self.high:
            self.high += 1
            if at <= self.low:
                self.low += 1
            else:
                self.enter(self.of.value(track, at))
        return 0

    cdef int goes(self, Track track, Py_ssize_t at) except -1:
        if at < self.high:
            self.high -= 1
            if at < self.low:
                self.low -= 1
            else:
                self.leave(self.of.value(track, at))
        return 0


cdef int compare_values(Value *a, Value *b) except -2:
    """-1, 0 or 1; both of one kind, neither missing."""
    cdef double x, y
    if a.tag == TEXT:
        if <object> a.v.s == <object> b.v.s:
            return 0
        return -1 if <object> a.v.s < <object> b.v.s else 1
    if a.tag == NUMBER or b.tag == NUMBER:
        x = a.v.n if a.tag == NUMBER else <double> a.v.i
        y = b.v.n if b.tag == NUMBER else <double> b.v.i
        return (x > y) - (x < y)
    return (a.v.i > b.v.i) - (a.v.i < b.v.i)
