# Events as they come over the wire: `rulelang.v1.Event` of proto/rulelang/v1/event.proto, read without a protobuf library.
#
# What is read here is the *plain* form of a message, the one that every library writes: the fields of the schema only, each at most once
# (of a oneof, one), each with its own wire type, entries of maps with their key and then their value, valid UTF-8. Of anything else that
# protobuf allows or refuses (unknown fields, groups, repeated singular fields, halves of messages to be merged, varints beyond 64 bits)
# nothing is said here but that it is not plain: then the library reads it. So what is accepted here can only be what the library accepts
# too, and the tests hold each against the other.
#
# Event   1 id · 2 source · 3 type · 4 time (Timestamp) | 5 time_text · 6 fields: entries of 1 name · 2 Value
# Value   1 text | 2 number | 3 integer | 4 boolean | 5 time (Timestamp) | 6 duration (Duration)
# Timestamp and Duration   1 seconds · 2 nanos

cdef enum WireTag:                   # field number and wire type in one byte
    ID_TAG = 0x0A
    SOURCE_TAG = 0x12
    TYPE_TAG = 0x1A
    STAMP_TAG = 0x22
    TIME_TEXT_TAG = 0x2A
    ENTRY_TAG = 0x32
    NAME_TAG = 0x0A
    VALUE_TAG = 0x12
    VALUE_TEXT = 0x0A
    VALUE_NUMBER = 0x11
    VALUE_INTEGER = 0x18
    VALUE_BOOLEAN = 0x20
    VALUE_TIME = 0x2A
    VALUE_DURATION = 0x32
    VALUE_NONE = 0
    SECONDS_TAG = 0x08
    NANOS_TAG = 0x10

cdef enum:
    IGNORED_MAX = 32                 # undeclared fields of an event of which is remembered that no name comes twice
    BILLION = 1_000_000_000
    LENGTH_BYTES_MAX = 4             # up to 256 MB, which is more than gRPC lets in; the library has a bound of its own
    SURE_SECONDS = 1 << 30           # up to here, by way of a number of seconds or not, a Duration is the same

cdef long long DURATION_SECONDS = 315_576_000_000
cdef long long EXACT_SECONDS = 1 << 33
cdef long long FIRST_SECOND = -62_135_596_800
cdef long long LAST_SECOND = 253_402_300_799
DURATION_SECONDS_MAX = DURATION_SECONDS
"""The longest Duration that protobuf has: about 10,000 years."""
EXACT_SECONDS_MAX = EXACT_SECONDS
"""Up to here (272 years) a number of seconds, which is how JSON has durations, holds every microsecond."""
cdef frozenset HEAD = frozenset(("id", "source", "type", "time"))

ctypedef const unsigned char *Bytes

cdef struct Part:
    int tag
    unsigned long long whole         # of a varint
    double number                    # of eight bytes
    Bytes at                         # of a stretch of bytes
    Py_ssize_t n

cdef struct WireValue:
    int tag                          # VALUE_…
    Bytes at                         # the text
    Py_ssize_t n
    double number
    long long integer                # also a boolean, and seconds
    int nanos

cdef extern from "Python.h":
    str PyUnicode_DecodeUTF8(const char *data, Py_ssize_t n, const char *errors)
    str PyUnicode_New(Py_ssize_t n, Py_UCS4 largest)


class NoValue:
    """What protobuf can hold but no event: `shown` is how a refusal shows it."""

    __slots__ = ("shown",)

    def __init__(self, shown):
        self.shown = shown

    def __repr__(self):
        return self.shown

    def __eq__(self, other):
        return isinstance(other, NoValue) and other.shown == self.shown

    def __hash__(self):
        return hash(self.shown)


# ------------------------------------------------------------------ bytes and texts


cdef inline bint is_ascii(const char *x, Py_ssize_t n) noexcept:
    cdef unsigned long long eight = 0, last
    cdef unsigned char one = 0
    if n >= 8:
        memcpy(&last, x + n - 8, 8)
        while n > 8:
            memcpy(&eight, x, 8)
            last |= eight
            x += 8
            n -= 8
        return last & 0x8080808080808080ULL == 0
    while n > 0:
        n -= 1
        one |= <unsigned char> x[n]
    return one < 0x80


