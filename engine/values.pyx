# cython: auto_pickle=False, autotestdict=False
"""Typed values and events.

In: what `engine.machine` decodes.  Out: `Event`, a row of typed slots that owns its texts, and helpers that the other
compiled modules use on values. Nothing here knows a rule set.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

cimport cython

import os
from hashlib import blake2b

cdef extern from "Python.h":
    int PyUnicode_Compare(object left, object right) except? -1
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    int PyUnicode_KIND(object text) noexcept
    void *PyUnicode_DATA(object text) noexcept


include "hashing.pxi"


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


cdef class Layout:
    cdef int write_content(self, Writer writer, Event event) except -1:
        raise NotImplementedError


cdef Writer CONTENT = Writer()


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

    cdef int allocate(self, Layout layout, int n) except -1:
        """Give a new event its row, all missing."""
        self.layout = layout
        self.slots = <Value *> PyMem_Malloc(n * sizeof(Value))
        if self.slots == NULL:
            raise MemoryError
        memset(self.slots, 0, n * sizeof(Value))
        self.n = n
        return 0

    @property
    def digest(self):
        """16 bytes over the content: type, time, and the declared fields as decoded, keys in their raw spelling; None of a derived one."""
        if self.known_digest is None and self.rank == 0:
            CONTENT.n = 0
            self.layout.write_content(CONTENT, self)
            self.known_digest = blake2b(CONTENT.taken(), digest_size=16).digest()
        return self.known_digest

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


cdef Event named_event(str source, str id, bytes digest):
    """Of an event only its name, and the digest of its content."""
    cdef Event event = Event.__new__(Event)
    event.source = source
    event.id = id
    event.known_digest = digest
    return event


cdef int name_hash(str source, str id, unsigned long long *two) except -1:
    """A keyed hash of a name, 128 bits."""
    CONTENT.n = 0
    CONTENT.text(source)
    CONTENT.text(id)
    keyed_hash(CONTENT.data, CONTENT.n, <uint64_t *> two)
    return 0


cdef int content_hash(Event event, unsigned long long *two) except -1:
    """A keyed hash of what an event says, 128 bits: equal where its digest is."""
    CONTENT.n = 0
    event.layout.write_content(CONTENT, event)
    keyed_hash(CONTENT.data, CONTENT.n, <uint64_t *> two)
    return 0


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


@cython.final
cdef class Writer:
    def __dealloc__(self):
        free(self.data)

    cdef unsigned char *room(self, Py_ssize_t more) except NULL:
        """Where the next `more` bytes go."""
        cdef unsigned char *grown
        cdef Py_ssize_t size
        if self.n + more > self.size:
            size = max(2 * self.size, self.n + more, 512)
            grown = <unsigned char *> realloc(self.data, size)
            if grown == NULL:
                raise MemoryError
            self.data = grown
            self.size = size
        self.n += more
        return self.data + self.n - more

    cdef int whole(self, long long value, int width) except -1:
        """A little-endian integer of so many bytes."""
        memcpy(self.room(width), &value, width)
        return 0

    cdef int text(self, str text) except -1:
        """A text as Python has it: the width of a character, their number, they."""
        cdef int width = PyUnicode_KIND(text)
        cdef Py_ssize_t n = PyUnicode_GET_LENGTH(text)
        self.whole(width, 1)
        self.whole(n, 4)
        memcpy(self.room(n * width), PyUnicode_DATA(text), n * width)
        return 0

    cdef bytes taken(self):
        """All that was written; the writer is empty again."""
        cdef bytes all_of_it = PyBytes_FromStringAndSize(<char *> self.data, self.n)
        self.n = 0
        return all_of_it
