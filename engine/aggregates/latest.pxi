# latest(X [where c]) -> the type of X        (a bare field in a scope is latest of that field)
# The value in the last event of the window that carries one. Of none: missing.
# Example: `latest(blood_test.blood_result) within case` with results 62, then 64, is 64.


cdef class Latest(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        if low == high:
            out.tag = MISSING
        else:
            copy_value(out, self.value(track, high - 1))
        return 0