cdef bint is_utf8(Bytes at, Py_ssize_t n) noexcept:
    """Whether the bytes are UTF-8: shortest forms, no halves of pairs of UTF-16, nothing beyond U+10FFFF."""
    cdef Bytes end = at + n
    cdef unsigned char first, low, high
    cdef int more
    if is_ascii(<const char *> at, n):
        return True
    while at < end:
        first = at[0]
        at += 1
        if first < 0x80:
            continue
        low, high = 0x80, 0xBF
        if 0xC2 <= first <= 0xDF:
            more = 1
        elif 0xE0 <= first <= 0xEF:
            more = 2
            if first == 0xE0:
                low = 0xA0
            elif first == 0xED:
                high = 0x9F
        elif 0xF0 <= first <= 0xF4:
            more = 3
            if first == 0xF0:
                low = 0x90
            elif first == 0xF4:
                high = 0x8F
        else:
            return False
        if end - at < more or not low <= at[0] <= high:
            return False
        for first in at[1:more]:
            if first & 0xC0 != 0x80:
                return False
        at += more
    return True


cdef inline str text_of(const char *x, Py_ssize_t n):
    """The text of bytes that are UTF-8."""
    cdef str made
    if n > 1 and is_ascii(x, n):
        made = PyUnicode_New(n, 127)
        memcpy(PyUnicode_DATA(made), x, n)
        return made
    return PyUnicode_DecodeUTF8(x, n, NULL)


# ------------------------------------------------------------------ messages


cdef inline bint read_varint(Bytes *at, Bytes end, unsigned long long *out) noexcept:
    """Read a number of up to 64 bits. False: the bytes end, or it has more."""
    cdef unsigned long long number = 0
    cdef unsigned char one
    cdef int shift = 0
    while at[0] < end:
        one = at[0][0]
        at[0] += 1
        if shift == 63 and one > 1:
            return False
        number |= <unsigned long long> (one & 0x7F) << shift
        if one < 0x80:
            out[0] = number
            return True
        shift += 7
    return False


cdef inline bint read_part(Bytes *at, Bytes end, Part *part) noexcept:
    """Read the next field, there being one. False: it is not plain."""
    cdef unsigned long long n = 0
    part.tag = at[0][0]
    at[0] += 1
    if part.tag & 7 == 2:
        if at[0] < end and at[0][0] < 0x80:
            n = at[0][0]
            at[0] += 1
        elif not read_varint(at, end if end - at[0] < LENGTH_BYTES_MAX else at[0] + LENGTH_BYTES_MAX, &n):
            return False
        if n > <unsigned long long> (end - at[0]):
            return False
        part.at = at[0]
        part.n = <Py_ssize_t> n
        at[0] += n
        return part.tag < 0x80
    if part.tag & 7 == 0:
        return read_varint(at, end, &part.whole) and part.tag < 0x80
    if part.tag & 7 == 1 and end - at[0] >= 8:
        memcpy(&part.number, at[0], 8)
        at[0] += 8
        return part.tag < 0x80
    return False


cdef bint read_stamp(Bytes at, Py_ssize_t n, long long *seconds, int *nanos) noexcept:
    """Read a Timestamp or Duration. False: it is not plain."""
    cdef Bytes end = at + n
    cdef Part part
    cdef int seen = 0
    seconds[0] = 0
    nanos[0] = 0
    while at < end:
        if not read_part(&at, end, &part) or seen & part.tag:
            return False
        seen |= part.tag
        if part.tag == SECONDS_TAG:
            seconds[0] = <long long> part.whole
        elif part.tag == NANOS_TAG and <long long> part.whole == <int> part.whole:
            nanos[0] = <int> part.whole
        else:
            return False
    return True


cdef inline bint read_value(Bytes at, Py_ssize_t n, WireValue *value) noexcept:
    """Read a Value; its text may be no UTF-8. False: it is not plain."""
    cdef Bytes end = at + n
    cdef Part part
    value.tag = VALUE_NONE
    if n == 0:
        return True
    if not read_part(&at, end, &part) or at != end:
        return False
    value.tag = part.tag
    if part.tag == VALUE_TEXT:
        value.at = part.at
        value.n = part.n
    elif part.tag == VALUE_NUMBER:
        value.number = part.number
    elif part.tag == VALUE_INTEGER:
        value.integer = <long long> part.whole
    elif part.tag == VALUE_BOOLEAN:
        value.integer = part.whole != 0
    elif part.tag == VALUE_TIME or part.tag == VALUE_DURATION:
        return read_stamp(part.at, part.n, &value.integer, &value.nanos)
    else:
        return False
    return True


