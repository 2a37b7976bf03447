# count(EVENT [where c]) -> integer
# How many events of the window are taken up. Of none: 0.
# Example: `count(login where failed) within account over 10m` with three failed logins in ten minutes is 3.


cdef class Count(Aggregate):
    cdef int result(self, Track track, Py_ssize_t low, Py_ssize_t high, Value *out) except -1:
        out.tag = INT
        out.v.i = high - low
        return 0
