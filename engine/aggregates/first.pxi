# first(X [where c]) -> the type of X
# The value in the first event of the window that carries one. Of none: missing.
# Example: `first(breath_test.alcohol_field) within case` with 196, then 30, is 196.


cdef class First(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        if low == high:
            out.tag = MISSING
        else:
            copy_value(out, self.value(track, low))
        return 0

    cdef Py_ssize_t source(self, Py_ssize_t low, Py_ssize_t high) noexcept:
        return low
