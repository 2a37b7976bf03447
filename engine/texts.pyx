# cython: auto_pickle=False, autotestdict=False
"""How values are written for people and for other programs: times, numbers, keys, identities.

In: plain values (times are microseconds since 1970, UTC).  Out: text; the same value always gives the same text.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy

from engine.values cimport Writer

import hashlib
import json
from datetime import UTC, datetime, timedelta

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept
    void *PyUnicode_DATA(object text) noexcept
    str PyUnicode_DecodeASCII(const char *data, Py_ssize_t n, const char *errors)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
cdef long long _DAY_US = 86_400_000_000
cdef long long FIRST_MOMENT = -62_135_596_800_000_000   # of the year 1
cdef long long LAST_MOMENT = 253_402_300_799_999_999     # of the year 9999
_FIRST_DAY = -719_162  # 0001-01-01
_CYCLE_DAYS = 146_097  # the calendar repeats after 400 years
_UNITS = ((_DAY_US, "d"), (3_600_000_000, "h"), (60_000_000, "m"), (1_000_000, "s"))

cdef enum:
    CLOCK_MAX = 28                   # letters of a moment


cdef inline void put_digits(char *at, int n, long long number) noexcept:
    while n > 0:
        n -= 1
        at[n] = <char> (48 + number % 10)
        number //= 10


cdef str clock_text(moment, char separator, bint utc):
    """A moment as it stands on a clock, with as many digits of the second as needed."""
    cdef char[CLOCK_MAX] text
    if not FIRST_MOMENT <= moment <= LAST_MOMENT:
        return distant_clock_text(moment, chr(separator)) + ("Z" if utc else "")
    return PyUnicode_DecodeASCII(text, write_clock(text, moment, separator, utc), NULL)


@cython.cdivision(True)
cdef int write_clock(char *text, long long moment, char separator, bint utc) noexcept:
    """The same of a moment in years of four digits, into room for CLOCK_MAX letters. Gives how many there are."""
    cdef long long time_us, day, second, micros, cycle, year, month
    cdef int n = 19
    time_us = moment - FIRST_MOMENT
    day, second, micros = time_us // _DAY_US, time_us % _DAY_US // 1_000_000, time_us % 1_000_000
    # Days to a date of a calendar whose years begin in March (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    day += 306
    cycle = day // 146_097
    day %= 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    put_digits(text, 4, year + 400 * cycle + (month >= 10))
    put_digits(text + 5, 2, month + 3 if month < 10 else month - 9)
    put_digits(text + 8, 2, day - (153 * month + 2) // 5 + 1)
    put_digits(text + 11, 2, second // 3600)
    put_digits(text + 14, 2, second // 60 % 60)
    put_digits(text + 17, 2, second % 60)
    text[4] = text[7] = c"-"
    text[10] = separator
    text[13] = text[16] = c":"
    if micros:
        text[19] = c"."
        put_digits(text + 20, 6, micros)
        n = 26
        while text[n - 1] == c"0":
            n -= 1
    if utc:
        text[n] = c"Z"
        n += 1
    return n


cdef str distant_clock_text(time_us, str separator):
    """The same in years that have other than four digits."""
    day, within_us = divmod(time_us, _DAY_US)
    seconds, fraction = divmod(within_us, 1_000_000)
    text = f"{day_text(day)}{separator}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text + f".{fraction:06}".rstrip("0") if fraction else text


cpdef str time_text(object time_us):
    """UTC, with as many digits of the second as needed: `2026-03-02T04:10:00.5Z`."""
    return clock_text(time_us, c"T", True)


def local_time_text(local_us):
    """A local clock's reading, for messages: `2026-03-02 12:10:00`."""
    return clock_text(local_us, c" ", False)


def day_text(day):
    """A local day (days since 1970-01-01): `2026-03-02`. Arithmetic may lead to any day of 64 bits, beyond the years of Python's dates."""
    cycles, within = divmod(day - _FIRST_DAY, _CYCLE_DAYS)
    date = _EPOCH.date() + timedelta(days=_FIRST_DAY + within)
    return f"{date.year + 400 * cycles:04}-{date.month:02}-{date.day:02}"


