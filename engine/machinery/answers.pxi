# What became of events, as bytes of `rulelang.v1.Outcome` (proto/rulelang/v1/evaluation.proto and finding.proto), without a library.
#
# In: `engine.Outcome`, whose findings and warnings are the objects of `engine.views`.  Out: the same fields as messages, in the order of
# their numbers; what has its default value is left out, as the library does. The tests hold the bytes against the library.

cdef dict STATUS_NUMBER = {"accepted": 1, "duplicate": 2, "conflict": 3, "refused": 4, "too_late": 5}


cdef int put_texts(Writer out, int field, value) except -1:
    """None, one or several."""
    if isinstance(value, list):
        for part in <list> value:
            put_text(out, field, str(part))
    elif value is not None:
        put_text(out, field, str(value))
    return 0


cdef int put_time(Writer out, int field, str text) except -1:
    """A time of UTC as a Timestamp."""
    cdef long long time_us = 0
    if not text.endswith("Z") or read_time(text, None, &time_us) != A_TIME:
        raise ValueError(f"not a time of UTC: {text!r}")
    return put_moment(out, field, time_us)


cdef int put_finding(Writer out, int field, dict shown) except -1:
    """rulelang.v1.Finding"""
    cdef Py_ssize_t start = begin_message(out, field), inner
    put_plain(out, 1, shown["status"])
    put_plain(out, 2, shown["id"])
    put_plain(out, 3, shown["rule"])
    put_texts(out, 4, shown["entity"])
    put_texts(out, 5, shown["key"])
    put_time(out, 6, shown["time"])
    for entity, key in (<dict> shown["about"]).items():
        inner = begin_message(out, 7)
        put_text(out, 1, entity)
        put_text(out, 2, key)
        end_message(out, inner)
    put_points(out, 8, shown["points"])
    put_optional(out, 9, shown["level"])
    for source, name in <list> shown["events"]:
        inner = begin_message(out, 10)
        put_plain(out, 1, source)
        put_plain(out, 2, name)
        end_message(out, inner)
    put_plain(out, 11, shown["message"])
    if shown["version"]:
        put_number(out, 12, shown["version"])
    put_optional(out, 13, shown.get("reason"))
    put_optional(out, 14, shown.get("note"))
    if shown.get("shadow"):
        put_number(out, 15, 1)
    return end_message(out, start)


cdef int put_warning(Writer out, int field, dict shown) except -1:
    """rulelang.v1.Warning"""
    cdef Py_ssize_t start = begin_message(out, field)
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
    return end_message(out, start)


cdef int put_outcome(Writer out, int field, outcome) except -1:
    """rulelang.v1.Outcome"""
    cdef Py_ssize_t start = begin_message(out, field), inner
    put_number(out, 1, STATUS_NUMBER[outcome.status])
    error = outcome.error
    if error is not None:
        inner = begin_message(out, 2)
        put_plain(out, 1, outcome.wrong_field)
        put_plain(out, 2, error.removeprefix(f"{outcome.wrong_field}: "))
        end_message(out, inner)
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
    return end_message(out, start)
