# Windows and gaps: from a moment to the stretch of a track that is looked at, and from an event to its deadline.

cdef enum WindowKind:
    SLIDING
    PERIOD
    OPEN

cdef dict WINDOW_KINDS = {"sliding": SLIDING, "retained": SLIDING, "period": PERIOD, "open": OPEN}

cdef enum GapKind:
    GAP_DURATION
    GAP_OPEN_TIME
    GAP_OPEN_DAYS
    GAP_PERIOD

cdef dict GAP_KINDS = {"duration": GAP_DURATION, "open_time": GAP_OPEN_TIME, "open_days": GAP_OPEN_DAYS, "period": GAP_PERIOD}

cdef long long A_DAY_US = 86_400_000_000
cdef dict LONGEST_PERIODS = {
    "day": 2 * A_DAY_US, "week": 8 * A_DAY_US, "month": 32 * A_DAY_US, "quarter": 94 * A_DAY_US, "year": 368 * A_DAY_US,
}
"""No period is longer, whatever the local clock does."""

cdef long long NEVER = 0x7FFFFFFFFFFFFFFF
cdef long long ALWAYS = -0x7FFFFFFFFFFFFFFF


cdef class Gap:
    """From an event's time to a moment. `longest_us`: a longer gap has no moment (what the scope retains)."""

    cdef readonly int kind
    cdef readonly int code
    cdef readonly int days
    cdef readonly str period
    cdef readonly long long longest_us
    cdef readonly bint by_event          # it reads more of the event than its time
    cdef object constant                 # microseconds, or None
    cdef OpenHours hours
    cdef LocalTime local

    cdef int moment(self, Machine machine, Frame frame, Event event, long long *out) except -1:
        """1 where the event sets a deadline (then `out` is it), else 0."""
        cdef long long length
        cdef Value value
        if self.code >= 0 and self.constant is None:
            frame.current = event
            frame.this = event
            frame.moment = event.time
            value.tag = MISSING
            machine.run(self.code, frame, &value)
            if value.tag != DURATION:
                release(&value)
                return 0
            length = value.v.i
        elif self.constant is not None:
            length = self.constant
        else:
            length = 0
        if length < 0 or length > self.longest_us:
            return 0
        out[0] = self.after(event.time, length)
        return out[0] != NEVER and out[0] - event.time <= self.longest_us

    cdef long long after(self, long long time, long long length) except? -1:
        """The moment `length` after `time` (which the other kinds do not need); NEVER where there is none."""
        if self.kind == GAP_DURATION:
            return time + length
        if self.kind == GAP_PERIOD:
            return self.local.period_end(time, self.period)
        if self.kind == GAP_OPEN_DAYS:
            return self.hours.after_open_days(time, self.days)
        return self.hours.after_open_time(time, length)

    cdef long long deadline(self, long long time) except? -1:
        """The same for gaps that depend on the time alone."""
        return self.after(time, 0 if self.constant is None else <long long> self.constant)


cdef class Window:
    cdef readonly int kind
    cdef readonly bint closed            # in a pattern, its beginning belongs to it: it was written with `over`
    cdef readonly long long length_us
    cdef readonly str period
    cdef readonly Gap gap
    cdef readonly long long kept_us      # what is retained: open time may take longer to go by, and then that is the window
    cdef LocalTime local

    cdef int bounds(self, Track track, long long moment, bint previous, bint closed, Py_ssize_t *low, Py_ssize_t *high) except -1:
        """The positions [low, high) that the window takes at `moment`. `closed`: its beginning belongs to it (patterns)."""
        cdef long long start
        cdef Py_ssize_t first, last, middle
        if self.kind == SLIDING:
            if previous:
                low[0] = track.after_moment(moment - 2 * self.length_us)
                high[0] = track.after_moment(moment - self.length_us)
            else:
                low[0] = track.from_moment(moment - self.length_us) if closed else track.after_moment(moment - self.length_us)
                high[0] = track.after_moment(moment)
        elif self.kind == PERIOD:
            start = self.local.period_start(moment, self.period)
            if previous:
                low[0] = track.from_moment(self.local.period_start(start - 1, self.period))
                high[0] = track.from_moment(start)
            else:
                low[0] = track.from_moment(start)
                high[0] = track.after_moment(moment)
        else:
            # Deadlines rise with the time, so the events whose gap is not over are the last ones.
            last = track.after_moment(moment)
            high[0] = last
            first = track.from_moment(moment - self.kept_us) if closed else track.after_moment(moment - self.kept_us)
            while first < last:
                middle = (first + last) >> 1
                start = self.gap.deadline(track.entries[middle].moment)
                if start < moment or (start == moment and not closed):
                    first = middle + 1
                else:
                    last = middle
            low[0] = first
        return 0

    cdef object longest(self, bint previous):
        """How far it looks back at most."""
        if self.kind == OPEN:
            return self.kept_us
        return (2 if previous else 1) * (LONGEST_PERIODS[self.period] if self.kind == PERIOD else <object> self.length_us)

    cdef long long reach(self, long long time, bint previous) except? -1:
        """The last moment at which an event at `time` is still in the window (a bound; both ends)."""
        if self.kind == SLIDING:
            return time + (2 * self.length_us if previous else self.length_us)
        if self.kind == PERIOD:
            time = self.local.period_end(time, self.period)
            return self.local.period_end(time + 1, self.period) if previous else time
        return min(self.gap.deadline(time), time + self.kept_us)
