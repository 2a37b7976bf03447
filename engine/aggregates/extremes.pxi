# min(X [where c]), max(X [where c]) -> the type of X
# The least and the greatest value in the window. Of none: missing.
# Example: `max(breath_test.alcohol_field) within case` with 30, 196, 80 is 196.


@cython.no_gc
cdef class ExtremeSummary(Summary):
    """The entries of [low, high) that may still become the extreme: each beats all after it."""

    cdef Extreme of
    cdef Py_ssize_t low
    cdef Py_ssize_t high
    cdef Py_ssize_t first                # the first candidate in `candidates`
    cdef Py_ssize_t count                # one past the last
    cdef Py_ssize_t room
    cdef Py_ssize_t *candidates

    def __cinit__(self, Extreme of):
        self.of = of
        self.low = self.high = self.first = self.count = self.room = 0
        self.candidates = NULL

    def __dealloc__(self):
        free(self.candidates)

    cdef int came(self, Track track, Py_ssize_t at) except -1:
        cdef Py_ssize_t i, place = self.count, kept
        cdef Value *value
        if at >= self.high:
            return 0
        self.high += 1
        while place > self.first and self.candidates[place - 1] >= at:
            place -= 1
        for i in range(place, self.count):
            self.candidates[i] += 1
        if at <= self.low:
            self.low += 1
            return 0
        value = self.of.value(track, at)
        if place < self.count and self.of.beats(self.of.value(track, self.candidates[place]), value):
            return 0  # something later is as good
        kept = place
        while kept > self.first and self.of.beats(value, self.of.value(track, self.candidates[kept - 1])):
            kept -= 1
        if kept == place:
            self.make_room(&place)
            memmove(self.candidates + place + 1, self.candidates + place, (self.count - place) * sizeof(Py_ssize_t))
            self.count += 1
            kept = place
        else:
            memmove(self.candidates + kept + 1, self.candidates + place, (self.count - place) * sizeof(Py_ssize_t))
            self.count -= place - kept - 1
        self.candidates[kept] = at
        return 0

    cdef int goes(self, Track track, Py_ssize_t at) except -1:
        if at < self.high:  # it may have hidden others
            self.low = self.high = self.first = self.count = 0
        return 0

    cdef int make_room(self, Py_ssize_t *place) except -1:
        """Let there be room for one more at the end; `place` stays the same candidate's."""
        cdef void *memory
        if self.count < self.room:
            return 0
        if self.first > self.room // 2:
            memmove(self.candidates, self.candidates + self.first, (self.count - self.first) * sizeof(Py_ssize_t))
            place[0] -= self.first
            self.count -= self.first
            self.first = 0
            return 0
        memory = realloc(self.candidates, (self.room * 2 + 8) * sizeof(Py_ssize_t))
        if memory is NULL:
            raise MemoryError
        self.candidates = <Py_ssize_t *> memory
        self.room = self.room * 2 + 8
        return 0

    cdef int push(self, Track track, Py_ssize_t at) except -1:
        cdef Value *value = self.of.value(track, at)
        cdef Py_ssize_t end
        while self.count > self.first and self.of.beats(value, self.of.value(track, self.candidates[self.count - 1])):
            self.count -= 1
        end = self.count
        self.make_room(&end)
        self.candidates[self.count] = at
        self.count += 1
        return 0


cdef class Extreme(Aggregate):
    cdef int sign                        # 1: max, -1: min

    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        if low == high:
            out.tag = MISSING
        else:
            copy_value(out, self.value(track, self.place(track, low, high)))
        return 0

    cdef inline bint beats(self, Value *a, Value *b) except -1:
        """Whether a, of the later entry, is as extreme as b. What is missing is beaten by all."""
        if a.tag == MISSING or b.tag == MISSING:
            return b.tag == MISSING
        return compare_values(a, b) * self.sign >= 0

    cdef Py_ssize_t place(self, Track track, Py_ssize_t low, Py_ssize_t high) except -1:
        """The last entry of [low, high), which is not empty, that has the extreme value."""
        cdef Py_ssize_t i, best
        if high - low <= FEW:
            best = low
            for i in range(low + 1, high):
                if self.beats(self.value(track, i), self.value(track, best)):
                    best = i
            return best
        cdef ExtremeSummary summary = <ExtremeSummary> track.summary(self.index)
        if summary is None:
            summary = ExtremeSummary(self)
            track.remember(self.index, summary)
        if low < summary.low or high < summary.high or low > summary.high:
            summary.high = low
            summary.first = summary.count = 0
        while summary.high < high:
            summary.push(track, summary.high)
            summary.high += 1
        summary.low = low
        while summary.candidates[summary.first] < low:
            summary.first += 1
        return summary.candidates[summary.first]
