# Small things that instructions do to the values on the stack.

cdef extern from *:
    """
    static inline int add_overflows(long long a, long long b, long long *out) { return __builtin_add_overflow(a, b, out); }
    static inline int subtract_overflows(long long a, long long b, long long *out) { return __builtin_sub_overflow(a, b, out); }
    static inline int multiply_overflows(long long a, long long b, long long *out) { return __builtin_mul_overflow(a, b, out); }
    """
    bint add_overflows(long long a, long long b, long long *out) noexcept
    bint subtract_overflows(long long a, long long b, long long *out) noexcept
    bint multiply_overflows(long long a, long long b, long long *out) noexcept


cdef inline bint present(const Value *a, const Value *b) noexcept:
    return a.tag != MISSING and b.tag != MISSING


cdef inline bint both(Value *a, const Value *b) noexcept:
    """Whether both, neither a text, are present; if not, a is missing from now on."""
    if b.tag == MISSING:
        a.tag = MISSING
    return a.tag != MISSING


cdef inline bint is_false(const Value *a) noexcept:
    return a.tag == BOOL and a.v.i == 0


cdef inline bint is_true(const Value *a) noexcept:
    return a.tag == BOOL and a.v.i != 0


cdef inline void set_truth(Value *a, bint answer) noexcept:
    a.v.i = answer
    a.tag = BOOL


cdef inline void set_number(Value *a, double number) noexcept:
    """Make a the number; infinity and not-a-number are missing. There is one zero."""
    a.v.n = number + 0.0
    a.tag = NUMBER if isfinite(number) else MISSING


cdef inline bint whole(double number, long long *out) noexcept:
    """The number, which has no fraction, as 64 bits; false where it does not fit."""
    if not -9223372036854775808.0 <= number < 9223372036854775808.0:
        return False
    out[0] = <long long> number
    return True


cdef inline void conjoin(Value *a, bint known, bint answer, bint known_too, bint answer_too) noexcept:
    """Make a, which owns nothing, the conjunction of two answers of which either may be unknown."""
    if (known and not answer) or (known_too and not answer_too):
        set_truth(a, False)
    elif known and known_too:
        set_truth(a, True)
    else:
        a.tag = MISSING


cdef inline bint same_text(const Value *a, const Value *b) noexcept:
    cdef str left, right
    cdef int width
    if a.v.s == b.v.s:
        return True
    left, right = <str> a.v.s, <str> b.v.s
    width = PyUnicode_KIND(left)
    if PyUnicode_GET_LENGTH(left) != PyUnicode_GET_LENGTH(right) or width != PyUnicode_KIND(right):
        return False
    return memcmp(PyUnicode_DATA(left), PyUnicode_DATA(right), PyUnicode_GET_LENGTH(left) * width) == 0


cdef inline int text_order(const Value *a, const Value *b) except -2:
    """-1, 0 or 1, by code points; 0 where either is missing."""
    if not present(a, b):
        return 0
    return PyUnicode_Compare(<str> a.v.s, <str> b.v.s)


cdef inline void settle_text(Value *a, Value *b, bint answer) noexcept:
    """Put the answer of a question about two texts in a's place; missing if either was."""
    cdef bint known = present(a, b)
    release(a)
    release(b)
    if known:
        set_truth(a, answer)


cdef inline void choose_text(Value *a, Value *b, bint second) noexcept:
    """Leave the one of two texts in a's place; missing if either was."""
    if not present(a, b):
        release(a)
        release(b)
    elif second:
        release(a)
        a[0] = b[0]
        b.tag = MISSING
    else:
        release(b)


cdef inline int replace_text(Value *a, str text) except -1:
    release(a)
    return set_value(a, TEXT, text)


cdef inline long long day_of(Machine machine, const Value *a) noexcept:
    """The local day of a time; a date is one."""
    return a.v.i if a.tag == DATE else machine.local.day(a.v.i)


cdef long long date_part(long long day, int part) noexcept:
    """Of a date: 0 its year, 1 its month, 2 its day of the month."""
    cdef long long year
    cdef int month, of_month
    civil_date(day, &year, &month, &of_month)
    return year if part == 0 else month if part == 1 else of_month


cdef inline void read_access(Machine machine, int access, Event event, Value *out) noexcept:
    """The field of the event that the access names for its type; missing for other types, and where there is no event."""
    cdef int slot
    out.tag = MISSING
    if event is not None:
        slot = machine.accesses[access * machine.types_n + event.type]
        if slot >= 0:
            copy_value(out, &event.slots[slot])


cdef int note(list tracing, dict marks, int word, const Value *value) except -1:
    """Write down the value of each expression that ends with this word."""
    for span in marks.get(word, ()):
        tracing.append((span, TAG_NAMES[value.tag], value_object(value)))
    return 0
