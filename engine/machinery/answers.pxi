# What became of events, as bytes of `rulelang.v1.Outcome` (proto/rulelang/v1/evaluation.proto and finding.proto), without a library.
#
# In: `engine.Outcome`, whose findings and warnings are the objects of `engine.views`.  Out: the same fields as messages, in the order of
# their numbers; what has its default value is left out, as the library does. The tests hold the bytes against the library.

cdef dict STATUS_NUMBER = {"accepted": 1, "duplicate": 2, "conflict": 3, "refused": 4, "too_late": 5}

cdef enum:
    VARINT = 0
    EIGHT_BYTES = 1
    STRETCH = 2


cdef int put_varint(Writer out, unsigned long long number) except -1:
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


cdef inline int put_text(Writer out, int field, text) except -1:
    """A text, also an empty one. Raises UnicodeEncodeError where it is none that UTF-8 has."""
    cdef bytes encoded
    cdef const char *x
    cdef Py_ssize_t n
    if PyUnicode_IS_COMPACT_ASCII(text):
        x, n = letters(<PyObject *> text), PyUnicode_GET_LENGTH(text)
    else:  # encoded here, or the text would keep its encoded form for as long as it lives
        encoded = (<str?> text).encode()
        x, n = PyBytes_AS_STRING(encoded), PyBytes_GET_SIZE(encoded)
    put_tag(out, field, STRETCH)
    put_varint(out, n)
    memcpy(out.room(n), x, n)
    return 0


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


cdef int put_texts(Writer out, int field, value) except -1:
    """None, one or several."""
    if isinstance(value, list):
        for part in <list> value:
            put_text(out, field, str(part))
    elif value is not None:
        put_text(out, field, str(value))
    return 0


cdef inline Py_ssize_t begin(Writer out, int field) except -1:
    """Begin a message within one. Gives where it begins, for `end`."""
    put_tag(out, field, STRETCH)
    out.room(1)
    return out.n


cdef int end(Writer out, Py_ssize_t start) except -1:
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


cdef int put_time(Writer out, int field, str text) except -1:
    """A time of UTC as a Timestamp."""
    cdef long long time_us = 0, seconds
    cdef Py_ssize_t start
    if not text.endswith("Z") or read_time(text, None, &time_us) != A_TIME:
        raise ValueError(f"not a time of UTC: {text!r}")
    seconds = time_us // 1_000_000 - (time_us % 1_000_000 < 0)
    start = begin(out, field)
    if seconds:
        put_number(out, 1, seconds)
    if time_us != seconds * 1_000_000:
        put_number(out, 2, (time_us - seconds * 1_000_000) * 1000)
    return end(out, start)


cdef int put_points(Writer out, int field, points) except -1:
    cdef double number
    if points is not None:
        number = points
        put_tag(out, field, EIGHT_BYTES)
        memcpy(out.room(8), &number, 8)
    return 0


cdef int put_finding(Writer out, int field, dict shown) except -1:
    """rulelang.v1.Finding"""
    cdef Py_ssize_t start = begin(out, field), inner
    put_plain(out, 1, shown["status"])
    put_plain(out, 2, shown["id"])
    put_plain(out, 3, shown["rule"])
    put_texts(out, 4, shown["entity"])
    put_texts(out, 5, shown["key"])
    put_time(out, 6, shown["time"])
    for entity, key in (<dict> shown["about"]).items():
        inner = begin(out, 7)
        put_text(out, 1, entity)
        put_text(out, 2, key)
        end(out, inner)
    put_points(out, 8, shown["points"])
    put_optional(out, 9, shown["level"])
    for source, name in <list> shown["events"]:
        inner = begin(out, 10)
        put_plain(out, 1, source)
        put_plain(out, 2, name)
        end(out, inner)
    put_plain(out, 11, shown["message"])
    if shown["version"]:
        put_number(out, 12, shown["version"])
    put_optional(out, 13, shown.get("reason"))
    put_optional(out, 14, shown.get("note"))
    if shown.get("shadow"):
        put_number(out, 15, 1)
    return end(out, start)


cdef int put_warning(Writer out, int field, dict shown) except -1:
    """rulelang.v1.Warning"""
    cdef Py_ssize_t start = begin(out, field)
    put_plain(out, 1, shown["status"])
    put_plain(out, 2, shown["id"])
    put_optional(out, 3, shown["ladder"])
    put_optional(out, 4, shown["rule"])
    put_texts(out, 5, shown["entity"])
    put_texts(out, 6, shown["key"])
    put_plain(out, 7, shown["level"])
    put_points(out, 8, shown["points"])
    put_time(out, 9, shown["time"])
    put_plain(out, 10, shown["finding"])
    if shown["version"]:
        put_number(out, 11, shown["version"])
    put_optional(out, 12, shown.get("reason"))
    put_optional(out, 13, shown.get("note"))
    if shown.get("shadow"):
        put_number(out, 14, 1)
    put_texts(out, 15, shown.get("jumped"))
    put_optional(out, 16, shown.get("action"))
    if shown.get("approval"):
        put_number(out, 17, 1)
    return end(out, start)


cdef int put_outcome(Writer out, int field, outcome) except -1:
    """rulelang.v1.Outcome"""
    cdef Py_ssize_t start = begin(out, field), inner
    put_number(out, 1, STATUS_NUMBER[outcome.status])
    error = outcome.error
    if error is not None:
        inner = begin(out, 2)
        put_plain(out, 1, outcome.wrong_field)
        put_plain(out, 2, error.removeprefix(f"{outcome.wrong_field}: "))
        end(out, inner)
    for shown in <list> outcome.findings:
        put_finding(out, 3, shown)
    withdrawn = outcome.withdrawn
    for shown in <list> withdrawn:
        if shown["kind"] == "finding":
            put_finding(out, 4, shown)
    for shown in <list> withdrawn:
        if shown["kind"] != "finding":
            put_warning(out, 5, shown)
    for shown in <list> outcome.warnings:
        put_warning(out, 5, shown)
    if outcome.ignored:
        put_number(out, 6, outcome.ignored)
    return end(out, start)


def write_outcomes(list outcomes not None, int field):
    """Outcomes as a repeated field, of this number, of some message; the rest of which may be put before and behind."""
    cdef Writer out = Writer()
    for outcome in outcomes:
        put_outcome(out, field, outcome)
    return out.taken()
