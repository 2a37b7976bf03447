# Local time: days and periods of the rule set's time zone, and the opening hours of calendars.

cdef long long SECOND_US = 1_000_000
cdef long long MINUTE_US = 60_000_000
cdef long long DAY_US = 86_400_000_000
cdef long long CYCLE_US = 146_097 * DAY_US  # 400 years, whole weeks, after which the calendar repeats itself
cdef long long FAR_US = 4_000_000_000_000_000_000
cdef long long NEVER = 0x7FFFFFFFFFFFFFFF
cdef long long EARLIEST = -NEVER - 1


cdef inline long long divided(long long a, long long b) noexcept:
    """a / b rounded down; b > 0."""
    cdef long long quotient = a // b  # as in C: towards zero
    return quotient - 1 if a % b < 0 else quotient


cdef inline long long left_over(long long a, long long b) noexcept:
    """What `divided` leaves over, never negative; b > 0."""
    cdef long long rest = a % b  # as in C: with a's sign
    return rest + b if rest < 0 else rest


cdef inline long long plus(long long a, long long b) noexcept:
    """a + b, held at the ends of 64 bits."""
    cdef long long answer
    if not add_overflows(a, b, &answer):
        return answer
    return NEVER if b > 0 else EARLIEST


cdef long long civil_day(long long year, int month, int day) noexcept:
    """The number of a date of the Gregorian calendar, counted from 1970-01-01."""
    cdef long long y = year - (1 if month <= 2 else 0)
    cdef long long era = divided(y, 400)
    cdef long long of_era = y - era * 400
    cdef long long of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


