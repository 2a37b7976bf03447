# From an event as a dict to a row of typed slots.

cdef enum Kind:
    TEXT_FIELD
    NUMBER_FIELD
    INTEGER_FIELD
    BOOLEAN_FIELD
    TIME_FIELD
    DURATION_FIELD
    KEY_FIELD

cdef dict KINDS = {
    "text": TEXT_FIELD,
    "number": NUMBER_FIELD,
    "integer": INTEGER_FIELD,
    "boolean": BOOLEAN_FIELD,
    "time": TIME_FIELD,
    "duration": DURATION_FIELD,
    "key": KEY_FIELD,
}
cdef dict EXPECTED = {
    TEXT_FIELD: "a text",
    NUMBER_FIELD: "a number",
    INTEGER_FIELD: "a whole number",
    BOOLEAN_FIELD: "true or false",
    TIME_FIELD: "a time in ISO 8601, such as 2026-03-01T22:10:00",
    DURATION_FIELD: "a duration, as a number of seconds",
    KEY_FIELD: "a text",
}
cdef int[7] TAG_OF = [TEXT, NUMBER, INT, BOOL, TIME, DURATION, TEXT]
cdef long long FIRST_MOMENT = -62_135_596_800_000_000   # of the year 1
cdef long long LAST_MOMENT = 253_402_300_799_999_999     # of the year 9999
cdef enum:
    TIME_SLOT = 0
    SOURCE_SLOT = 1
    ID_SLOT = 2
    DECLARED_SLOT = 3

cdef object EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
cdef object MICROSECOND = timedelta(microseconds=1)
cdef object ONE_SECOND = timedelta(seconds=1)
cdef object ONE_MINUTE = timedelta(minutes=1)
cdef object NO_SPAN = timedelta()


def _plain_json(value):
    """What JSON has no word for, as the journal has it: times in ISO 8601, durations in seconds."""
    if isinstance(value, datetime):
        return (value.astimezone(timezone.utc) if odd_offset(value) else value).isoformat()
    if isinstance(value, timedelta):
        return seconds_of(value)
    raise TypeError(f"{type(value).__name__} has no place in an event")


cdef bint odd_offset(value) except -1:
    """Whether the datetime's offset is no whole number of minutes, which ISO 8601 has no form for."""
    offset = value.utcoffset()
    return offset is not None and offset % ONE_MINUTE != NO_SPAN


cdef object seconds_of(value):
    """A timedelta as JSON has it: a number of seconds, whole where it is whole."""
    return value // ONE_SECOND if value % ONE_SECOND == NO_SPAN else value.total_seconds()


cdef object write_json = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain_json).encode


cdef tuple UNWRITABLE = (TypeError, ValueError, RecursionError, OverflowError)


class EventError(ValueError):
    """An event that is refused. `field`: which part of it is wrong; `message`: what is wrong with it."""

    def __init__(self, field, message):
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self):
        return f"{self.field}: {self.message}"


cdef struct FieldPlan:
    PyObject *name                   # owned by the TypePlan's tuple of names
    Kind kind
    int slot
    int raw_slot
    bint lookalike
    int luck                         # whether its texts come again; see `Repeats`


# Parts of an event that no type declares, as they are numbered behind the declared fields of a type.
cdef enum Common:
    ID_PART
    TYPE_PART
    TIME_PART
    SOURCE_PART
    COMMON_PARTS

cdef enum:
    UNKNOWN_PART = -1
    GUESSES_MAX = 64                 # places of an event for which it is remembered what stood there


