# cython: auto_pickle=False, autotestdict=False
"""Typed values and events.

In: what `engine.machine` decodes.  Out: `Event`, a row of typed slots that owns its texts, and helpers that the other
compiled modules use on values. Nothing here knows a rule set.
"""

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.string cimport memset

cimport cython

cdef extern from "Python.h":
    int PyUnicode_Compare(object left, object right) except? -1


cdef object value_object(const Value *value):
    """The value as a Python object: missing is None; times, durations and dates are integers."""
    if value.tag == TEXT:
        return <object> value.v.s
    if value.tag == NUMBER:
        return value.v.n
    if value.tag == BOOL:
        return value.v.i != 0
    if value.tag == MISSING:
        return None
    return value.v.i


cdef int set_value(Value *to, int tag, object value) except -1:
    """Make `to`, which must own nothing, a value of this tag; None is missing."""
    to.tag = MISSING
    if value is None:
        return 0
    if tag == TEXT:
        if not isinstance(value, str):
            raise TypeError(f"not a text: {value!r}")
        Py_INCREF(value)
        to.v.s = <PyObject *> value
    elif tag == NUMBER:
        to.v.n = value
    elif BOOL <= tag <= DATE:
        to.v.i = value
    else:
        raise ValueError(f"no such tag: {tag}")
    to.tag = tag
    return 0


@cython.no_gc
@cython.freelist(256)
cdef class Event:
    def __cinit__(self):
        self.slots = NULL
        self.n = 0

    def __dealloc__(self):
        cdef int i
        for i in range(self.n):
            release(&self.slots[i])
        PyMem_Free(self.slots)

    cdef int allocate(self, int n) except -1:
        """Give a new event its row, all missing."""
        self.slots = <Value *> PyMem_Malloc(n * sizeof(Value))
        if self.slots == NULL:
            raise MemoryError
        memset(self.slots, 0, n * sizeof(Value))
        self.n = n
        return 0

    def value(self, int slot):
        """What stands in a slot, as a Python object; None: missing."""
        if not 0 <= slot < self.n:
            raise IndexError(slot)
        return value_object(&self.slots[slot])

    def values(self):
        """All slots, as Python objects."""
        cdef int i
        return [value_object(&self.slots[i]) for i in range(self.n)]

    def __repr__(self):
        return f"<Event {self.source!r} {self.id!r} type {self.type} at {self.time}>"


cdef bint event_before(Event a, Event b) except -1:
    """Whether a comes before b: by time, received before derived, then by the texts that order them, by code points."""
    cdef int order
    if a.time != b.time:
        return a.time < b.time
    if a.rank != b.rank:
        return a.rank < b.rank
    order = PyUnicode_Compare(a.order_a, b.order_a)
    if order == 0:
        order = PyUnicode_Compare(a.order_b, b.order_b)
    return order < 0


cdef bint same_event(Event a, Event b) except -1:
    """Whether both have one name: source, id, and whether they were received or derived."""
    if a is b:
        return True
    return a.rank == b.rank and PyUnicode_Compare(a.id, b.id) == 0 and PyUnicode_Compare(a.source, b.source) == 0
