"""How messages of protobuf are written.

In: a `Writer`, the number of a field, and its value.  Out: the bytes of the field, behind what was written before.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy, memmove

from engine.values cimport Writer

cdef extern from "Python.h":
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept
    void *PyUnicode_DATA(object text) noexcept

cdef enum WireType:
    VARINT = 0
    EIGHT_BYTES = 1
    STRETCH = 2


cdef inline int put_varint(Writer out, unsigned long long number) except -1:
    while number > 0x7F:
        out.room(1)[0] = <unsigned char> (number | 0x80)
        number >>= 7
    out.room(1)[0] = <unsigned char> number
    return 0


cdef inline int put_tag(Writer out, int field, int kind) except -1:
    return put_varint(out, field << 3 | kind)


cdef inline int put_number(Writer out, int field, long long number) except -1:
    put_tag(out, field, VARINT)
    return put_varint(out, <unsigned long long> number)


cdef inline int put_points(Writer out, int field, points) except -1:
    """A number; None: nothing."""
    cdef double number
    if points is not None:
        number = points
        put_tag(out, field, EIGHT_BYTES)
        memcpy(out.room(8), &number, 8)
    return 0


cdef inline int put_bytes(Writer out, const char *x, Py_ssize_t n) except -1:
    """Bytes as they are."""
    memcpy(out.room(n), x, n)
    return 0


cdef inline int put_text(Writer out, int field, text) except -1:
    """A text, also an empty one. Raises UnicodeEncodeError where it is none that UTF-8 has."""
    cdef bytes encoded
    cdef const char *x
    cdef Py_ssize_t n
    if PyUnicode_IS_COMPACT_ASCII(text):
        x, n = <const char *> PyUnicode_DATA(text), PyUnicode_GET_LENGTH(text)
    else:  # encoded here, or the text would keep its encoded form for as long as it lives
        encoded = (<str?> text).encode()
        x, n = PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded)
    put_tag(out, field, STRETCH)
    put_varint(out, n)
    return put_bytes(out, x, n)


cdef inline int put_plain(Writer out, int field, text) except -1:
    """A text whose default is the empty one."""
    if text:
        put_text(out, field, text)
    return 0


cdef inline int put_optional(Writer out, int field, text) except -1:
    """A text, or None: nothing."""
    if text is not None:
        put_text(out, field, text)
    return 0


cdef inline Py_ssize_t begin_message(Writer out, int field) except -1:
    """Begin a message within one. Gives where it begins, for `end_message`."""
    put_tag(out, field, STRETCH)
    out.room(1)
    return out.n


cdef inline int end_message(Writer out, Py_ssize_t start) except -1:
    """The message that begins here is complete: put its length before it."""
    cdef Py_ssize_t n = out.n - start, rest = n
    cdef int more = 0
    while rest > 0x7F:
        more += 1
        rest >>= 7
    if more:
        out.room(more)
        memmove(out.data + start + more, out.data + start, n)
    out.n = start - 1
    put_varint(out, n)
    out.n = start + more + n
    return 0


cdef inline int put_moment(Writer out, int field, long long time_us) except -1:
    """Microseconds since 1970, UTC, as a Timestamp."""
    cdef long long seconds = time_us // 1_000_000, rest
    cdef Py_ssize_t start = begin_message(out, field)
    if seconds * 1_000_000 > time_us:  # division may go towards zero
        seconds -= 1
    rest = time_us - seconds * 1_000_000
    if seconds:
        put_number(out, 1, seconds)
    if rest:
        put_number(out, 2, rest * 1000)
    return end_message(out, start)