@cython.final
@cython.internal
cdef class TypePlan(Layout):
    """How events of one type are laid out."""

    cdef readonly str name
    cdef readonly int index
    cdef readonly bint derived
    cdef int slots
    cdef int n
    cdef FieldPlan *fields
    cdef tuple names                 # of the declared fields, then of the common parts
    cdef PyObject **known            # the same; owned by the tuple
    cdef Texts numbers               # by name, where in `names`
    cdef Py_ssize_t name_max         # characters of the longest name
    cdef short[GUESSES_MAX] guesses  # what stood at each place of the event before
    cdef tuple encoded               # the names as UTF-8
    cdef const char **letters        # the same; owned by the tuple
    cdef bytes encoded_type          # and that of the type
    cdef const char *type_letters
    cdef Py_ssize_t type_length
    cdef Py_ssize_t *lengths
    cdef tuple beginnings            # how the entry of each declared field begins on the wire; empty where the name is long
    cdef const char **beginning      # the same; owned by the tuple
    cdef Py_ssize_t *beginning_n
    cdef int *followed               # for each declared field, behind the start: what came next in the event before

    def __cinit__(self, int index, dict declared, list entities):
        cdef int i
        self.name = declared["name"]
        self.index = index
        self.derived = declared["derived"]
        self.slots = declared["slots"]
        # Interned, as the keys of parsed JSON and of dicts in code mostly are: found without comparing letters.
        fields = [sys.intern(field["name"]) for field in declared["fields"]]
        self.n = len(fields)
        self.names = (*fields, "id", "type", "time", "source")
        self.numbers = Texts({name: number for number, name in enumerate(self.names)})
        self.name_max = max(map(len, self.names))
        for i in range(GUESSES_MAX):
            self.guesses[i] = min(i, self.n + COMMON_PARTS - 1)
        self.fields = <FieldPlan *> calloc(max(self.n, 1), sizeof(FieldPlan))
        self.known = <PyObject **> malloc(len(self.names) * sizeof(PyObject *))
        self.encoded = tuple([name.encode("utf-8", "surrogatepass") for name in self.names])
        self.letters = <const char **> malloc(len(self.names) * sizeof(char *))
        self.lengths = <Py_ssize_t *> malloc(len(self.names) * sizeof(Py_ssize_t))
        self.followed = <int *> malloc((self.n + 1) * sizeof(int))
        self.beginnings = tuple([entry_beginning(name) for name in self.encoded[:self.n]])
        self.beginning = <const char **> malloc(max(self.n, 1) * sizeof(char *))
        self.beginning_n = <Py_ssize_t *> malloc(max(self.n, 1) * sizeof(Py_ssize_t))
        if self.fields == NULL or self.known == NULL or self.letters == NULL or self.lengths == NULL or self.followed == NULL:
            raise MemoryError
        if self.beginning == NULL or self.beginning_n == NULL:
            raise MemoryError
        for i, name in enumerate(self.names):
            self.known[i] = <PyObject *> name
            self.letters[i] = PyBytes_AS_STRING(self.encoded[i])
            self.lengths[i] = PyBytes_GET_SIZE(self.encoded[i])
        for i in range(self.n + 1):
            self.followed[i] = i
        self.encoded_type = self.name.encode("utf-8", "surrogatepass")
        self.type_letters = PyBytes_AS_STRING(self.encoded_type)
        self.type_length = PyBytes_GET_SIZE(self.encoded_type)
        for i, field in enumerate(declared["fields"]):
            self.fields[i].name = <PyObject *> self.names[i]
            self.fields[i].kind = KINDS[field["kind"]]
            self.fields[i].slot = field["slot"]
            self.fields[i].raw_slot = field["raw_slot"]
            self.fields[i].luck = LUCK
            self.beginning[i] = PyBytes_AS_STRING(self.beginnings[i])
            self.beginning_n[i] = PyBytes_GET_SIZE(self.beginnings[i])
            self.fields[i].lookalike = field["entity"] >= 0 and entities[field["entity"]]["lookalike"]

    def __dealloc__(self):
        free(self.fields)
        free(self.known)
        free(self.letters)
        free(self.lengths)
        free(self.followed)
        free(self.beginning)
        free(self.beginning_n)

    cdef int write_content(self, Writer writer, Event event) except -1:
        cdef FieldPlan *field
        cdef Value *value
        cdef int i
        writer.text(self.name)
        writer.whole(event.time, 8)
        for i in range(self.n):
            field = &self.fields[i]
            value = &event.slots[field.raw_slot if field.raw_slot >= 0 else field.slot]
            if value.tag != MISSING:
                writer.whole(i, 2)
                write_value(writer, value)
        return 0

    cdef inline int part(self, Py_ssize_t place, PyObject *name) except -2:
        """What stands under a name, the `place`-th of its event: the number of a declared field, `n` and a common part, or UNKNOWN_PART."""
        # Events of one type mostly have their fields in one order.
        cdef PyObject *guess
        if place < GUESSES_MAX:
            guess = self.known[self.guesses[place]]
            if name == guess or (is_plain(name) and is_plain(guess) and same_letters(name, guess)):
                return self.guesses[place]
        return self.other_part(place, name)

    cdef int other_part(self, Py_ssize_t place, PyObject *name) except -2:
        cdef int number = self.numbers.find(name)
        if number >= 0 and place < GUESSES_MAX:
            self.guesses[place] = number
        return number


