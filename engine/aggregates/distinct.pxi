# distinct(X [where c]) -> integer
# How many different values there are in the window. Of none: 0.
# Example: `distinct(settlement.vehicle) within licence over 365d` with vehicles A, B, A is 2.


@cython.no_gc
cdef class DistinctSummary(WindowSummary):
    cdef dict counts

    def __cinit__(self, Aggregate of):
        self.counts = {}

    cdef int enter(self, Value *value) except -1:
        cdef object what = value_object(value)
        self.counts[what] = self.counts.get(what, 0) + 1
        return 0

    cdef int leave(self, Value *value) except -1:
        cdef object what = value_object(value)
        cdef object count = self.counts[what]
        if count == 1:
            del self.counts[what]
        else:
            self.counts[what] = count - 1
        return 0

    cdef int clear(self) except -1:
        self.counts.clear()
        return 0


cdef class Distinct(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        cdef DistinctSummary summary
        cdef Py_ssize_t i
        out.tag = INT
        if high - low <= 1:
            out.v.i = high - low
            return 0
        if high - low <= FEW:
            out.v.i = len({value_object(self.value(track, i)) for i in range(low, high)})
            return 0
        summary = <DistinctSummary> track.summary(self.index)
        if summary is None:
            summary = DistinctSummary(self)
            track.remember(self.index, summary)
        summary.move(track, low, high)
        out.v.i = len(summary.counts)
        return 0