cdef inline bint read_entry(Bytes at, Py_ssize_t n, Part *name, WireValue *value) noexcept:
    """Read a field of an event: its name, which may be no UTF-8, and its value. False: it is not plain."""
    cdef Bytes end = at + n
    cdef Part part
    if n == 0 or not read_part(&at, end, name) or name.tag != NAME_TAG:
        return False
    if at == end or not read_part(&at, end, &part) or part.tag != VALUE_TAG or at != end:
        return False
    return read_value(part.at, part.n, value)


cdef inline Bytes behind_short_entry(Bytes at, Bytes end) noexcept:
    """Where an entry ends that is plain at first sight, as most are: lengths take a byte, letters are ASCII; NULL: look more closely."""
    cdef Bytes value
    cdef Py_ssize_t n, m
    if end - at < 2 or at[1] > 0x7F or at[1] > end - at - 2:
        return NULL
    n = at[1]
    at += 2
    if n < 6 or at[0] != NAME_TAG or at[1] > n - 6:
        return NULL
    m = at[1]
    value = at + m + 4
    n -= m + 4
    if value[-2] != VALUE_TAG or value[-1] != n or not is_ascii(<const char *> at + 2, m):
        return NULL
    if value[0] == VALUE_TEXT:
        return value + n if value[1] == n - 2 and is_ascii(<const char *> value + 2, n - 2) else NULL
    if value[0] == VALUE_NUMBER:
        return value + n if n == 9 else NULL
    return value + n if (value[0] == VALUE_INTEGER or value[0] == VALUE_BOOLEAN) and n == 2 and value[1] < 0x80 else NULL


cdef bint is_plain_event(Bytes at, Py_ssize_t n) noexcept:
    """Whether the bytes are an Event in plain form, but for names of fields that come twice."""
    cdef Bytes end = at + n, behind
    cdef Part part, name
    cdef WireValue value
    cdef long long seconds
    cdef int nanos, seen = 0, bit
    while at < end:
        if at[0] == ENTRY_TAG:
            behind = behind_short_entry(at, end)
            if behind != NULL:
                at = behind
                continue
        if not read_part(&at, end, &part):
            return False
        if part.tag == ENTRY_TAG:
            if not read_entry(part.at, part.n, &name, &value) or not is_utf8(name.at, name.n):
                return False
            if value.tag == VALUE_TEXT and not is_utf8(value.at, value.n):
                return False
            continue
        if part.tag == STAMP_TAG:
            if not read_stamp(part.at, part.n, &seconds, &nanos):
                return False
        elif part.tag == ID_TAG or part.tag == SOURCE_TAG or part.tag == TYPE_TAG or part.tag == TIME_TEXT_TAG:
            if not is_utf8(part.at, part.n):
                return False
        else:
            return False
        # One bit for both parts of the oneof.
        bit = 1 << (4 if part.tag == STAMP_TAG else part.tag >> 3 if part.tag != TIME_TEXT_TAG else 4)
        if seen & bit:
            return False
        seen |= bit
    return True


def split_events(bytes message not None, int events_field, int number_field=0):
    """The events of a message as the bytes of each, and the number it carries (0: none).

    `events_field` is the number of the field that has events, `number_field` of one that has a varint; the message has no others.
    None: it is not plain, and nothing is said of it.
    """
    cdef Bytes at = <Bytes> PyBytes_AS_STRING(message)
    cdef Bytes end = at + PyBytes_GET_SIZE(message)
    cdef Part part
    cdef object number = None
    cdef list events = []
    while at < end:
        if not read_part(&at, end, &part):
            return None
        if part.tag == events_field << 3 | 2:
            if not is_plain_event(part.at, part.n):
                return None
            events.append(PyBytes_FromStringAndSize(<const char *> part.at, part.n))
        elif number_field and part.tag == number_field << 3 and number is None:
            number = part.whole
        else:
            return None
    return events, number or 0


# ------------------------------------------------------------------ an event as a dict


cdef object moment_object(long long seconds, int nanos):
    """A Timestamp; what is finer than a microsecond is cut off."""
    if not 0 <= nanos < BILLION:
        return NoValue(f"a Timestamp of {nanos} nanos")
    if not FIRST_SECOND <= seconds <= LAST_SECOND:
        return NoValue(f"a Timestamp of {seconds} seconds")
    return EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)