cdef str shown(value):
    """A value as an error shows it."""
    try:
        text = repr(value)
    except Exception:  # of an object whose own code fails, of an integer of thousands of digits
        text = f"a value of type {type(value).__name__} that cannot be shown"
    return text if len(text) <= 60 else text[:59] + "…"


cdef int refuse(field, Kind kind, value) except -1:
    raise EventError(field, f"must be {EXPECTED[kind]}, not {shown(value)}")


cdef str plain_text(value):
    """The text itself, of a subclass of `str` too (whose `str()` may say something else)."""
    return value if type(value) is str else str.__str__(value)


cdef bint has_surrogate(str text):
    """Whether the text holds half of a pair of UTF-16, which is no character and cannot be written as UTF-8."""
    cdef Py_ssize_t i
    cdef Py_UCS4 c
    cdef int kind = PyUnicode_KIND(text)
    cdef const void *data = PyUnicode_DATA(text)
    if kind == 1:
        return False
    for i in range(PyUnicode_GET_LENGTH(text)):
        c = PyUnicode_READ(kind, <void *> data, i)
        if 0xD800 <= c <= 0xDFFF:
            return True
    return False


cdef int check_text(field, str text, Py_ssize_t longest) except -1:
    if PyUnicode_GET_LENGTH(text) > longest:
        raise EventError(field, f"has {len(text)} characters, the most is {longest}")
    if not PyUnicode_IS_ASCII(text) and has_surrogate(text):
        raise EventError(field, f"is no valid Unicode text: {shown(text)}")
    return 0