cdef void civil_date(long long number, long long *year, int *month, int *day) noexcept:
    """The date of a day number."""
    cdef long long shifted = number + 719468
    cdef long long era = divided(shifted, 146097)
    cdef long long of_era = shifted - era * 146097
    cdef long long years = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    cdef long long of_year = of_era - (365 * years + years // 4 - years // 100)
    cdef long long part = (5 * of_year + 2) // 153
    day[0] = <int> (of_year - (153 * part + 2) // 5 + 1)
    month[0] = <int> (part + 3 if part < 10 else part - 9)
    year[0] = years + era * 400 + (1 if month[0] <= 2 else 0)


cdef inline int weekday_of(long long day) noexcept:
    """0 is Monday; 1970-01-01 was a Thursday."""
    return <int> ((day + 3) - divided(day + 3, 7) * 7)


@cython.final
cdef class LocalTime:
    def __cinit__(self, str name, transitions):
        self.name = name
        self.n = len(transitions)
        if self.n == 0:
            raise ValueError("a time zone has at least one offset")
        self.starts = <long long *> malloc(self.n * sizeof(long long))
        self.offsets = <long long *> malloc(self.n * sizeof(long long))
        if self.starts == NULL or self.offsets == NULL:
            raise MemoryError
        cdef Py_ssize_t i
        for i, (start, offset_s) in enumerate(transitions):
            self.starts[i] = start
            self.offsets[i] = <long long> offset_s * SECOND_US

    def __dealloc__(self):
        free(self.starts)
        free(self.offsets)

    cdef long long offset(self, long long utc_us) noexcept:
        """What the local clock is ahead of UTC at this moment."""
        cdef Py_ssize_t low = self.last, high, middle
        # Most questions are about the stretch that the one before was about.
        if self.starts[low] <= utc_us and (low + 1 == self.n or utc_us < self.starts[low + 1]):
            return self.offsets[low]
        low = 0
        high = self.n
        while high - low > 1:
            middle = (low + high) // 2
            if self.starts[middle] <= utc_us:
                low = middle
            else:
                high = middle
        self.last = low
        return self.offsets[low]

    cpdef long long local(self, long long utc_us) noexcept:
        """The local clock, as microseconds since its own 1970-01-01."""
        return plus(utc_us, self.offset(utc_us))

    cpdef long long to_utc(self, long long local_us) noexcept:
        """The moment at which the local clock shows this: the first of two; one that is skipped is read with the offset before."""
        cdef Py_ssize_t low = 0, high = self.n, middle
        # The last stretch of one offset whose predecessor has ended on the local clock.
        while high - low > 1:
            middle = (low + high) // 2
            if plus(self.starts[middle], self.offsets[middle - 1]) <= local_us:
                low = middle
            else:
                high = middle
        if low and local_us < plus(self.starts[low], self.offsets[low]):
            low -= 1
        return plus(local_us, -self.offsets[low])

    cpdef long long day(self, long long utc_us) noexcept:
        """The local day that contains the moment, counted from 1970-01-01."""
        # In two steps, so that no moment of 64 bits overflows.
        return divided(utc_us, DAY_US) + divided(left_over(utc_us, DAY_US) + self.offset(utc_us), DAY_US)

    cdef long long since_midnight(self, long long utc_us) noexcept:
        """How far into its day the local clock is."""
        return left_over(left_over(utc_us, DAY_US) + self.offset(utc_us), DAY_US)

    cpdef long long day_start(self, long long day) noexcept:
        """The first moment of a local day."""
        return self.to_utc(day * DAY_US)

    cpdef long long period_start(self, long long utc_us, str period) except? -1:
        """The first moment of the local day, week, month, quarter or year that contains the moment."""
        return self.day_start(self.first_day(self.day(utc_us), period, 0))

    cpdef long long period_end(self, long long utc_us, str period) except? -1:
        """The last microsecond of that period."""
        return self.day_start(self.first_day(self.day(utc_us), period, 1)) - 1

    cdef long long first_day(self, long long day, str period, int after) except? -1:
        """The first day of the period that contains the day (`after` 1: of the one that follows)."""
        cdef long long year
        cdef int month, of_month
        if period == "day":
            return day + after
        if period == "week":
            return day - weekday_of(day) + 7 * after
        civil_date(day, &year, &month, &of_month)
        if period == "month":
            month += after
        elif period == "quarter":
            month = (month - 1) // 3 * 3 + 1 + 3 * after
        elif period == "year":
            month = 1
            year += after
        else:
            raise ValueError(f"no such period: {period!r}")
        if month > 12:
            month -= 12
            year += 1
        return civil_day(year, month, 1)


@cython.final
cdef class OpenHours:
    def __cinit__(self, LocalTime local, dict plan):
        self.name = plan["name"]
        self.local = local
        self.weekly = tuple(tuple((int(start), int(end)) for start, end in hours) for hours in plan["weekly"])
        if len(self.weekly) != 7:
            raise ValueError("a calendar has the hours of seven days")
        self.closed = frozenset(plan["closed"])
        self.working = {day: tuple((int(start), int(end)) for start, end in hours) for day, hours in plan["working"]}
        self.last_special = max([*self.closed, *self.working], default=-(2**40))
        self.ever_weekly = any(self.weekly)

    cdef tuple hours_of(self, long long day):
        """The hours that begin on a local day, as minutes of its clock: `working` beats `closed` beats the week."""
        hours = self.working.get(day)
        if hours is not None:
            return hours
        if day in self.closed:
            return ()
        return <tuple> self.weekly[weekday_of(day)]

    cdef list stretches(self, long long day):
        """The stretches [start, end) in UTC that begin on a local day, in order, none of them empty or touching another."""
        found = []
        cdef long long start, end, midnight = day * DAY_US
        for first, last in sorted(self.hours_of(day)):
            start = self.local.to_utc(midnight + <long long> first * MINUTE_US)
            end = self.local.to_utc(midnight + (<long long> last + (1440 if last <= first else 0)) * MINUTE_US)
            if end <= start:  # hours that the clock skips
                continue
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
        return found

    cpdef bint is_open(self, long long utc_us) except -1:
        """Whether the moment is within opening hours, those included that began the day before and pass midnight."""
        cdef long long day, start, end
        # Beyond all dates that can be written every week is like the others: so far from the ends of 64 bits nothing overflows.
        if utc_us > FAR_US:
            utc_us -= CYCLE_US
        elif utc_us < -FAR_US:
            utc_us += CYCLE_US
        day = self.local.day(utc_us)
        for begun in (day - 1, day):
            for start, end in self.stretches(begun):
                if start <= utc_us < end:
                    return True
        return False

    cpdef long long after_open_time(self, long long utc_us, long long span_us) except? -1:
        """The moment by which the calendar has been open for `span_us` since `utc_us`."""
        cdef long long left = span_us, reached = utc_us, start, end
        cdef long long day = self.local.day(utc_us) - 1
        if span_us <= 0:
            return utc_us
        while day < self.horizon(utc_us):
            for start, end in self.stretches(day):
                # Hours that pass midnight may run into those of the next day: no time counts twice.
                start = max(start, reached)
                if end <= start:
                    continue
                if end - start >= left:
                    return start + left
                left -= end - start
                reached = end
            day += 1
        return NEVER

    cdef long long horizon(self, long long utc_us) noexcept:
        """The day from which nobody waits for opening hours any more: none are left, or a hundred years have gone by."""
        cdef long long day = self.local.day(utc_us) + 36_525
        return day if self.ever_weekly else min(day, self.last_special + 1)

    cpdef long long after_open_days(self, long long utc_us, long long days) except? -1:
        """The last closing time of the `days`-th open day after the moment's local day."""
        cdef long long day = self.local.day(utc_us), left = days
        if days <= 0:
            return utc_us
        while day + 1 < self.horizon(utc_us):
            day += 1
            found = self.stretches(day)
            if found:
                left -= 1
                if left == 0:
                    return found[-1][1]
        return NEVER