def time_us(str text not None):
    """The microseconds of an ISO 8601 time that carries an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} says no offset from UTC; write it as in 2026-03-02T04:10:00Z")
    return (moment - _EPOCH) // _US


def duration_text(length_us):
    """In the largest unit that divides it: `36h`, `90s`, `0.5s`."""
    for unit_us, letter in _UNITS:
        if length_us % unit_us == 0:
            return f"{length_us // unit_us}{letter}"
    seconds, fraction = divmod(abs(length_us), 1_000_000)
    return f"{'-' if length_us < 0 else ''}{seconds}.{fraction:06}".rstrip("0") + "s"


def number(value):
    """An integral number as an integer, so that 6.0 points are written 6."""
    return int(value) if value == int(value) and abs(value) < 2**53 else value


# ------------------------------------------------------------------ JSON

cdef object DUMPS = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
cdef Writer SPARE = Writer()
cdef object SHA256 = hashlib.sha256


cdef bint put_json(Writer out, value, int depth) except -1:
    """Write a value of the plain types of JSON. False: it has something else in it, or is deep."""
    cdef bint first = True
    cdef type kind = type(value)
    if kind is str:
        return put_quoted(out, <str> value)
    if value is None:
        return put_ascii(out, b"null")
    if value is True:
        return put_ascii(out, b"true")
    if value is False:
        return put_ascii(out, b"false")
    if kind is int or (kind is float and value - value == 0.0):
        return put_ascii(out, repr(value).encode())
    if depth > 50:
        return False
    if kind is list or kind is tuple:
        put_ascii(out, b"[")
        for part in value:
            if not first:
                put_ascii(out, b",")
            first = False
            if not put_json(out, part, depth + 1):
                return False
        return put_ascii(out, b"]")
    if kind is dict:
        put_ascii(out, b"{")
        for name, part in (<dict> value).items():
            if type(name) is not str:
                return False
            if not first:
                put_ascii(out, b",")
            first = False
            if not put_quoted(out, <str> name):
                return False
            put_ascii(out, b":")
            if not put_json(out, part, depth + 1):
                return False
        return put_ascii(out, b"}")
    return False


cdef bint put_ascii(Writer out, bytes plain) except -1:
    memcpy(out.room(PyBytes_GET_SIZE(plain)), PyBytes_AS_STRING(plain), PyBytes_GET_SIZE(plain))
    return True


cdef bint put_whole(Writer out, long long number) except -1:
    cdef char[20] digits
    cdef unsigned long long rest = <unsigned long long> number if number >= 0 else 0 - <unsigned long long> number
    cdef int at = 20
    while True:
        at -= 1
        digits[at] = <char> (48 + rest % 10)
        rest //= 10
        if rest == 0:
            break
    if number < 0:
        at -= 1
        digits[at] = c"-"
    memcpy(out.room(20 - at), digits + at, 20 - at)
    return True


cdef bint put_time(Writer out, long long time_us) except -1:
    cdef char[CLOCK_MAX + 2] text
    cdef int n
    if not FIRST_MOMENT <= time_us <= LAST_MOMENT:
        return put_quoted(out, time_text(time_us))
    n = write_clock(text + 1, time_us, c"T", True)
    text[0] = text[n + 1] = c'"'
    memcpy(out.room(n + 2), text, n + 2)
    return True


cdef bint put_quoted(Writer out, str text) except -1:
    """A text in quotes. Only what must be is escaped."""
    cdef bytes encoded
    if PyUnicode_IS_COMPACT_ASCII(text):
        put_escaped(out, <const unsigned char *> PyUnicode_DATA(text), PyUnicode_GET_LENGTH(text))
    else:  # encoded here, or the text would keep its encoded form for as long as it lives
        encoded = text.encode("utf-8", "surrogatepass")
        put_escaped(out, <const unsigned char *> PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded))
    return True


cdef int put_escaped(Writer out, const unsigned char *x, Py_ssize_t n) except -1:
    cdef Py_ssize_t i, start = out.n
    cdef unsigned char *to = out.room(n + 2)
    cdef bint plain = True
    to[0] = c'"'
    memcpy(to + 1, x, n)
    to[n + 1] = c'"'
    for i in range(n):
        plain = plain and x[i] >= 32 and x[i] != c'"' and x[i] != c"\\"
    if plain:
        return 0
    out.n = start + 1
    for i in range(n):
        if x[i] == c'"' or x[i] == c"\\":
            out.room(1)[0] = c"\\"
            out.room(1)[0] = x[i]
        elif x[i] >= 32:
            out.room(1)[0] = x[i]
        else:
            put_ascii(out, json.dumps(chr(x[i]))[1:-1].encode())
    out.room(1)[0] = c'"'
    return 0


cdef bytes written_json(value):
    """JSON of a value of plain types; None where it has something else in it, or is deep."""
    global SPARE
    cdef Writer out = SPARE
    SPARE = None  # two engines may be at work in two threads, and some of what is called here lets the other one go on
    if out is None:
        out = Writer()
    out.n = 0
    written = out.taken() if put_json(out, value, 0) else None
    SPARE = out
    return written


def canonical_bytes(value):
    """JSON of which there is one form only, as UTF-8; half a pair of UTF-16 as if it were a character."""
    written = written_json(value)
    return DUMPS(value).encode("utf-8", "surrogatepass") if written is None else written


def plain_json(value):
    """The same of plain types in valid UTF-8 only; None: leave it to `json`, which may come to the same."""
    written = written_json(value)
    return None if written is None or b"\xed" in written else written  # halves of pairs begin so, and some letters


def canonical(value):
    """JSON of which there is one form only, for identities and order."""
    return canonical_bytes(value).decode("utf-8", "surrogatepass")


def identity(parts):
    """The id of a finding or warning: the first 32 hex digits of SHA-256 over the parts."""
    return SHA256(canonical_bytes(parts)).hexdigest()[:32]


cpdef str identity_at(str rule, object key, long long moment, str source, str id):
    """The id of a finding of a rule and key that opens at an event: `identity([rule, key, [moment, source, id]])`."""
    global SPARE
    cdef Writer out = SPARE
    SPARE = None  # as in `written_json`
    if out is None:
        out = Writer()
    out.n = 0
    put_ascii(out, b"[")
    put_quoted(out, rule)
    put_ascii(out, b",")
    put_json(out, key, 0)
    put_ascii(out, b",[")
    put_whole(out, moment)
    put_ascii(out, b",")
    put_quoted(out, source)
    put_ascii(out, b",")
    put_quoted(out, id)
    put_ascii(out, b"]]")
    written = out.taken()
    SPARE = out
    return SHA256(written).hexdigest()[:32]
