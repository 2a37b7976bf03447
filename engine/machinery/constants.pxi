# What the instructions refer to: constants, sets, globs, tables, the slots of fields.

cdef dict TAGS = {
    "missing": MISSING,
    "boolean": BOOL,
    "integer": INT,
    "number": NUMBER,
    "text": TEXT,
    "key": TEXT,
    "time": TIME,
    "duration": DURATION,
    "date": DATE,
}
cdef tuple TAG_NAMES = ("missing", "boolean", "integer", "number", "text", "time", "duration", "date")


cdef int set_constant(Value *to, str kind, value) except -1:
    """Make `to`, which must own nothing, a constant of the plan."""
    cdef int tag = TAGS[kind]
    if tag == NUMBER and value is not None:
        value = float(value)
    return set_value(to, tag, value)


@cython.final
@cython.internal
cdef class ConstantSet:
    """Constants of one kind, to be asked whether a value is one of them."""

    cdef int tag
    cdef Texts texts
    cdef Py_ssize_t n
    cdef Value *values               # sorted, where they are no texts

    def __cinit__(self, dict plan):
        cdef Py_ssize_t i
        self.tag = TAGS[plan["kind"]]
        if self.tag == TEXT:
            self.texts = Texts(dict.fromkeys(plan["values"], 0))
            return
        members = sorted(set(plan["values"]))
        self.n = len(members)
        self.values = <Value *> calloc(max(self.n, 1), sizeof(Value))
        if self.values == NULL:
            raise MemoryError
        for i in range(self.n):
            set_constant(&self.values[i], plan["kind"], members[i])

    def __dealloc__(self):
        free(self.values)

    cdef bint holds(self, const Value *value) except -1:
        cdef Py_ssize_t low = 0, high = self.n, middle
        if self.tag == TEXT:
            return self.texts.find(value.v.s) >= 0
        while low < high:
            middle = (low + high) // 2
            if self.values[middle].v.n < value.v.n if self.tag == NUMBER else self.values[middle].v.i < value.v.i:
                low = middle + 1
            else:
                high = middle
        if low == self.n:
            return False
        return self.values[low].v.n == value.v.n if self.tag == NUMBER else self.values[low].v.i == value.v.i


@cython.final
@cython.internal
cdef class Table:
    """Rows by key, each with the local days on which it holds."""

    cdef int parameters
    cdef int tag
    cdef dict rows                   # key, or tuple of keys -> ((since, until, value), ...)

    def __init__(self, dict plan):
        self.parameters = len(plan["params"])
        self.tag = TAGS[plan["kind"]]
        self.rows = {}
        for row in plan["rows"]:
            keys = tuple([float(k) if kind == "number" else k for kind, k in zip(plan["params"], row["keys"])])
            since = EARLIEST if row["since"] is None else row["since"]
            until = NEVER if row["until"] is None else row["until"]
            value = float(row["value"]) if self.tag == NUMBER else row["value"]
            name = keys[0] if self.parameters == 1 else keys
            self.rows[name] = (*self.rows.get(name, ()), (since, until, value))

    cdef int look_up(self, Value *keys, Value *out) except -1:
        """The value for keys, none of them missing, and the day that follows them. `out` must own nothing."""
        cdef int i
        cdef long long day = keys[self.parameters].v.i, since, until
        if self.parameters == 1:
            name = value_object(&keys[0])
        else:
            name = tuple([value_object(&keys[i]) for i in range(self.parameters)])
        out.tag = MISSING
        for since, until, value in self.rows.get(name, ()):
            if since <= day <= until:
                return set_value(out, self.tag, value)
        return 0


cdef bint fits_glob(str text, str glob):
    """Whether the whole text fits: `*` is any run of characters, `?` any one."""
    cdef Py_ssize_t at = 0, n = PyUnicode_GET_LENGTH(text), i = 0, m = PyUnicode_GET_LENGTH(glob)
    cdef Py_ssize_t star = -1, resumed = 0
    cdef int text_kind = PyUnicode_KIND(text), glob_kind = PyUnicode_KIND(glob)
    cdef void *text_data = PyUnicode_DATA(text)
    cdef void *glob_data = PyUnicode_DATA(glob)
    cdef Py_UCS4 c
    while at < n:
        c = PyUnicode_READ(glob_kind, glob_data, i) if i < m else 0
        if i < m and c == 42:
            star = i
            i += 1
            resumed = at
        elif i < m and (c == 63 or c == PyUnicode_READ(text_kind, text_data, at)):
            at += 1
            i += 1
        elif star >= 0:
            # Only the last star needs to be tried again: what the ones before took up stays.
            resumed += 1
            at = resumed
            i = star + 1
        else:
            return False
    while i < m and PyUnicode_READ(glob_kind, glob_data, i) == 42:
        i += 1
    return i == m
