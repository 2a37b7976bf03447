# distinct(X [where c]) -> integer
# How many different values there are in the window. Of none: 0.
# Example: `distinct(settlement.vehicle) within licence over 365d` with vehicles A, B, A is 2.


cdef class DistinctSummary(Summary):
    cdef Py_ssize_t low
    cdef Py_ssize_t high
    cdef dict counts

    def __cinit__(self):
        self.low = self.high = 0
        self.counts = {}

    cdef int forget(self, Py_ssize_t at) except -1:
        if at < self.high:
            self.low = self.high = 0
            self.counts.clear()
        return 0


cdef class Distinct(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        cdef DistinctSummary summary = <DistinctSummary> track.summary(self.index)
        cdef object value, count
        if summary is None:
            summary = DistinctSummary()
            track.remember(self.index, summary)
        if low < summary.low or high < summary.high or low > summary.high:
            summary.low = summary.high = low
            summary.counts.clear()
        while summary.high < high:
            value = value_object(&track.values[summary.high])
            summary.counts[value] = summary.counts.get(value, 0) + 1
            summary.high += 1
        while summary.low < low:
            value = value_object(&track.values[summary.low])
            count = summary.counts[value]
            if count == 1:
                del summary.counts[value]
            else:
                summary.counts[value] = count - 1
            summary.low += 1
        out.tag = INT
        out.v.i = len(summary.counts)
        return 0
