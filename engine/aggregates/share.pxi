# share(EVENT where c [among d] at least N) -> number
# Of the events for which d holds and c is known: the part for which c holds. Missing where there are fewer than N.
# Example: `share(breath_test where alcohol_field < 20 at least 20) within officer over 90d`; 5 of 20 is 0.25.


cdef class ShareSummary(Summary):
    """`holding[i]`: how many of the entries before i hold."""

    cdef Py_ssize_t built
    cdef Py_ssize_t room
    cdef unsigned int *holding

    def __cinit__(self):
        self.built = self.room = 0
        self.holding = NULL

    def __dealloc__(self):
        free(self.holding)

    cdef int forget(self, Py_ssize_t at) except -1:
        if at < self.built:
            self.built = at
        return 0


cdef class Share(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        cdef void *memory
        cdef Py_ssize_t room
        if low == high or high - low < self.at_least:
            out.tag = MISSING
            return 0
        cdef ShareSummary summary = <ShareSummary> track.summary(self.index)
        if summary is None:
            summary = ShareSummary()
            track.remember(self.index, summary)
        if high + 1 > summary.room:
            room = max(high + 1, summary.room * 2, 8)
            memory = realloc(summary.holding, room * sizeof(int))
            if memory is NULL:
                raise MemoryError
            summary.holding = <unsigned int *> memory
            summary.room = room
            summary.holding[0] = 0
        while summary.built < high:
            summary.holding[summary.built + 1] = summary.holding[summary.built] + <unsigned int> (track.values[summary.built].v.i != 0)
            summary.built += 1
        out.tag = NUMBER
        out.v.n = <double> (summary.holding[high] - summary.holding[low]) / <double> (high - low)
        return 0