cdef int read_moment(field, value, LocalTime local, long long *out) except -1:
    """A time as ISO 8601, or as a datetime (a naive one is on the local clock)."""
    cdef Written written
    if isinstance(value, str):
        written = read_time(plain_text(value), local, out)
        if written == A_TIME:
            return 0
        if written == A_DATE:
            raise EventError(field, f"must be a time, and {shown(value)} has no time of day")
    elif isinstance(value, datetime):
        if value.tzinfo is None:
            out[0] = local.to_utc((value.replace(tzinfo=timezone.utc) - EPOCH) // MICROSECOND)
            return 0
        out[0] = (value - EPOCH) // MICROSECOND
        if not FIRST_MOMENT <= out[0] <= LAST_MOMENT and odd_offset(value):
            raise EventError(field, f"is too far from our time to be written in ISO 8601: {shown(value)}")
        return 0
    return refuse(field, TIME_FIELD, value)


cdef Py_ssize_t read_field(Machine machine, FieldPlan *plan, object value, Value *slots) except -1:
    """Put the value of one field, which is present, into its slot, which must own nothing.

    Gives a bound of what JSON needs for it besides AROUND.
    """
    cdef Value *slot = &slots[plan.slot]
    cdef Kind kind = plan.kind
    cdef double number = 0.0
    cdef int overflow = 0
    cdef str key
    cdef object field = <object> plan.name
    if kind == TEXT_FIELD or kind == KEY_FIELD:
        if not isinstance(value, str):
            refuse(field, kind, value)
        value = plain_text(value)
        if kind == TEXT_FIELD:
            check_text(field, value, machine.text_max)
            set_value(slot, TEXT, value)
            return ESCAPED * PyUnicode_GET_LENGTH(value)
        check_text(field, value, machine.name_max)
        key = (<Keys> machine.keys).of(value, plan.lookalike)
        if plan.raw_slot >= 0:
            set_value(&slots[plan.raw_slot], TEXT, value)
        if key is not None:
            set_value(slot, TEXT, key)
        return ESCAPED * PyUnicode_GET_LENGTH(value)
    if kind == NUMBER_FIELD:
        if type(value) is float:
            number = PyFloat_AS_DOUBLE(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                number = float(value)
            except OverflowError:
                raise EventError(field, f"is too large for a number: {shown(value)}") from None
        else:
            refuse(field, kind, value)
        if not isfinite(number):
            raise EventError(field, f"must be a finite number, not {number}")
        # There is one zero.
        slot.v.n = number + 0.0
        slot.tag = NUMBER
        return LARGE_NUMBER
    elif kind == INTEGER_FIELD:
        if isinstance(value, bool):
            refuse(field, kind, value)
        if isinstance(value, float):
            if not isfinite(value) or floor(value) != value:
                refuse(field, kind, value)
            value = int(value)
        elif not isinstance(value, int):
            refuse(field, kind, value)
        slot.v.i = PyLong_AsLongLongAndOverflow(value, &overflow)
        if overflow:
            raise EventError(field, f"is too large for a whole number of 64 bits: {shown(value)}")
        slot.tag = INT
    elif kind == BOOLEAN_FIELD:
        if value is True:
            slot.v.i = 1
        elif value is False:
            slot.v.i = 0
        else:
            refuse(field, kind, value)
        slot.tag = BOOL
    elif kind == TIME_FIELD:
        read_moment(field, value, machine.local, &slot.v.i)
        slot.tag = TIME
    else:
        if isinstance(value, timedelta):
            # By way of JSON, so that the journal, which has that, says the same.
            read_seconds(field, seconds_of(value), &slot.v.i)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            read_seconds(field, value, &slot.v.i)
        else:
            refuse(field, kind, value)
        slot.tag = DURATION
    return 0


cdef int read_seconds(field, value, long long *out) except -1:
    """A number of seconds, to the nearest microsecond."""
    cdef int overflow = 0
    if isinstance(value, float) and isfinite(value) and floor(value) == value:
        value = int(value)  # 5.0 is 5, also where a million of them are no number of their own
    if isinstance(value, int):
        out[0] = PyLong_AsLongLongAndOverflow(value * 1_000_000, &overflow)
    elif not isfinite(value):
        raise EventError(field, f"must be a finite number of seconds, not {value}")
    else:
        overflow = not whole(round_away(<double> value * 1e6), out)
    if overflow:
        raise EventError(field, f"is too long for a duration: {shown(value)} seconds")
    return 0


cdef str read_name(str field, value, Py_ssize_t longest):
    """`id`, `source` or `type`: a text."""
    if not isinstance(value, str):
        refuse(field, TEXT_FIELD, value)
    value = plain_text(value)
    check_text(field, value, longest)
    return value


cdef TypePlan type_of(Machine machine, dict event):
    """The layout of the event's type."""
    cdef PyObject *found = PyDict_GetItemWithError(event, "type")
    cdef PyObject *plan
    if found == NULL or found == Py_None:
        raise EventError("type", "is needed and not there")
    if PyUnicode_CheckExact(<object> found):
        plan = PyDict_GetItemWithError(machine.types, <object> found)
        if plan != NULL:
            return <TypePlan> plan
    name = read_name("type", <object> found, machine.name_max)
    if not name:
        raise EventError("type", "is empty")
    plan = PyDict_GetItemWithError(machine.types, name)
    if plan != NULL:
        return <TypePlan> plan
    close = get_close_matches(name, machine.types, 1)
    raise EventError("type", f"unknown event type {shown(name)}" + (f" - did you mean {close[0]!r}?" if close else ""))


cdef bytes journal_form(Machine machine, dict given):
    """The event as the journal keeps it: JSON, with what is not declared too, as other rules may declare it."""
    cdef bytes form
    try:
        form = plain_json(given)
        if form is None:
            for name in given:
                if not isinstance(name, str):  # JSON would make a text of it
                    raise TypeError
            form = write_json(given).encode()
    except UNWRITABLE:
        # Something undeclared that JSON has no word for: it is nothing to any rule.
        kept = {}
        for name, value in given.items():
            if isinstance(name, str):
                try:
                    write_json({name: value}).encode()
                except UNWRITABLE:
                    continue
                kept[name] = value
        form = write_json(kept).encode()
    if len(form) > machine.event_bytes_max:
        raise EventError("event", f"takes {len(form)} bytes, the most is {machine.event_bytes_max}")
    return form


cdef enum:
    ESCAPED = 6                      # bytes that JSON needs for a character at most
    AROUND = 64                      # and for quotes, commas, a number of 64 bits or a time
    LARGE_NUMBER = 400               # and for an integer that is read as a number


cdef bint is_small(value) except -1:
    """Whether JSON needs no more than AROUND for something that is not declared."""
    return type(value) is float or type(value) is bool or (type(value) is int and -NEVER <= value <= NEVER)


cdef Event decode_row(Machine machine, dict given):
    """The event as a row. Raises EventError."""
    cdef TypePlan plan = type_of(machine, given)
    cdef Event event = Event.__new__(Event)
    cdef Py_ssize_t at = 0, place = 0, size = 0, n
    cdef PyObject *name
    cdef PyObject *found
    cdef FieldPlan *field
    cdef Value *slot
    cdef bint timed = False, bounded = True
    cdef int part, overflow
    cdef double number
    event.allocate(plan, plan.slots)
    event.type = plan.index
    event.rank = 0
    event.id = None
    event.source = ""
    while PyDict_Next(given, &at, &name, &found):
        part = plan.part(place, name)
        place += 1
        if found == Py_None:
            continue
        if part < 0:
            event.ignored += 1
            if PyUnicode_CheckExact(<object> name):
                size += ESCAPED * PyUnicode_GET_LENGTH(<object> name)
            else:
                bounded = False
            if PyUnicode_CheckExact(<object> found):
                size += ESCAPED * PyUnicode_GET_LENGTH(<object> found)
            elif not is_small(<object> found):
                bounded = False
        elif part < plan.n:
            field = &plan.fields[part]
            slot = &event.slots[field.slot]
            # What is mostly sent is seen to here, all else by `read_field`.
            if field.kind == TEXT_FIELD:
                if PyUnicode_CheckExact(<object> found):
                    n = PyUnicode_GET_LENGTH(<object> found)
                    if n <= machine.text_max and (PyUnicode_IS_ASCII(<object> found) or not has_surrogate(<str> found)):
                        Py_INCREF(<object> found)
                        slot.v.s = found
                        slot.tag = TEXT
                        size += ESCAPED * n
                        continue
            elif field.kind == NUMBER_FIELD:
                if PyFloat_CheckExact(<object> found):
                    number = PyFloat_AS_DOUBLE(<object> found)
                    if isfinite(number):
                        slot.v.n = number + 0.0
                        slot.tag = NUMBER
                        continue
            elif field.kind == INTEGER_FIELD:
                if PyLong_CheckExact(<object> found):
                    slot.v.i = PyLong_AsLongLongAndOverflow(<object> found, &overflow)
                    if not overflow:
                        slot.tag = INT
                        continue
            elif field.kind == BOOLEAN_FIELD:
                if found == Py_True or found == Py_False:
                    slot.v.i = found == Py_True
                    slot.tag = BOOL
                    continue
            size += read_field(machine, field, <object> found, event.slots)
        elif part == plan.n + ID_PART:
            event.id = read_name("id", <object> found, machine.name_max)
            if not event.id:
                raise EventError("id", "is empty")
            size += ESCAPED * len(event.id)
        elif part == plan.n + SOURCE_PART:
            event.source = read_name("source", <object> found, machine.name_max)
            size += ESCAPED * len(event.source)
        elif part == plan.n + TIME_PART:
            read_moment("time", <object> found, machine.local, &event.time)
            timed = True
    if event.id is None:
        raise EventError("id", "is needed and not there")
    if not timed:
        raise EventError("time", "is needed and not there")
    if event.source == "rulelang" and not plan.derived:
        raise EventError("source", "'rulelang' is the source of findings and warnings, and not for others to use")
    event.order_a = event.source
    event.order_b = event.id
    set_head(event)
    size += place * (ESCAPED * plan.name_max + AROUND)
    if size > machine.event_bytes_max or not bounded:
        journal_form(machine, given)
    return event


cdef int set_head(Event event) except -1:
    """Fill the slots that events of every type have."""
    event.slots[TIME_SLOT].v.i = event.time
    event.slots[TIME_SLOT].tag = TIME
    set_value(&event.slots[SOURCE_SLOT], TEXT, event.source)
    set_value(&event.slots[ID_SLOT], TEXT, event.id)
    return 0
