"""Typed values and events, as the compiled modules share them."""

from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_DECREF

cdef enum Tag:
    MISSING = 0
    BOOL = 1
    INT = 2
    NUMBER = 3
    TEXT = 4         # a key too: normalised
    TIME = 5         # UTC microseconds since 1970
    DURATION = 6     # microseconds
    DATE = 7         # local days since 1970-01-01

cdef union Payload:
    long long i
    double n
    PyObject *s      # a str; the Value owns a reference

cdef struct Value:
    Payload v
    int tag


cdef inline void release(Value *value) noexcept:
    """Give up what the value owns; it is missing afterwards."""
    cdef PyObject *text
    if value.tag == TEXT:
        text = value.v.s
        value.tag = MISSING
        Py_DECREF(<object> text)
    else:
        value.tag = MISSING


cdef inline void copy_value(Value *to, const Value *source) noexcept:
    """Make `to`, which must own nothing, the same value, with a reference of its own."""
    to[0] = source[0]
    if source.tag == TEXT:
        Py_INCREF(<object> source.v.s)


cdef object value_object(const Value *value)
cdef int set_value(Value *to, int tag, object value) except -1


cdef class Layout:
    """How events of one type are laid out."""

    # Write what the event says: its type, time and declared fields, but not its name.
    cdef int write_content(self, Writer writer, Event event) except -1


cdef class Event:
    """One event as a row of typed slots; slots 0, 1, 2 are time, source and id."""

    cdef readonly int type
    cdef readonly int rank           # 0: received (and event_conflict), 1: derived
    cdef readonly long long time
    cdef readonly str source
    cdef readonly str id
    cdef readonly str order_a        # received: source; derived: kind NUL rule or ladder
    cdef readonly str order_b        # received: id; derived: the key (as `key_order` gives it) NUL id
    cdef Value *slots
    cdef int n
    cdef Layout layout               # of its type; None: only its name and digest are known
    cdef readonly int ignored        # fields that its type does not declare
    cdef bytes known_digest          # None: nobody has asked for it
    cdef public bytes payload        # what the journal keeps of it: the event as JSON; None: no journal keeps it
    cdef int allocate(self, Layout layout, int n) except -1


cdef Event named_event(str source, str id, bytes digest)
cdef int name_hash(str source, str id, unsigned long long *two) except -1
cdef int content_hash(Event event, unsigned long long *two) except -1
cdef bint event_before(Event a, Event b) except -1
cdef bint same_event(Event a, Event b) except -1


cdef class Writer:
    """A growing stretch of bytes."""

    cdef unsigned char *data
    cdef Py_ssize_t n, size
    cdef unsigned char *room(self, Py_ssize_t more) except NULL
    cdef int whole(self, long long value, int width) except -1
    cdef int text(self, str text) except -1
    cdef bytes taken(self)
