# Times as they are written: ISO 8601.

cdef enum Written:
    A_TIME
    A_DATE           # of which nobody says the time of day
    NO_TIME


cdef int digits(const unsigned char *at, int n) noexcept:
    """The number that n digits make; -1: they are not digits."""
    cdef int i, number = 0
    for i in range(n):
        if at[i] < 48 or at[i] > 57:
            return -1
        number = number * 10 + at[i] - 48
    return number


cdef int days_in(int year, int month) noexcept:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef Written read_time(str text, LocalTime local, long long *out) noexcept:
    """YYYY-MM-DDTHH:MM[:SS[.fraction]][Z|±HH[[:]MM]], a space for the T; without an offset on the local clock.

    What is finer than a microsecond is cut off.
    """
    cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text), i
    cdef const unsigned char *at
    cdef int year, month, day, hour, minute, second = 0, micros = 0, scale = 100_000, sign, off_hour, off_minute = 0
    cdef long long clock
    if n < 10 or n > 48 or not PyUnicode_IS_ASCII(text):
        return NO_TIME
    at = <const unsigned char *> PyUnicode_DATA(text)
    year, month, day = digits(at, 4), digits(at + 5, 2), digits(at + 8, 2)
    if at[4] != c"-" or at[7] != c"-" or year < 1 or not 1 <= month <= 12 or not 1 <= day <= days_in(year, month):
        return NO_TIME
    if n == 10:
        return A_DATE
    if n < 16 or (at[10] != c"T" and at[10] != c"t" and at[10] != c" ") or at[13] != c":":
        return NO_TIME
    hour, minute = digits(at + 11, 2), digits(at + 14, 2)
    if not 0 <= hour <= 23 or not 0 <= minute <= 59:
        return NO_TIME
    i = 16
    if i < n and at[i] == c":":
        if n < 19:
            return NO_TIME
        second = digits(at + 17, 2)
        if not 0 <= second <= 59:
            return NO_TIME
        i = 19
        if i < n and (at[i] == c"." or at[i] == c","):
            i += 1
            if i == n or not 48 <= at[i] <= 57:
                return NO_TIME
            while i < n and 48 <= at[i] <= 57:
                micros += (at[i] - 48) * scale
                scale //= 10
                i += 1
    clock = (civil_day(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second) * SECOND_US + micros
    if i == n:
        out[0] = local.to_utc(clock)
        return A_TIME
    if at[i] == c"Z" or at[i] == c"z":
        out[0] = clock
        return A_TIME if i + 1 == n else NO_TIME
    if at[i] != c"+" and at[i] != c"-":
        return NO_TIME
    sign = 1 if at[i] == c"+" else -1
    i += 1
    if n - i < 2:
        return NO_TIME
    off_hour = digits(at + i, 2)
    i += 2
    if i < n:
        if at[i] == c":":
            i += 1
        if n - i != 2:
            return NO_TIME
        off_minute = digits(at + i, 2)
    if not 0 <= off_hour <= 23 or not 0 <= off_minute <= 59:
        return NO_TIME
    out[0] = clock - sign * (off_hour * 60 + off_minute) * MINUTE_US
    return A_TIME
