# Names that were seen, in a few bytes each: enough to know that a name is new, which most are.


@cython.final
cdef class SeenNames:
    """A set that may also say yes to what it was not told: it keeps 64 bits of a hash of each name. About 16 bytes a name."""

    cdef size_t n
    cdef size_t room                     # a power of two
    cdef unsigned long long *marks       # 0: free

    def __cinit__(self):
        self.n = 0
        self.room = 0
        self.marks = NULL

    def __dealloc__(self):
        free(self.marks)

    def __len__(self):
        return self.n

    def __contains__(self, name):
        return self.room > 0 and self.marks[self.place(mark_of(name))] != 0

    def add(self, name):
        """From here on the name is in it."""
        cdef unsigned long long mark = mark_of(name)
        cdef size_t at
        if 3 * (self.n + 1) > 2 * self.room:
            self.grow()
        at = self.place(mark)
        self.n += self.marks[at] == 0
        self.marks[at] = mark

    cdef size_t place(self, unsigned long long mark) noexcept:
        """Where the mark stands, or would stand."""
        cdef size_t at = mark & (self.room - 1)
        while self.marks[at] != 0 and self.marks[at] != mark:
            at = (at + 1) & (self.room - 1)
        return at

    cdef int grow(self) except -1:
        cdef unsigned long long *before = self.marks
        cdef size_t i, was = self.room
        cdef unsigned long long *marks = <unsigned long long *> calloc(max(2 * was, <size_t> 64), sizeof(unsigned long long))
        if marks is NULL:
            raise MemoryError
        self.marks = marks
        self.room = max(2 * was, <size_t> 64)
        for i in range(was):
            if before[i]:
                self.marks[self.place(before[i])] = before[i]
        free(before)
        return 0


cdef inline unsigned long long mark_of(object name) except 0:
    """64 bits of the name's hash, not 0. Python's hash of texts is keyed anew in every process, so nobody can send names that collide."""
    cdef unsigned long long mark = <unsigned long long> <Py_ssize_t> hash(name)
    return mark if mark else 1
