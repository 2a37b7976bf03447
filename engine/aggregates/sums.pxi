# sum(X [where c]) -> the type of X        avg(X [where c]) -> number, or duration of durations
# Exact, and rounded once. The sum of nothing is 0, its average missing; a sum beyond the type is missing.
# Example: `sum(settlement.points) within licence over 365d` with 3, 6, 3 is 12; `avg` is 4.

cdef extern from *:
    """
    typedef __int128 rl_int128;
    static inline long long rl_high(rl_int128 x) { return (long long)(x >> 64); }
    static inline unsigned long long rl_low(rl_int128 x) { return (unsigned long long)x; }
    static inline double rl_double(rl_int128 x) { return (double)x; }
    """
    ctypedef long long int128 "rl_int128"
    long long rl_high(int128 x) nogil
    unsigned long long rl_low(int128 x) nogil
    double rl_double(int128 x) nogil

# Numbers are kept in units of 2**-60, so that every decimal of ordinary size is exact: those below 2**40 that are a
# multiple of the unit. With 2**27 of them a sum stays below 2**127. Other numbers are `rough`: windows that hold one
# are summed as fractions.
cdef double UNIT = 2.0 ** 60
cdef double LARGEST = 2.0 ** 40


cdef object wide(int128 value):
    return (int(rl_high(value)) << 64) + rl_low(value)


cdef class SumSummary(Summary):
    """Running totals: `totals[i]` and `roughs[i]` are those of the entries before i; `built` of them are true."""

    cdef Py_ssize_t built
    cdef Py_ssize_t room
    cdef int128 *totals
    cdef unsigned int *roughs

    def __cinit__(self):
        self.built = self.room = 0
        self.totals = NULL
        self.roughs = NULL

    def __dealloc__(self):
        free(self.totals)
        free(self.roughs)

    cdef int forget(self, Py_ssize_t at) except -1:
        if at < self.built:
            self.built = at
        return 0

    cdef int build(self, Track track, Py_ssize_t high) except -1:
        cdef Py_ssize_t room, i
        cdef Value *value
        cdef int128 amount
        cdef unsigned int rough
        cdef double scaled
        cdef void *memory
        if high + 1 > self.room:
            room = max(high + 1, self.room * 2, 8)
            memory = realloc(self.totals, room * sizeof(int128))
            if memory is NULL:
                raise MemoryError
            self.totals = <int128 *> memory
            memory = realloc(self.roughs, room * sizeof(int))
            if memory is NULL:
                raise MemoryError
            self.roughs = <unsigned int *> memory
            if self.room == 0:
                self.totals[0] = 0
                self.roughs[0] = 0
            self.room = room
        for i in range(self.built, high):
            value = &track.values[i]
            rough = 0
            amount = 0
            if value.tag == NUMBER:
                scaled = value.v.n * UNIT
                if -LARGEST < value.v.n < LARGEST and scaled == floor(scaled):
                    amount = <int128> scaled
                else:
                    rough = 1
            else:
                amount = value.v.i
            self.totals[i + 1] = self.totals[i] + amount
            self.roughs[i + 1] = self.roughs[i] + rough
        self.built = max(self.built, high)
        return 0


cdef SumSummary sums_of(Aggregate aggregate, Track track, Py_ssize_t high):
    cdef SumSummary summary = <SumSummary> track.summary(aggregate.index)
    if summary is None:
        summary = SumSummary()
        track.remember(aggregate.index, summary)
    if summary.room == 0 or summary.built < high:
        summary.build(track, high)
    return summary


cdef object exact_total(Track track, Py_ssize_t low, Py_ssize_t high):
    """The sum of numbers as a fraction."""
    cdef object total = Fraction(0)
    cdef Py_ssize_t i
    for i in range(low, high):
        total += Fraction(track.values[i].v.n)
    return total


cdef int number_of(object fraction, Value *out) except -1:
    """The nearest double; beyond them missing."""
    try:
        out.v.n = float(fraction)
    except OverflowError:
        out.tag = MISSING
        return 0
    out.tag = NUMBER
    return 0


cdef class Sum(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        cdef SumSummary summary = sums_of(self, track, high)
        cdef int128 total = summary.totals[high] - summary.totals[low]
        if self.kind_out == NUMBER:
            if summary.roughs[high] != summary.roughs[low]:
                return number_of(exact_total(track, low, high), out)
            # The conversion rounds to the nearest; the division by a power of two is exact.
            out.tag = NUMBER
            out.v.n = rl_double(total) / UNIT
            return 0
        if total != <int128> (<long long> total):
            out.tag = MISSING
            return 0
        out.tag = self.kind_out
        out.v.i = <long long> total
        return 0


cdef class Average(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        if low == high:
            out.tag = MISSING
            return 0
        cdef SumSummary summary = sums_of(self, track, high)
        cdef int128 total = summary.totals[high] - summary.totals[low]
        cdef object exact
        if summary.roughs[high] != summary.roughs[low]:
            return number_of(exact_total(track, low, high) / (high - low), out)
        exact = wide(total)
        if self.kind_out == DURATION:
            # A whole number of microseconds: half rounds away from zero, as `round` does.
            out.tag = DURATION
            out.v.i = rounded_quotient(exact, high - low)
            return 0
        if track.values[low].tag == NUMBER:
            return number_of(Fraction(exact, int(high - low) * 2**60), out)
        return number_of(Fraction(exact, high - low), out)


cdef object rounded_quotient(object dividend, object divisor):
    cdef object quotient = (2 * abs(dividend) + divisor) // (2 * divisor)
    return -quotient if dividend < 0 else quotient
