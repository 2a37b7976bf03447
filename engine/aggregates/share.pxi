# share(EVENT where c [among d] at least N) -> number
# Of the events for which d holds and c is known: the part for which c holds. Missing where there are fewer than N.
# Example: `share(breath_test where alcohol_field < 20 at least 20) within officer over 90d`; 5 of 20 is 0.25.


@cython.no_gc
cdef class ShareSummary(WindowSummary):
    cdef Py_ssize_t holding

    cdef int enter(self, Value *value) except -1:
        self.holding += value.v.i != 0
        return 0

    cdef int leave(self, Value *value) except -1:
        self.holding -= value.v.i != 0
        return 0

    cdef int clear(self) except -1:
        self.holding = 0
        return 0


cdef class Share(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        if low == high or high - low < self.at_least:
            out.tag = MISSING
            return 0
        cdef ShareSummary summary = <ShareSummary> track.summary(self.index)
        if summary is None:
            summary = ShareSummary(self)
            track.remember(self.index, summary)
        summary.move(track, low, high)
        out.tag = NUMBER
        out.v.n = <double> summary.holding / <double> (high - low)
        return 0
