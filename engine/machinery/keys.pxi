# Keys: one spelling for all spellings that are meant to be one. The same as rulelang.normalise, whose words say what and why.

cdef object WHITE_SPACE = re_compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
cdef object IGNORABLE = re_compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]+"
)
cdef int KEPT_MAX = 65_536


cdef bint plainly_normal(str text):
    """Whether a glance shows that the text is normalised: printable ASCII, its spaces single and inside."""
    cdef const unsigned char *at
    cdef Py_ssize_t i, n = PyUnicode_GET_LENGTH(text)
    cdef bint spaced = True
    if not PyUnicode_IS_ASCII(text):
        return False
    at = <const unsigned char *> PyUnicode_DATA(text)
    for i in range(n):
        if at[i] == 32:
            if spaced:
                return False
            spaced = True
        elif at[i] < 32 or at[i] == 127:
            return False
        else:
            spaced = False
    return not spaced


cdef inline bint is_white(Py_UCS4 c) noexcept:
    """Whether the character has the Unicode property White_Space."""
    if c < 0x1680:
        return 9 <= c <= 13 or c == 32 or c == 0x85 or c == 0xA0
    return 0x2000 <= c <= 0x200A or c == 0x1680 or c == 0x2028 or c == 0x2029 or c == 0x202F or c == 0x205F or c == 0x3000


cdef str trimmed(str text):
    """The text without white space at its ends."""
    cdef int kind = PyUnicode_KIND(text)
    cdef void *data = PyUnicode_DATA(text)
    cdef Py_ssize_t start = 0, end = PyUnicode_GET_LENGTH(text)
    while start < end and is_white(PyUnicode_READ(kind, data, start)):
        start += 1
    while end > start and is_white(PyUnicode_READ(kind, data, end - 1)):
        end -= 1
    return text[start:end]


cdef str normalise(str text):
    """The text as a key of an entity that is not `lookalike`; "" where nothing remains."""
    while True:
        folded = WHITE_SPACE.sub(" ", unicode_normal("NFKC", text)).strip(" ")
        if not folded.isascii() or not folded.isprintable():
            folded = IGNORABLE.sub("", "".join([c for c in folded if category(c) not in ("Cc", "Cf")]))
        if folded == text:
            return text
        text = folded


@cython.final
@cython.internal
cdef class Keys:
    """Makes keys, and remembers the last ones made."""

    cdef dict prototypes
    cdef dict plain                  # text -> key, of texts that a glance does not settle
    cdef dict lookalike

    def __init__(self, dict prototypes):
        self.prototypes = prototypes
        self.plain = {}
        self.lookalike = {}

    cdef str of(self, str text, bint lookalike):
        """The key; None: nothing remains."""
        cdef PyObject *found
        if not lookalike and plainly_normal(text):
            return text
        cdef dict kept = self.lookalike if lookalike else self.plain
        found = PyDict_GetItemWithError(kept, text)
        if found != NULL:
            return <str> found
        cdef str key = normalise(text)
        if lookalike:
            key = self.skeleton(key)
        if not key:
            key = None
        if len(kept) >= KEPT_MAX:
            kept.clear()
        kept[text] = key
        return key

    cdef str skeleton(self, str text):
        while True:
            folded = unicode_normal("NFD", unicode_normal("NFD", text).casefold())
            seen = normalise("".join([self.prototypes.get(c, c) for c in folded]))
            if seen == text:
                return text
            text = seen
