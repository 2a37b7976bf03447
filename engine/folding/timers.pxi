# Timers: which rule must be woken at which moment, and at which key.


cdef struct Timer:
    long long moment
    PyObject *rule                     # these two are owned while they wait
    PyObject *log


@cython.no_gc
@cython.final
cdef class Timers:
    """A heap of timers, the earliest first. There are as many as deadlines that were set, so they are kept small."""

    cdef Timer *items
    cdef Py_ssize_t n
    cdef Py_ssize_t room

    def __cinit__(self):
        self.items = NULL
        self.n = self.room = 0

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.n):
            Py_DECREF(<object> self.items[i].rule)
            Py_DECREF(<object> self.items[i].log)
        free(self.items)

    cdef inline bint is_due(self, long long now) noexcept:
        """Whether the earliest is due by `now`."""
        return self.n > 0 and self.items[0].moment <= now

    cdef int add(self, long long moment, Rule rule, Log log) except -1:
        cdef Py_ssize_t at = self.n, above
        cdef void *grown
        if self.n == self.room:
            grown = realloc(self.items, (2 * self.room + 16) * sizeof(Timer))
            if grown is NULL:
                raise MemoryError
            self.items = <Timer *> grown
            self.room = 2 * self.room + 16
        while at > 0:
            above = (at - 1) >> 1
            if self.items[above].moment <= moment:
                break
            self.items[at] = self.items[above]
            at = above
        self.items[at].moment = moment
        self.items[at].rule = <PyObject *> rule
        self.items[at].log = <PyObject *> log
        Py_INCREF(rule)
        Py_INCREF(log)
        self.n += 1
        return 0

    cdef Timer take(self) noexcept:
        """The earliest, out of the heap, with what it owns; there must be one."""
        cdef Timer earliest = self.items[0], last
        cdef Py_ssize_t at = 0, below
        self.n -= 1
        last = self.items[self.n]
        while True:
            below = 2 * at + 1
            if below >= self.n:
                break
            if below + 1 < self.n and self.items[below + 1].moment < self.items[below].moment:
                below += 1
            if last.moment <= self.items[below].moment:
                break
            self.items[at] = self.items[below]
            at = below
        self.items[at] = last
        return earliest
