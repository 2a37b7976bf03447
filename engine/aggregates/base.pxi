# What every aggregate is made of. One file beside this one adds one aggregate; its first comment is its documentation.


cdef class Aggregate:
    """One aggregate of the rule set, with its window. `result` reads entries [low, high) of a track."""

    cdef readonly int index
    cdef readonly int history
    cdef readonly Taking taking          # where it reads `this`: all events of its types
    cdef readonly Taking choice          # where it reads `this`: what is chosen of them, anew at each anchor; else None
    cdef readonly Window window
    cdef readonly bint previous
    cdef readonly bint single            # its evidence is the one event that its value comes from
    cdef long long at_least
    cdef int kind_out                    # a Tag

    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        raise NotImplementedError

    cdef Py_ssize_t source(self, Py_ssize_t low, Py_ssize_t high) noexcept:
        """The entry that a `single` aggregate takes its value from."""
        return high - 1


cdef int compare_values(Value *a, Value *b) except -2:
    """-1, 0 or 1; both of one kind, neither missing."""
    cdef double x, y
    if a.tag == TEXT:
        if <object> a.v.s == <object> b.v.s:
            return 0
        return -1 if <object> a.v.s < <object> b.v.s else 1
    if a.tag == NUMBER or b.tag == NUMBER:
        x = a.v.n if a.tag == NUMBER else <double> a.v.i
        y = b.v.n if b.tag == NUMBER else <double> b.v.i
        return (x > y) - (x < y)
    return (a.v.i > b.v.i) - (a.v.i < b.v.i)
