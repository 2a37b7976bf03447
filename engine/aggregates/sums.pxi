# sum(X [where c]) -> the type of X        avg(X [where c]) -> number, or duration of durations
# Exact, and rounded once. The sum of nothing is 0, its average missing; a sum beyond the type is missing.
# Example: `sum(settlement.points) within licence over 365d` with 3, 6, 3 is 12; `avg` is 4.

cdef extern from *:
    """
    typedef __int128 rl_int128;
    static inline long long rl_high(rl_int128 x) { return (long long)(x >> 64); }
    static inline unsigned long long rl_low(rl_int128 x) { return (unsigned long long)x; }
    static inline double rl_double(rl_int128 x) { return (double)x; }
    /* x / n * 2**-down, n > 0, rounded once: a quotient of more than 64 bits, whose last tells whether anything was left. */
    static inline double rl_quotient(rl_int128 x, long long n, int down)
    {
        unsigned __int128 size = x < 0 ? -(unsigned __int128)x : (unsigned __int128)x;
        if (!size) return 0.0;
        int up = (size >> 64) ? __builtin_clzll((unsigned long long)(size >> 64)) : 64 + __builtin_clzll((unsigned long long)size);
        size <<= up;
        unsigned __int128 quotient = size / (unsigned long long)n;
        quotient |= size % (unsigned long long)n != 0;
        double value = ldexp((double)quotient, -up - down);
        return x < 0 ? -value : value;
    }
    """
    ctypedef long long int128 "rl_int128"
    long long rl_high(int128 x) nogil
    unsigned long long rl_low(int128 x) nogil
    double rl_double(int128 x) nogil
    double rl_quotient(int128 x, long long n, int down) nogil

# Numbers are kept in units of 2**-60, so that every decimal of ordinary size is exact: those below 2**40 that are a
# multiple of the unit. With 2**27 of them a sum stays below 2**127. Other numbers are `rough`: windows that hold one
# are summed as fractions.
cdef double UNIT = 2.0 ** 60
cdef double LARGEST = 2.0 ** 40


cdef object wide(int128 value):
    return (int(rl_high(value)) << 64) + rl_low(value)


@cython.no_gc
cdef class SumSummary(WindowSummary):
    """The total of what is exact, and how many values are rough."""

    cdef int128 total
    cdef Py_ssize_t rough

    cdef int enter(self, Value *value) except -1:
        cdef int128 amount
        if units(value, &amount):
            self.total += amount
        else:
            self.rough += 1
        return 0

    cdef int leave(self, Value *value) except -1:
        cdef int128 amount
        if units(value, &amount):
            self.total -= amount
        else:
            self.rough -= 1
        return 0

    cdef int clear(self) except -1:
        self.total = 0
        self.rough = 0
        return 0


cdef inline bint units(const Value *value, int128 *amount) noexcept:
    """Whether the value is exact in units; then `amount` is how many."""
    cdef double scaled
    if value.tag != NUMBER:
        amount[0] = value.v.i
        return True
    scaled = value.v.n * UNIT
    if -LARGEST < value.v.n < LARGEST and scaled == floor(scaled):
        amount[0] = <int128> scaled
        return True
    return False


cdef bint total_of(Aggregate aggregate, Track track, Py_ssize_t low, Py_ssize_t high, int128 *total) except -1:
    """Whether all of the window is exact; then `total` is what it comes to, in units."""
    cdef SumSummary summary
    cdef int128 amount
    cdef Py_ssize_t i
    total[0] = 0
    if high - low <= FEW:
        for i in range(low, high):
            if not units(aggregate.value(track, i), &amount):
                return False
            total[0] += amount
        return True
    summary = <SumSummary> track.summary(aggregate.index)
    if summary is None:
        summary = SumSummary(aggregate)
        track.remember(aggregate.index, summary)
    summary.move(track, low, high)
    total[0] = summary.total
    return summary.rough == 0


cdef object exact_total(Aggregate aggregate, Track track, Py_ssize_t low, Py_ssize_t high):
    """The sum of numbers as a fraction."""
    cdef object total = Fraction(0)
    cdef Py_ssize_t i
    for i in range(low, high):
        total += Fraction(aggregate.value(track, i).v.n)
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


cdef double NO_BOUND = float("inf")
cdef double SHY = 1 - 1e-9
"""Somewhat less than what is computed in doubles is certain."""


cdef class Sum(Aggregate):
    cdef double most                     # no value that ever entered is more, and none is negative; NO_BOUND: that is not known

    cdef bint is_beyond(self, const Value *value) noexcept:
        """Whether the value, which is about to enter, is not within the bounds."""
        cdef double size = value.v.n if value.tag == NUMBER else <double> value.v.i
        return value.tag != MISSING and self.most != NO_BOUND and not 0 <= size <= self.most

    cdef int widen(self, const Value *value) noexcept:
        """Let it be within them; not just, so that this is seldom done."""
        cdef double size = value.v.n if value.tag == NUMBER else <double> value.v.i
        self.most = 1.25 * size if size > 0 else NO_BOUND
        return 0

    cdef Py_ssize_t entries_to(self, const Value *total, const Value *bound) except -1:
        """With fewer entries more than those whose sum is `total`, the sum is less than `bound`; 0: that cannot be told."""
        cdef double left, size
        if bound.tag == NUMBER:
            size, left = bound.v.n, bound.v.n - total.v.n
        else:
            size, left = <double> bound.v.i, <double> bound.v.i - <double> total.v.i
        if self.most == NO_BOUND or left <= 1e-6 * size:
            return 0
        left *= SHY
        return EVENTS_MAX if left >= self.most * EVENTS_MAX else <Py_ssize_t> (left / self.most)

    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        cdef int128 total
        cdef bint exact = total_of(self, track, low, high, &total)
        if self.kind_out == NUMBER:
            if not exact:
                return number_of(exact_total(self, track, low, high), out)
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
        cdef int128 total
        cdef object exact
        if not total_of(self, track, low, high, &total):
            return number_of(exact_total(self, track, low, high) / (high - low), out)
        if self.kind_out == DURATION:
            exact = wide(total)
            # A whole number of microseconds: half rounds away from zero, as `round` does.
            out.tag = DURATION
            out.v.i = rounded_quotient(exact, high - low)
            return 0
        out.tag = NUMBER
        out.v.n = rl_quotient(total, high - low, 60 if self.value(track, low).tag == NUMBER else 0)
        return 0


cdef object rounded_quotient(object dividend, object divisor):
    cdef object quotient = (2 * abs(dividend) + divisor) // (2 * divisor)
    return -quotient if dividend < 0 else quotient
