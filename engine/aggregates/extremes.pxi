# min(X [where c]), max(X [where c]) -> the type of X
# The least and the greatest value in the window. Of none: missing.
# Example: `max(breath_test.alcohol_field) within case` with 30, 196, 80 is 196.


@cython.no_gc
cdef class ExtremeSummary(Summary):
    """The entries of [low, high) that may still become the extreme: each beats all after it."""

    cdef Py_ssize_t low
    cdef Py_ssize_t high
    cdef Py_ssize_t first                # the first candidate in `candidates`
    cdef Py_ssize_t count                # one past the last
    cdef Py_ssize_t room
    cdef Py_ssize_t *candidates

    def __cinit__(self):
        self.low = self.high = self.first = self.count = self.room = 0
        self.candidates = NULL

    def __dealloc__(self):
        free(self.candidates)

    cdef int came(self, Track track, Py_ssize_t at) except -1:
        if at < self.high:
            self.low = self.high = self.first = self.count = 0
        return 0

    cdef int goes(self, Track track, Py_ssize_t at) except -1:
        return self.came(track, at)

    cdef int push(self, Extreme of, Track track, Py_ssize_t at) except -1:
        cdef void *memory
        cdef Value *value = of.value(track, at)
        while self.count > self.first and compare_values(value, of.value(track, self.candidates[self.count - 1])) * of.sign >= 0:
            self.count -= 1
        if self.count == self.room:
            if self.first > self.room // 2:
                memmove(self.candidates, self.candidates + self.first, (self.count - self.first) * sizeof(Py_ssize_t))
                self.count -= self.first
                self.first = 0
            else:
                memory = realloc(self.candidates, (self.room * 2 + 8) * sizeof(Py_ssize_t))
                if memory is NULL:
                    raise MemoryError
                self.candidates = <Py_ssize_t *> memory
                self.room = self.room * 2 + 8
        self.candidates[self.count] = at
        self.count += 1
        return 0


cdef class Extreme(Aggregate):
    cdef int sign                        # 1: max, -1: min

    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        cdef Py_ssize_t i, best
        if low == high:
            out.tag = MISSING
            return 0
        if high - low <= FEW:
            best = low
            for i in range(low + 1, high):
                if compare_values(self.value(track, i), self.value(track, best)) * self.sign >= 0:
                    best = i
            copy_value(out, self.value(track, best))
            return 0
        cdef ExtremeSummary summary = <ExtremeSummary> track.summary(self.index)
        if summary is None:
            summary = ExtremeSummary()
            track.remember(self.index, summary)
        if low < summary.low or high < summary.high or low > summary.high:
            summary.high = low
            summary.first = summary.count = 0
        while summary.high < high:
            summary.push(self, track, summary.high)
            summary.high += 1
        summary.low = low
        while summary.candidates[summary.first] < low:
            summary.first += 1
        copy_value(out, self.value(track, summary.candidates[summary.first]))
        return 0