cdef bint is_span(long long seconds, int nanos) noexcept:
    """Whether it is a Duration, and one that JSON holds to the microsecond."""
    if not -DURATION_SECONDS <= seconds <= DURATION_SECONDS or not -BILLION < nanos < BILLION:
        return False
    if (seconds < 0 and nanos > 0) or (seconds > 0 and nanos < 0):
        return False
    return -1000 < nanos < 1000 or -EXACT_SECONDS < seconds < EXACT_SECONDS


cdef long long span_us(long long seconds, int nanos) noexcept:
    """Towards zero, like the hands of a clock that shows no more."""
    return seconds * 1_000_000 + (nanos // 1000 if nanos >= 0 else -(-nanos // 1000))


cdef object span_object(long long seconds, int nanos):
    if not is_span(seconds, nanos):
        return NoValue(f"a Duration of {seconds} s and {nanos} ns")
    return timedelta(microseconds=span_us(seconds, nanos))


def time_value(long long seconds, int nanos):
    """A Timestamp as the engine takes it: a datetime, or `NoValue`. What is finer than a microsecond is cut off."""
    return moment_object(seconds, nanos)


def duration_value(long long seconds, int nanos):
    """A Duration as the engine takes it: a timedelta, or `NoValue`. What is finer than a microsecond is cut off."""
    return span_object(seconds, nanos)


cdef object value_of_wire(WireValue *value):
    if value.tag == VALUE_TEXT:
        return text_of(<const char *> value.at, value.n)
    if value.tag == VALUE_NUMBER:
        return value.number
    if value.tag == VALUE_INTEGER:
        return value.integer
    if value.tag == VALUE_BOOLEAN:
        return value.integer != 0
    if value.tag == VALUE_TIME:
        return moment_object(value.integer, value.nanos)
    return span_object(value.integer, value.nanos)


cdef dict dict_of_wire(bytes data):
    """The event as a dict, as if it had been sent as one. Raises EventError."""
    cdef Bytes at = <Bytes> PyBytes_AS_STRING(data)
    cdef Bytes end = at + PyBytes_GET_SIZE(data)
    cdef Part part, name
    cdef WireValue value
    cdef long long seconds
    cdef int nanos
    cdef dict given = {"id": "", "source": "", "type": ""}
    cdef dict fields = {}
    if not is_plain_event(at, end - at):
        raise EventError("event", f"must be an object with fields, not {shown(data)}")
    while at < end:
        read_part(&at, end, &part)
        if part.tag == ENTRY_TAG:
            read_entry(part.at, part.n, &name, &value)
            # The last of a name counts, wherever the name came first.
            fields[text_of(<const char *> name.at, name.n)] = None if value.tag == VALUE_NONE else value_of_wire(&value)
        elif part.tag == STAMP_TAG:
            read_stamp(part.at, part.n, &seconds, &nanos)
            given["time"] = moment_object(seconds, nanos)
        else:
            said = "id" if part.tag == ID_TAG else "source" if part.tag == SOURCE_TAG else "type" if part.tag == TYPE_TAG else "time"
            given[said] = text_of(<const char *> part.at, part.n)
    for said, read in fields.items():
        if said in HEAD:
            raise EventError(said, "stands beside the fields, not among them")
        if read is not None:
            given[said] = read
    return given


def name_of_wire(bytes data not None):
    """Source and id of an event, both empty where it is not plain."""
    cdef Bytes at = <Bytes> PyBytes_AS_STRING(data)
    cdef Bytes end = at + PyBytes_GET_SIZE(data)
    cdef Part part
    cdef str source = "", id = ""
    if not is_plain_event(at, end - at):
        return source, id
    while at < end and read_part(&at, end, &part):
        if part.tag == ID_TAG:
            id = text_of(<const char *> part.at, part.n)
        elif part.tag == SOURCE_TAG:
            source = text_of(<const char *> part.at, part.n)
    return source, id


# ------------------------------------------------------------------ an event as a row


cdef inline bint put_wire(Machine machine, FieldPlan *field, WireValue *value, Value *slots) except -1:
    """Put the value of a declared field into its slot, which is missing. False: it is to be looked at more closely."""
    cdef Value *slot = &slots[field.slot]
    cdef Kind kind = field.kind
    cdef str text, key
    if kind == TEXT_FIELD:
        if value.tag != VALUE_TEXT or value.n > machine.text_max or not is_utf8(value.at, value.n):
            return False
        text = (<Repeats> machine.repeats).of(<const char *> value.at, value.n, &field.luck)
        Py_INCREF(text)
        slot.v.s = <PyObject *> text
        slot.tag = TEXT
    elif kind == NUMBER_FIELD:
        if value.tag == VALUE_NUMBER and isfinite(value.number):
            slot.v.n = value.number + 0.0
        elif value.tag == VALUE_INTEGER:
            slot.v.n = <double> value.integer
        else:
            return False
        slot.tag = NUMBER
    elif kind == INTEGER_FIELD:
        if value.tag != VALUE_INTEGER:
            return False
        slot.v.i = value.integer
        slot.tag = INT
    elif kind == BOOLEAN_FIELD:
        if value.tag != VALUE_BOOLEAN:
            return False
        slot.v.i = value.integer
        slot.tag = BOOL
    elif kind == KEY_FIELD:
        if value.tag != VALUE_TEXT or value.n > machine.name_max or not is_utf8(value.at, value.n):
            return False
        text = (<Repeats> machine.repeats).of(<const char *> value.at, value.n, &field.luck)
        key = (<Keys> machine.keys).of(text, field.lookalike)
        if field.raw_slot >= 0:
            set_value(&slots[field.raw_slot], TEXT, text)
        if key is not None:
            set_value(slot, TEXT, key)
    elif kind == TIME_FIELD:
        if value.tag != VALUE_TIME or not (FIRST_SECOND <= value.integer <= LAST_SECOND and 0 <= value.nanos < BILLION):
            return False
        slot.v.i = value.integer * 1_000_000 + value.nanos // 1000
        slot.tag = TIME
    else:
        if value.tag != VALUE_DURATION or not is_span(value.integer, value.nanos):
            return False
        if not -SURE_SECONDS < value.integer < SURE_SECONDS:
            return False
        slot.v.i = span_us(value.integer, value.nanos)
        slot.tag = DURATION
    return True


cdef bytes entry_beginning(bytes name):
    """How an entry of this name begins, up to the value; empty where the length of the name takes more than a byte."""
    return bytes((NAME_TAG, len(name))) + name + bytes((VALUE_TAG,)) if len(name) < 0x80 else b""


cdef inline Bytes put_expected(Machine machine, TypePlan plan, int number, Bytes at, Bytes end, Value *slots) except? NULL:
    """Read an entry that is the declared field with this number, as it mostly is, put its value into its slot, and give where it ends.

    NULL: it is another one, or out of the ordinary, and nothing was done: lengths take a byte, the slot is missing, letters are ASCII."""
    cdef FieldPlan *field = &plan.fields[number]
    cdef Value *slot = &slots[field.slot]
    cdef Py_ssize_t begins = plan.beginning_n[number], n
    cdef Bytes value
    cdef str text, key
    if begins == 0 or slot.tag != MISSING or end - at < 2 or at[1] > 0x7F or at[1] > end - at - 2:
        return NULL
    n = at[1] - begins - 1
    value = at + begins + 3
    if n < 2 or not same_bytes(<const char *> at + 2, begins, plan.beginning[number], begins) or value[-1] != n:
        return NULL
    if field.kind == NUMBER_FIELD and value[0] == VALUE_NUMBER and n == 9:
        memcpy(&slot.v.n, value + 1, 8)
        if not isfinite(slot.v.n):
            return NULL
        slot.v.n += 0.0
        slot.tag = NUMBER
    elif field.kind == INTEGER_FIELD and value[0] == VALUE_INTEGER and n == 2 and value[1] < 0x80:
        slot.v.i = value[1]
        slot.tag = INT
    elif field.kind == BOOLEAN_FIELD and value[0] == VALUE_BOOLEAN and n == 2 and value[1] < 2:
        slot.v.i = value[1]
        slot.tag = BOOL
    elif field.kind == TEXT_FIELD or field.kind == KEY_FIELD:
        if value[0] != VALUE_TEXT or value[1] != n - 2 or not is_ascii(<const char *> value + 2, n - 2):
            return NULL
        if n - 2 > (machine.text_max if field.kind == TEXT_FIELD else machine.name_max):
            return NULL
        if field.raw_slot >= 0 and slots[field.raw_slot].tag != MISSING:
            return NULL
        text = (<Repeats> machine.repeats).of(<const char *> value + 2, n - 2, &field.luck)
        key = text
        if field.kind == KEY_FIELD:
            key = (<Keys> machine.keys).of(text, field.lookalike)
            if field.raw_slot >= 0:
                set_value(&slots[field.raw_slot], TEXT, text)
        if key is not None:
            Py_INCREF(key)
            slot.v.s = <PyObject *> key
            slot.tag = TEXT
    else:
        return NULL
    return value + n


cdef Event row_of_wire(Machine machine, bytes data):
    """The event as a row.

    None: it is to be read as a dict. It is not plain, or is to be refused, or something about it is out of the ordinary.
    """
    cdef Bytes at = <Bytes> PyBytes_AS_STRING(data)
    cdef Bytes end = at + PyBytes_GET_SIZE(data), behind
    cdef const char *x
    cdef Part part, name
    cdef WireValue value
    cdef TypePlan plan = None
    cdef Event event = Event.__new__(Event)
    cdef Part[IGNORED_MAX] ignored
    cdef long long seconds
    cdef int nanos, number, last = 0, i
    cdef bint timed = False
    # JSON needs at most so much: what is longer is measured.
    if ESCAPED * (end - at) + AROUND * 16 > machine.event_bytes_max:
        return None
    event.rank = 0
    event.id = None
    event.source = None
    while at < end:
        if at[0] == ENTRY_TAG and plan is not None:
            # One field mostly follows another.
            number = plan.followed[last]
            if number < plan.n:
                behind = put_expected(machine, plan, number, at, end, event.slots)
                if behind != NULL:
                    at = behind
                    last = number + 1
                    continue
        if not read_part(&at, end, &part):
            return None
        if part.tag == ENTRY_TAG:
            if plan is None or not read_entry(part.at, part.n, &name, &value):
                return None
            x = <const char *> name.at
            number = plan.followed[last]
            if not same_bytes(x, name.n, plan.letters[number], plan.lengths[number]):
                number = plan.numbers.find_bytes(x, name.n) if is_utf8(name.at, name.n) else -1
                if number >= plan.n:  # one of those that stand beside the fields
                    return None
                if number < 0:
                    if event.ignored == IGNORED_MAX or value.tag == VALUE_NONE:
                        return None
                    if not is_utf8(name.at, name.n) or (value.tag == VALUE_TEXT and not is_utf8(value.at, value.n)):
                        return None
                    for i in range(event.ignored):
                        if same_bytes(x, name.n, <const char *> ignored[i].at, ignored[i].n):
                            return None
                    ignored[event.ignored] = name
                    event.ignored += 1
                    continue
                plan.followed[last] = number
            elif number >= plan.n:
                return None
            last = number + 1
            if value.tag == VALUE_NONE or is_filled(event, &plan.fields[number]):
                return None
            if not put_wire(machine, &plan.fields[number], &value, event.slots):
                return None
            continue
        if part.tag == STAMP_TAG:
            if timed or not read_stamp(part.at, part.n, &seconds, &nanos):
                return None
            if not (FIRST_SECOND <= seconds <= LAST_SECOND and 0 <= nanos < BILLION):
                return None
            event.time = seconds * 1_000_000 + nanos // 1000
            timed = True
            continue
        if not is_utf8(part.at, part.n):
            return None
        x = <const char *> part.at
        if part.tag == TYPE_TAG:
            if plan is not None:
                return None
            plan = machine.type_named(x, part.n)
            if plan is None:
                return None
            event.allocate(plan, plan.slots)
            event.type = plan.index
        elif part.n > machine.name_max:
            return None
        elif part.tag == ID_TAG:
            if event.id is not None or part.n == 0:
                return None
            event.id = text_of(x, part.n)
        elif part.tag == SOURCE_TAG:
            if event.source is not None:
                return None
            event.source = machine.source_named(x, part.n)
        elif part.tag == TIME_TEXT_TAG:
            if timed or read_time(text_of(x, part.n), machine.local, &event.time) != A_TIME:
                return None
            timed = True
        else:
            return None
    if plan is None or event.id is None or not timed:
        return None
    if event.source is None:
        event.source = ""
    elif event.source == "rulelang":
        return None
    event.order_a = event.source
    event.order_b = event.id
    set_head(event)
    return event


cdef inline bint is_filled(Event event, FieldPlan *field) noexcept:
    """Whether a field was read before: its name comes twice."""
    return event.slots[field.slot].tag != MISSING or (field.raw_slot >= 0 and event.slots[field.raw_slot].tag != MISSING)
