# Texts known beforehand, found again: names of fields, and the texts that rules compare with.
#
# Almost all are short and plain ASCII, and those that are sent are mostly fresh objects that nobody has hashed yet;
# so they are compared by their letters, eight at a time, and not by Python's hash.

cdef extern from *:
    """
    static inline const char *rl_letters(PyObject *text) { return (const char *) ((PyASCIIObject *) text + 1); }

    static inline int rl_is_plain(PyObject *text) { return PyUnicode_CheckExact(text) && PyUnicode_IS_COMPACT_ASCII(text); }

    static inline int rl_same(const char *x, Py_ssize_t n, const char *y, Py_ssize_t m)
    {
        uint64_t u, v;
        uint32_t s, t;
        if (n != m) return 0;
        if (n < 4) {
            for (; n > 0; n--) if (x[n - 1] != y[n - 1]) return 0;
            return 1;
        }
        if (n < 8) {
            memcpy(&s, x, 4); memcpy(&t, y, 4);
            if (s != t) return 0;
            memcpy(&s, x + n - 4, 4); memcpy(&t, y + n - 4, 4);
            return s == t;
        }
        for (; n > 8; n -= 8, x += 8, y += 8) {
            memcpy(&u, x, 8); memcpy(&v, y, 8);
            if (u != v) return 0;
        }
        memcpy(&u, x + n - 8, 8); memcpy(&v, y + n - 8, 8);
        return u == v;
    }

    static inline int rl_same_letters(PyObject *a, PyObject *b)
    {
        return a == b || rl_same(rl_letters(a), PyUnicode_GET_LENGTH(a), rl_letters(b), PyUnicode_GET_LENGTH(b));
    }

    static inline uint64_t rl_hash(const char *x, Py_ssize_t n)
    {
        const uint64_t odd = 0x9E3779B97F4A7C15ULL;
        uint64_t hash = (uint64_t) n * odd, u = 0;
        uint32_t s, t;
        if (n < 4) {
            for (; n > 0; n--) u = u << 8 | (unsigned char) x[n - 1];
        } else if (n < 8) {
            memcpy(&s, x, 4); memcpy(&t, x + n - 4, 4);
            u = (uint64_t) s << 32 | t;
        } else {
            for (; n > 8; n -= 8, x += 8) {
                memcpy(&u, x, 8);
                hash = (hash ^ u) * odd;
                hash ^= hash >> 29;
            }
            memcpy(&u, x + n - 8, 8);
        }
        hash = (hash ^ u) * odd;
        return hash ^ hash >> 32;
    }

    static inline uint64_t rl_letters_hash(PyObject *text) { return rl_hash(rl_letters(text), PyUnicode_GET_LENGTH(text)); }
    """
    # Whether the object is a text of ASCII characters, as those below ask for.
    bint is_plain "rl_is_plain"(PyObject *text) noexcept
    bint same_letters "rl_same_letters"(PyObject *a, PyObject *b) noexcept
    unsigned long long letters_hash "rl_letters_hash"(PyObject *text) noexcept
    # The same of letters that are no object.
    const char *letters "rl_letters"(PyObject *text) noexcept
    bint same_bytes "rl_same"(const char *x, Py_ssize_t n, const char *y, Py_ssize_t m) noexcept
    unsigned long long bytes_hash "rl_hash"(const char *x, Py_ssize_t n) noexcept


ctypedef PyObject *TextAt

cdef enum:
    REPEATS = 2048                   # a power of two
    REPEATED_MAX = 24                # characters of a text that is looked for
    LUCK = 64                        # so often at first, and after a rest, a field's texts may be new ones
    LUCK_MAX = 256
    REST = 1000                      # so many texts of a field are not looked for once too many were new


@cython.final
@cython.internal
cdef class Repeats:
    """Texts that came before: codes, units, places. One that comes again is the same object, of which there is one for all events.

    For each field it is counted whether that is worth it (`luck`): names of cases do not come again."""

    cdef TextAt[REPEATS] texts         # plain ones, by their hash: the last of each

    def __dealloc__(self):
        cdef PyObject *text
        for text in self.texts:
            Py_XDECREF(text)

    cdef inline str of(self, const char *x, Py_ssize_t n, int *luck):
        """The text of these bytes, which are UTF-8."""
        cdef PyObject **place
        cdef PyObject *before
        cdef str text
        if luck[0] < 0 or not 1 < n <= REPEATED_MAX or not is_ascii(x, n):
            luck[0] += luck[0] < 0
            return text_of(x, n)
        place = &self.texts[bytes_hash(x, n) & (REPEATS - 1)]
        before = place[0]
        if before != NULL and same_bytes(x, n, letters(before), PyUnicode_GET_LENGTH(<object> before)):
            luck[0] = min(luck[0] + 2, LUCK_MAX)
            return <str> before
        luck[0] = luck[0] - 1 if luck[0] else -REST
        text = text_of(x, n)
        Py_INCREF(text)
        place[0] = <PyObject *> text
        Py_XDECREF(before)
        return text


@cython.final
@cython.internal
cdef class Texts:
    """Texts, each with a number that is not negative."""

    cdef dict numbers
    cdef PyObject **places           # the plain ones, by their hash; owned by the dict
    cdef int *numbers_at
    cdef size_t mask

    def __cinit__(self, dict numbers):
        cdef size_t at
        cdef PyObject *text
        # A dict of its own, so that whoever changes the other changes nothing here.
        self.numbers = dict(numbers)
        self.mask = 1
        while self.mask < 2 * <size_t> len(numbers):
            self.mask *= 2
        self.places = <PyObject **> calloc(self.mask, sizeof(PyObject *))
        self.numbers_at = <int *> malloc(self.mask * sizeof(int))
        if self.places == NULL or self.numbers_at == NULL:
            raise MemoryError
        self.mask -= 1
        for key, number in self.numbers.items():
            text = <PyObject *> key
            if is_plain(text):
                at = letters_hash(text) & self.mask
                while self.places[at] != NULL:
                    at = (at + 1) & self.mask
                self.places[at] = text
                self.numbers_at[at] = number

    def __dealloc__(self):
        free(self.places)
        free(self.numbers_at)

    cdef inline int find(self, PyObject *text) except -2:
        """The number of a text; -1: it has none."""
        cdef size_t at
        if not is_plain(text):
            return self.find_other(text)
        at = letters_hash(text) & self.mask
        while self.places[at] != NULL:
            if same_letters(text, self.places[at]):
                return self.numbers_at[at]
            at = (at + 1) & self.mask
        return -1

    cdef inline int find_bytes(self, const char *x, Py_ssize_t n) except -2:
        """The number of the text that these bytes of UTF-8 are; -1: it has none."""
        cdef size_t at = bytes_hash(x, n) & self.mask
        while self.places[at] != NULL:
            if same_bytes(x, n, letters(self.places[at]), PyUnicode_GET_LENGTH(<object> self.places[at])):
                return self.numbers_at[at]
            at = (at + 1) & self.mask
        return -1 if is_ascii(x, n) else self.find_text(text_of(x, n))

    cdef int find_text(self, str text) except -2:
        return self.find_other(<PyObject *> text)

    cdef int find_other(self, PyObject *text) except -2:
        cdef PyObject *found = PyDict_GetItemWithError(self.numbers, <object> text)
        return -1 if found == NULL else <int> (<object> found)
